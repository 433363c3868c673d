import type { Bus, BusEvent } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import { type Database, lock, type Tx } from "../../../platform/database";
import type { Log } from "../../../platform/log";
import type { AgentsService } from "../../agents/agents-service";
import type { FleetView } from "../../agents/fleet-view";
import type { HomesService } from "../../homes/homes-service";
import { keptPlacement, type Outcome, type PlacementRequest, tryPlace } from "../placement/placement";
import type { PlacementWish } from "../placement/placement-wish";
import type { SessionChanges } from "../session-changes";
import { isWaiting } from "../session-status";
import { findSession, insertEvent, type SessionRow } from "../sessions-store";
import type { AfterCommit, WarmPoolService } from "../warm-pool/warm-pool-service";
import type { QueuePlan, Room } from "./queue-plan";
import { readQueuePlan } from "./read-queue-plan";
import { countQueue, insertIntoQueue } from "./session-queue-store";

export interface SessionQueueDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly agents: AgentsService;
  readonly fleetView: FleetView;
  readonly homes: HomesService;
  readonly changes: SessionChanges;
  readonly warmPool: WarmPoolService;
}

/** What room can't help with is refused at once. */
const waitedFor: ReadonlySet<string> = new Set(["AGENT_CAPACITY_EXCEEDED", "NO_AGENTS_AVAILABLE", "AGENT_DRAINING", "AGENT_OFFLINE"]);
export const mayWait = (outcome: Outcome): boolean => outcome.agent === null && !outcome.tooLarge && waitedFor.has(outcome.refusal.code);

/** Sessions that wait for room. They are rows, so that they wait on when the control plane restarts. */
export class SessionQueue {
  private sweeping: Promise<void> = Promise.resolve();

  constructor(private readonly deps: SessionQueueDeps) {}

  /** What a newcomer may look at, behind all who wait already. Hold the placement lock to rely on it. */
  roomLeft(db: Tx | Database): Promise<Room> {
    return this.plan(db);
  }

  /**
   * Where a newcomer goes, behind all who wait already: chosen from the fleet as it was read last, and held against the agent as it is now.
   * Where somebody waits, or nobody fits, all is read anew. Call under the placement lock.
   */
  async seat(tx: Tx, sessionId: string, request: PlacementRequest): Promise<{ room: Room; outcome: Outcome }> {
    const { fleetView } = this.deps;
    if ((await countQueue(tx)) === 0) {
      const left = await fleetView.read(tx);
      const outcome = tryPlace(request, left);
      const now = outcome.agent && (await fleetView.check(tx, outcome.agent.id));
      if (now && tryPlace(request, [now]).agent) {
        fleetView.promise(now.id, request, sessionId);
        return { room: { left, kept: new Set() }, outcome };
      }
    }
    const room = await this.plan(tx);
    return { room, outcome: tryPlace(request, room.left, room.kept) };
  }

  /** How many wait. */
  waiting(db: Tx | Database): Promise<number> {
    return countQueue(db);
  }

  /** A session without an agent gets in line, as the last. */
  async join(tx: Tx, row: SessionRow, wish: PlacementWish, reason: string): Promise<BusEvent> {
    const at = this.deps.clock.now();
    await insertIntoQueue(tx, row.id, wish, at);
    await insertEvent(tx, { sessionId: row.id, at, kind: "queued", message: `Waits for room: ${reason}`, actorId: null });
    return { kind: "queue" };
  }

  /** Places all who fit now. Resolves when what was there at the call has been looked at; rounds of one process never overlap. */
  sweep(): Promise<void> {
    const next = this.sweeping.then(() => this.rounds());
    this.sweeping = next.catch(() => {});
    return next;
  }

  private async rounds(): Promise<void> {
    const passed = new Set<string>();
    while (await this.round(passed));
  }

  /** One session at most, so that what is wrong with one keeps no other. `passed`: those that are left for the next sweep. */
  private async round(passed: Set<string>): Promise<boolean> {
    const { database, warmPool } = this.deps;
    // A look without the lock: mostly there is nobody, or no room.
    if ((await countQueue(database)) === 0) return false;
    if (!next(await this.plan(database), passed) && !(await warmPool.hasMembers(database))) return false;
    let at: string | null = null;
    let tell = () => {};
    try {
      const events = await database.$transaction(async (tx): Promise<BusEvent[] | null> => {
        await lock(tx, "agent", "placement");
        const plan = await this.plan(tx);
        const planned = next(plan, passed);
        const byRoom = planned ? null : await this.turnByRoom(tx, plan, passed);
        const turn = planned ?? byRoom;
        if (!turn) return null;
        if (byRoom) tell = byRoom.after.tell;
        at = turn.waiting.sessionId;
        await lock(tx, "session", at);
        const row = await findSession(tx, at);
        // It was ended while we looked.
        if (!row || !isWaiting(row)) passed.add(at);
        const freed = byRoom?.after.events ?? [];
        return row && isWaiting(row) ? [...freed, ...(await this.take(tx, row, turn))] : [...freed];
      });
      tell();
      if (events) await this.deps.bus.publish(...events);
      return events !== null;
    } catch (error) {
      if (at === null) throw error;
      this.deps.log.warn({ err: error, sessionId: at }, "a session that waits could not be placed; it is tried again later");
      passed.add(at);
      return true;
    }
  }

  /** What waits in pools gives way to the first in line whom that helps. */
  private async turnByRoom(tx: Tx, plan: QueuePlan, passed: ReadonlySet<string>): Promise<RoomTurn | null> {
    for (const waiting of plan.unplaced) {
      const freed = passed.has(waiting.sessionId) ? null : await this.deps.warmPool.makeRoom(tx, waiting.request, plan);
      if (freed) return { waiting, ...freed };
    }
    return null;
  }

  private async take(tx: Tx, row: SessionRow, turn: Turn): Promise<BusEvent[]> {
    if ("error" in turn) {
      const { code } = turn.error;
      const message = turn.waiting.request.homeAgentId
        ? "The agent that held its home was removed"
        : "The agent that it was to go to was removed";
      const failed = { kind: "task_failed", task: "start", generation: row.generation, code, message } as const;
      return (await this.deps.changes.apply(tx, row, failed, { actorId: null }))?.events ?? [];
    }
    const { agent, placement } = turn;
    const home =
      row.persistentHome && row.homeId === null
        ? await this.deps.homes.create(tx, { userId: row.userId, agentId: agent.id, name: row.name })
        : null;
    const reason = placement.considered.find((one) => one.chosen)?.reason ?? "";
    const changed = await this.deps.changes.apply(
      tx,
      row,
      { kind: "placed" },
      {
        actorId: null,
        message: `Placed on '${agent.name}': ${reason}`,
        columns: {
          agentId: agent.id,
          platform: agent.platform,
          placement: keptPlacement(placement),
          ...(home ? { homeId: home.id } : {}),
        },
      },
    );
    const made: BusEvent[] = home ? [{ kind: "home", homeId: home.id, userId: row.userId }] : [];
    return [...(changed?.events ?? []), ...made];
  }

  private plan(db: Tx | Database): Promise<QueuePlan> {
    return readQueuePlan(db, this.deps);
  }
}

type PlannedTurn = QueuePlan["placed"][number] | QueuePlan["lost"][number];
/** What waited in pools was ended for it. */
type RoomTurn = QueuePlan["placed"][number] & { readonly after: AfterCommit };
type Turn = PlannedTurn | RoomTurn;
const next = ({ lost, placed }: QueuePlan, passed: ReadonlySet<string>): PlannedTurn | undefined =>
  [...lost, ...placed].find(({ waiting }) => !passed.has(waiting.sessionId));
