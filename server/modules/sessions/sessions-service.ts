import { KEPT_LOGS, type ViewerMode } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { SessionPhase, SessionState } from "@berth/protocol/session-states";
import type { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, lock, type Tx } from "../../platform/database";
import { Gathered } from "../../platform/gathered";
import { agentRevoked } from "../agents/agent-missing";
import type { AgentsService, FleetAgent } from "../agents/agents-service";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { HomesService } from "../homes/homes-service";
import type { QuotasService } from "../quotas/quotas-service";
import type { AgentGateway } from "../tasks/agent-gateway";
import type { TasksService } from "../tasks/tasks-service";
import type { Actor } from "../users/users-policy";
import type { Asker } from "../users/users-schema";
import { wentIdle } from "./idle/idle-store";
import { findAdopter } from "./orphans/orphans-store";
import type { PhaseWait } from "./phase-wait";
import { findQueuePlaces } from "./queue/session-queue-store";
import type { SessionChanges } from "./session-changes";
import { SessionDisplays } from "./session-displays";
import { SessionPages } from "./session-pages";
import { isOver, isSettled, type StoredSession, sessionPhase, sessionState } from "./session-status";
import { isStranded, sessionDetailView } from "./session-views";
import { demandTransition } from "./sessions-lifecycle";
import {
  type deleteSessionInput,
  type listSessionEventsOutput,
  type listSessionsInput,
  type listSessionsOutput,
  type SessionDetail,
  type sessionCountsOutput,
  sessionEventKindSchema,
  type setSessionStateInput,
} from "./sessions-schema";
import {
  countByCondition,
  countFailedStarts,
  deleteSession,
  findEvents,
  findLiveSessionsOn,
  findOwner,
  findSession,
  findSessionsById,
  insertEvent,
  type SessionRow,
  saidSinceStart,
} from "./sessions-store";
import { demandRoomToWake } from "./wake-room";
import type { AfterCommit, WarmPoolService } from "./warm-pool/warm-pool-service";

export const sessionMissing = (id: string): BerthError => new BerthError("SESSION_NOT_FOUND", `No session with ID '${id}' exists`);

export interface SessionsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly agents: AgentsService;
  readonly homes: HomesService;
  readonly tasks: TasksService;
  readonly quotas: QuotasService;
  readonly changes: SessionChanges;
  readonly warmPool: WarmPoolService;
  readonly wait: PhaseWait;
  readonly gateway: AgentGateway;
}

type Wish = "hibernate" | "wake" | "terminate" | "force_terminate";
const wishOf = { running: "wake", hibernated: "hibernate", terminating: "terminate", terminated: "force_terminate" } as const;
const settled: Record<Wish, (phase: SessionPhase) => boolean> = {
  wake: (phase) => phase === "Running" || phase === "Failed",
  hibernate: (phase) => phase !== "Hibernating",
  terminate: (phase) => phase === "Terminated" || phase === "Failed",
  force_terminate: () => true,
};

export class SessionsService {
  private readonly displays: SessionDisplays;
  /** Pages and scripts look at many sessions at once, one by one. */
  private readonly looks: Gathered<string, SessionRow | null>;
  private readonly pages: SessionPages;

  constructor(private readonly deps: SessionsDeps) {
    this.displays = new SessionDisplays(deps.database);
    this.pages = new SessionPages({ ...deps, displays: this.displays });
    this.looks = new Gathered(async (ids) => {
      const rows = new Map((await findSessionsById(deps.database, [...new Set(ids)])).map((row) => [row.id, row]));
      return ids.map((id) => rows.get(id.toLowerCase()) ?? null);
    });
  }

  /** Throws SESSION_NOT_FOUND. */
  async ownership(id: string): Promise<{ userId: string }> {
    const userId = await this.ownerOf(id);
    if (userId === null) throw sessionMissing(id);
    return { userId };
  }

  /** Null where there is no such session. */
  ownerOf(id: string): Promise<string | null> {
    return findOwner(this.deps.database, id);
  }

  list(actor: Actor, input: z.output<typeof listSessionsInput>): Promise<z.output<typeof listSessionsOutput>> {
    return this.pages.read(actor, input);
  }

  /** How many are in which condition; those that ended well are left out. */
  async tally(): Promise<{ state: SessionState; phase: SessionPhase; count: number }[]> {
    const { database, agents } = this.deps;
    const [groups, fleet, failedStarts] = await Promise.all([
      countByCondition(database, undefined),
      agents.fleet(database),
      countFailedStarts(database, undefined),
    ]);
    const there = inReach(fleet);
    const counts = new Map<string, { state: SessionState; phase: SessionPhase; count: number }>();
    const add = (state: SessionState, phase: SessionPhase, count: number) => {
      const known = counts.get(`${state} ${phase}`)?.count ?? 0;
      counts.set(`${state} ${phase}`, { state, phase, count: known + count });
    };
    for (const group of groups)
      add(sessionState(group), sessionPhase(group, !group.agentId || !there.has(group.agentId)), group._count._all);
    if (failedStarts > 0) add("terminated", "Failed", failedStarts);
    return [...counts.values()];
  }

  async counts(actor: Actor): Promise<z.output<typeof sessionCountsOutput>> {
    const mine = actor.role === "user" ? actor.userId : undefined;
    const [groups, fleet, failedStarts] = await Promise.all([
      countByCondition(this.deps.database, mine),
      this.deps.agents.fleet(this.deps.database),
      countFailedStarts(this.deps.database, mine),
    ]);
    const there = inReach(fleet);
    const byPhase: Record<SessionPhase, number> = {
      Pending: 0,
      Starting: 0,
      Running: 0,
      Hibernating: 0,
      Hibernated: 0,
      Waking: 0,
      Terminating: 0,
      Terminated: 0,
      Failed: failedStarts,
      Unreachable: 0,
    };
    for (const group of groups) byPhase[sessionPhase(group, !group.agentId || !there.has(group.agentId))] += group._count._all;
    return {
      byPhase,
      running: byPhase.Running,
      hibernated: byPhase.Hibernated,
      pending: byPhase.Pending + byPhase.Starting + byPhase.Waking,
      failed: byPhase.Failed,
      unreachable: byPhase.Unreachable,
    };
  }

  async get(actor: Actor, id: string, invited: ViewerMode | null = null): Promise<SessionDetail> {
    return this.detail(await this.look(id), actor, invited);
  }

  /** As it is now. Whether the asking person may know of it is for the caller to ask. Throws SESSION_NOT_FOUND. */
  async look(id: string): Promise<SessionRow> {
    const row = await this.looks.ask(id);
    if (!row) throw sessionMissing(id);
    return row;
  }

  async events(id: string): Promise<z.output<typeof listSessionEventsOutput>> {
    const rows = await findEvents(this.deps.database, id);
    return {
      events: rows.map((row) => ({
        id: String(row.id),
        at: row.at,
        kind: sessionEventKindSchema.parse(row.kind),
        message: row.message,
        actor: row.actor,
      })),
    };
  }

  /** Waits up to 10 s for the phase to arrive and answers with what is so then. Throws INVALID_STATE_TRANSITION. */
  async setState(asker: Asker, input: z.output<typeof setSessionStateInput>): Promise<SessionDetail> {
    const wish = wishOf[input.state];
    await this.change(asker, input.id, wish, { mode: input.mode, asWritten: input.state });
    await this.deps.wait.until(input.id, settled[wish]);
    return this.get(asker, input.id);
  }

  /** Ends it from whatever state it is in; one that is ending or has ended stays as it is. Waits and answers as `setState`. */
  async terminate(asker: Asker, id: string): Promise<SessionDetail> {
    await this.change(asker, id, "terminate", {});
    await this.deps.wait.until(id, settled.terminate);
    return this.get(asker, id);
  }

  /**
   * A live session is terminated (`force`: its processes get no time to end), and this waits up to 10 s for it; one that has ended goes
   * with its home.
   */
  async delete(asker: Asker, input: z.output<typeof deleteSessionInput>): Promise<void> {
    const over = await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "session", input.id);
      const row = await findSession(tx, input.id);
      if (!row) throw sessionMissing(input.id);
      return isOver(row) ? { row, events: await this.removeRow(tx, asker, row) } : null;
    });
    if (over) {
      await this.deps.bus.publish(...over.events);
      const { agent, id } = over.row;
      // Where it is not heard, the agent's own retention sees to it.
      if (agent?.capabilities.includes(KEPT_LOGS)) this.deps.gateway.send(agent.id, { type: "logs_forget", session_id: id });
      return;
    }
    await this.change(asker, input.id, "terminate", { graceful: !input.force });
    await this.deps.wait.until(input.id, settled.terminate);
  }

  /** Asks every session that runs on an agent to hibernate. One that is just starting, waking or ending is left to itself. */
  async hibernateAllOn(asker: Asker, agentRef: string): Promise<void> {
    const agent = await this.deps.agents.get(agentRef);
    const running = (await findLiveSessionsOn(this.deps.database, [agent.id])).filter(
      (session) => session.desired === "running" && session.observed === "running" && session.warmAt === null,
    );
    for (const { id } of running) {
      await this.change(asker, id, "hibernate", {}).catch((error: unknown) => {
        // It went on its way, or away, since it was read.
        const passing = error instanceof BerthError && (error.code === "INVALID_STATE_TRANSITION" || error.code === "SESSION_NOT_FOUND");
        if (!passing) throw error;
      });
    }
  }

  /** Counts once for each start. */
  async reportFirstFrame(asker: Asker, id: string): Promise<void> {
    const events = await this.deps.database.$transaction(async (tx): Promise<BusEvent[]> => {
      await lock(tx, "session", id);
      const row = await findSession(tx, id);
      // A viewer that was there first may see it before the agent has said that the session runs.
      const painted = row?.observed === "running" || row?.observed === "starting";
      if (!painted || (await saidSinceStart(tx, id, "first_frame"))) return [];
      await insertEvent(tx, {
        sessionId: id,
        at: this.deps.clock.now(),
        kind: "first_frame",
        message: "The first frame was painted in a browser",
        actorId: asker.userId,
      });
      return [sessionEvent(row)];
    });
    await this.deps.bus.publish(...events);
  }

  async detail(row: SessionRow, actor: Actor, invited: ViewerMode | null = null): Promise<SessionDetail> {
    const { database, clock } = this.deps;
    const asleep = row.desired === "hibernated" && wentIdle(database, row.id);
    const [displays, progress, places, idle] = await Promise.all([
      this.displays.of([row]),
      this.progress([row]),
      findQueuePlaces(database, [row]),
      asleep,
    ]);
    const display = displays.get(row.id);
    if (!display) throw new Error(`session ${row.id} has no template version`);
    const looksOn = row.userId === actor.userId || invited !== null;
    const adopter = isStranded(row) ? ((await findAdopter(database, row))?.agent.name ?? null) : null;
    const queue = places.get(row.id) ?? null;
    const parts = { display, progress: progress.get(row.id) ?? null, queue, now: clock.now(), looksOn, wentIdle: idle, adopter };
    return sessionDetailView(row, parts, actor, invited);
  }

  private progress(rows: readonly (StoredSession & { readonly id: string })[]) {
    return this.deps.tasks.progress(rows.filter((row) => !isSettled(row)).map(({ id }) => id));
  }

  private async change(
    asker: Asker,
    id: string,
    wish: Wish,
    options: {
      mode?: "stop" | "freeze" | undefined;
      graceful?: boolean;
      /** What was asked in the contract's words, where no more is taken than the contract says. */
      asWritten?: SessionState;
    },
  ): Promise<void> {
    const { events, tell, room } = await this.deps.database.$transaction(async (tx) => {
      let room: AfterCommit | null = null;
      if (wish === "wake") await lock(tx, "agent", "placement");
      await lock(tx, "session", id);
      const row = await findSession(tx, id);
      if (!row) throw sessionMissing(id);
      if (options.asWritten) demandTransition(row, options.asWritten);
      if (wish === "terminate" && (await this.isEnding(tx, row))) return { events: [], tell: undefined, room };
      if (options.mode && row.hibernateModes.length > 0 && !row.hibernateModes.includes(options.mode)) {
        throw new BerthError(
          "INVALID_PARAMETER",
          `'${row.name}' can't be hibernated by '${options.mode}'; it offers ${row.hibernateModes.join(" and ")}`,
        );
      }
      if (isStranded(row) && (wish === "wake" || wish === "hibernate")) throw agentRevoked(row.agent?.name ?? "");
      if (wish === "wake" && row.desired === "hibernated") {
        const { cpuMillicores, memoryBytes, homeId } = row;
        const ask = { sessions: 0, cpuMillicores, memoryBytes: Number(memoryBytes), home: homeId !== null } as const;
        await this.deps.quotas.demand(tx, row.userId, ask, row.id);
        room = await demandRoomToWake(tx, row, this.deps);
      }
      const ending = wish === "terminate" || wish === "force_terminate";
      // A stop that is under way goes on, also when force ends the session before it.
      const cancelled = ending
        ? await this.deps.tasks.cancel(tx, id, ["session.start", "session.wake", "session.hibernate", "session.pull"])
        : null;
      const context = { actorId: asker.userId, ...options, ...(wish === "force_terminate" ? { message: leftBehind(row) } : {}) };
      const untouched = !row.agentId || row.agent?.revokedAt || (row.observed === "absent" && cancelled?.sentBefore === false);
      const neverSent = wish === "terminate" && untouched && !isOver(row);
      // Nothing ever reached an agent, or that one was removed: nobody is to be asked, so it is over at once.
      const changed = await this.deps.changes.apply(tx, row, { kind: neverSent ? "never_sent" : wish }, context);
      const cleaning =
        wish === "force_terminate" && changed && row.generation > 0
          ? await this.deps.changes.enqueue(tx, changed.row, "stop", { actorId: asker.userId, graceful: false })
          : [];
      if (changed) {
        await this.deps.audit.record(tx, actorOf(asker), {
          action: `sessions.${wish}`,
          target: { kind: "session", id },
          details: { name: row.name, owner: row.user.username },
        });
      }
      return { events: [...(room?.events ?? []), ...(changed?.events ?? []), ...cleaning], tell: cancelled?.tell, room };
    });
    tell?.();
    room?.tell();
    await this.deps.bus.publish(...events);
  }

  /** It has ended, or its agent has been asked to end it and can still be. */
  private async isEnding(tx: Tx, row: SessionRow): Promise<boolean> {
    if (row.desired !== "terminated" || isOver(row)) return isOver(row);
    return row.agent?.revokedAt === null && (await this.deps.tasks.openKinds(tx, row.id)).includes("session.stop");
  }

  private async removeRow(tx: Tx, asker: Asker, row: SessionRow): Promise<BusEvent[]> {
    const openStop = (await this.deps.tasks.openKinds(tx, row.id)).includes("session.stop");
    const events: BusEvent[] = [];
    // The stop goes with the row; what it was to remove is named by its container then.
    if (openStop && row.agentId && row.containerId) {
      events.push(
        await this.deps.tasks.enqueue(tx, {
          kind: "orphan.remove",
          agentId: row.agentId,
          data: { container_id: row.containerId },
          createdById: asker.userId,
        }),
      );
    }
    await deleteSession(tx, row.id);
    if (row.homeId) events.push(...(await this.deps.homes.removeUnused(tx, row.homeId, asker.userId)));
    await this.deps.audit.record(tx, actorOf(asker), {
      action: "sessions.delete",
      target: { kind: "session", id: row.id },
      details: { name: row.name, owner: row.user.username },
    });
    return [...events, sessionEvent(row)];
  }
}

/** UUIDs of the agents that can be asked; one that was revoked is not in the fleet any more. */
const inReach = (fleet: readonly FleetAgent[]): ReadonlySet<string> =>
  new Set(fleet.filter((agent) => agent.status !== "offline").map((agent) => agent.id));
const sessionEvent = (row: SessionRow): BusEvent => ({ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId });

function leftBehind(row: SessionRow): string {
  if (row.generation === 0 || !row.agent) return "Ended by force; nothing was left behind";
  const container = row.containerId ? `container ${row.containerId.slice(0, 12)}` : "its container, if there is one,";
  const home = row.home ? `; its home '${row.home.volume}' is kept` : "";
  return `Ended by force. Left behind on '${row.agent.name}' until the agent has removed it: ${container}${home}`;
}
