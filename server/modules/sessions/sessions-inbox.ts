import { type SessionResult, sessionResultSchema } from "@berth/protocol/agent-commands";
import type { FromAgentOf, Observation } from "@berth/protocol/agent-messages";
import { foreignErrorCodeSchema } from "@berth/protocol/errors";
import type { ObservedState } from "@berth/protocol/session-states";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, lock, type Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { Gathered } from "../../platform/gathered";
import type { Log } from "../../platform/log";
import type { AgentGateway } from "../tasks/agent-gateway";
import type { KnownTask, TaskListener, TaskOutcome } from "../tasks/task-listener";
import type { TasksService } from "../tasks/tasks-service";
import { type FoundOrphan, replaceOrphans, stampCleanInventories } from "./orphans/orphans-store";
import type { SessionChanges } from "./session-changes";
import { isOver } from "./session-status";
import { owedTask, type SessionEvent, type SessionTask } from "./sessions-lifecycle";
import { type SessionEventKind, sessionEventKindSchema } from "./sessions-schema";
import {
  type BareSessionRow,
  findLiveSessionsOn,
  findSession,
  findSessionIds,
  insertAgentEvents,
  insertEvent,
  insertEventOnce,
  type SessionRow,
  writeActivity,
} from "./sessions-store";

/** An inventory taken within this time of a session's last change may not have seen it yet. */
export const SETTLE_MS = 10_000;

export interface SessionsInboxDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: AgentGateway;
  readonly tasks: TasksService;
  readonly changes: SessionChanges;
}

const taskOfKind: Partial<Record<KnownTask["kind"], SessionTask>> = {
  "session.start": "start",
  "session.wake": "wake",
  "session.hibernate": "hibernate",
  "session.stop": "stop",
};
const reachedBy: Record<SessionTask, ObservedState> = { start: "running", wake: "running", hibernate: "stopped", stop: "removed" };

/** What agents say of sessions. An agent is believed only for sessions that are placed on it. */
export class SessionsInbox implements TaskListener {
  readonly kinds = ["session.start", "session.wake", "session.hibernate", "session.stop"] as const;

  /** A fleet that comes back at once sends its inventories at once. */
  private readonly liveOn = new Gathered(async (agentIds: readonly string[]) => {
    const live = await findLiveSessionsOn(this.deps.database, agentIds);
    const byAgent = new Map(agentIds.map((agentId): [string, typeof live] => [agentId, []]));
    for (const session of live) byAgent.get(session.agentId ?? "")?.push(session);
    return [...byAgent.values()];
  }, itself);
  private readonly cleanInventories = new Gathered(
    (agentIds: readonly string[]) => stampCleanInventories(this.deps.database, agentIds, this.deps.clock.now()),
    itself,
  );

  constructor(private readonly deps: SessionsInboxDeps) {}

  async sent(tx: Tx, task: KnownTask): Promise<BusEvent[]> {
    if (task.kind !== "session.start" && task.kind !== "session.wake") return [];
    const row = await this.find(tx, task);
    return row ? this.say(tx, row, "command_sent", `The command was sent to '${row.agent?.name ?? "its agent"}'`) : [];
  }

  async progressed(tx: Tx, task: KnownTask, progress: { step: string | undefined; message: string }): Promise<BusEvent[]> {
    const row = await this.find(tx, task);
    if (!row || isOver(row)) return [];
    const said = sessionEventKindSchema.safeParse(progress.step);
    if (said.success) {
      const at = this.deps.clock.now();
      await insertEventOnce(tx, { sessionId: row.id, at, kind: said.data, message: progress.message, actorId: null });
    }
    if (said.data !== "container_started" || task.generation === null) return [event(row)];
    const changed = await this.deps.changes.apply(tx, row, reported(task.generation, "starting"), { actorId: null });
    return changed?.events ?? [event(row)];
  }

  async finished(tx: Tx, task: KnownTask, outcome: TaskOutcome): Promise<BusEvent[]> {
    const row = await this.find(tx, task);
    const what = taskOfKind[task.kind];
    if (!row || !what || task.generation === null) return [];
    if (outcome.status === "failed") {
      const { code, message } = outcome;
      const changed = await this.deps.changes.apply(
        tx,
        row,
        { kind: "task_failed", task: what, generation: task.generation, code, message },
        { actorId: null },
      );
      return changed?.events ?? [event(row)];
    }
    const result = sessionResultSchema.catch({}).parse(outcome.result);
    // A task that was completed has got there; only how a hibernation was done is the driver's to say.
    const observed = what === "hibernate" ? (result.observed ?? hibernatedBy(task)) : reachedBy[what];
    const columns = task.generation === row.generation ? factsOf(result) : {};
    const changed = await this.deps.changes.apply(tx, row, reported(task.generation, observed), { actorId: null, columns });
    return changed?.events ?? [event(row)];
  }

  async observed(agentId: string, observation: Observation): Promise<void> {
    const events = await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "session", observation.session_id);
      const row = await findSession(tx, observation.session_id);
      if (!row || row.agentId !== agentId) {
        this.deps.log.info(
          { agentId, sessionId: observation.session_id },
          "an agent reported on a session that is not placed on it; it changes nothing",
        );
        return [];
      }
      return this.take(tx, row, observation);
    });
    await this.deps.bus.publish(...events);
  }

  async active(agentId: string, message: FromAgentOf<"session_activity">): Promise<void> {
    const now = this.deps.clock.now();
    const at = message.sessions.flatMap(({ session_id, last_input_at }) => {
      const time = new Date(last_input_at);
      return Number.isNaN(time.getTime()) ? [] : [[session_id, time > now ? now : time] as const];
    });
    await writeActivity(this.deps.database, agentId, new Map(at));
  }

  /**
   * Compares everything that the engine holds with what should be there: takes over what is seen, ends or sends again what is missing,
   * asks for what is owed, and lists what no session claims.
   */
  async inventory(agentId: string, message: FromAgentOf<"inventory">): Promise<void> {
    const seen = new Map(message.sessions.map((one) => [one.session_id, one]));
    const live = await this.liveOn.ask(agentId);
    let unsure = false;
    for (const session of live) {
      const here = seen.get(session.id);
      if (here && here.generation === session.generation && here.observed === session.observed && !owedTask(session)) continue;
      unsure = (await this.reconcile(session, here)) === "unsure" || unsure;
    }
    const claimed = new Set(live.map((session) => session.id));
    const orphans = message.sessions
      .filter((one) => !claimed.has(one.session_id) && one.observed !== "removed" && one.observed !== "absent")
      .map(orphanOf);
    const clean = orphans.length === 0 && (await this.cleanInventories.ask(agentId));
    const changed = !clean && (await replaceOrphans(this.deps.database, agentId, this.deps.clock.now(), orphans));
    if (changed) await this.deps.bus.publish({ kind: "agent", agentId });
    if (unsure) this.deps.clock.after(SETTLE_MS, () => this.deps.gateway.send(agentId, { type: "inventory_request" }));
  }

  /** Of sessions that were deleted while their agent was away, which it still keeps what they printed of. */
  async keptLogs(agentId: string, sessionIds: readonly string[]): Promise<void> {
    const there = await findSessionIds(this.deps.database, sessionIds);
    for (const id of sessionIds) if (!there.has(id)) this.deps.gateway.send(agentId, { type: "logs_forget", session_id: id });
  }

  /** The agent is offline: its sessions' timelines say so, and their owners are told. */
  async agentLost(agentId: string, message: string): Promise<void> {
    await this.tell([agentId], "agent_lost", message);
  }

  /** They were offline and are not any more. The timelines say so where they said that one was lost; owners are told either way. */
  async agentsReturned(agentIds: readonly string[]): Promise<void> {
    if (agentIds.length > 0) await this.tell(agentIds, "agent_returned", "The agent is back");
  }

  private async tell(agentIds: readonly string[], word: "agent_lost" | "agent_returned", message: string): Promise<void> {
    const { database } = this.deps;
    await insertAgentEvents(database, agentIds, word, message, this.deps.clock.now());
    const live = await findLiveSessionsOn(database, agentIds);
    await this.deps.bus.publish(...live.map(({ id, userId, agentId }): BusEvent => ({ kind: "session", sessionId: id, userId, agentId })));
  }

  private async reconcile(session: BareSessionRow, here: Observation | undefined): Promise<"sure" | "unsure"> {
    const result = await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "session", session.id);
      const row = await findSession(tx, session.id);
      if (!row || isOver(row) || row.agentId !== session.agentId) return { events: [], verdict: "sure" as const };
      const present = here && here.observed !== "removed" && here.observed !== "absent";
      const taken = present ? await this.take(tx, row, here) : [];
      // A pull goes on beside whatever becomes of the session.
      const open = (await this.deps.tasks.openKinds(tx, row.id)).filter((kind) => kind !== "session.pull");
      if (open.length > 0) {
        if (!present) await this.deps.tasks.resendOfSession(tx, row.id);
        return { events: [...taken, ...(present ? [] : [event(row)])], verdict: "sure" as const };
      }
      const now = (await findSession(tx, row.id)) ?? row;
      if (present) return { events: [...taken, ...(await this.enqueueOwed(tx, now))], verdict: "sure" as const };
      if (this.deps.clock.now().getTime() - row.updatedAt.getTime() < SETTLE_MS) return { events: [], verdict: "unsure" as const };
      const changed = await this.deps.changes.apply(tx, row, { kind: "missing" }, { actorId: null });
      return { events: changed?.events ?? [], verdict: "sure" as const };
    });
    await this.deps.bus.publish(...result.events);
    return result.verdict;
  }

  private async enqueueOwed(tx: Tx, row: SessionRow): Promise<BusEvent[]> {
    const owed = owedTask(row);
    return owed ? this.deps.changes.enqueue(tx, row, owed, { actorId: null }) : [];
  }

  private async take(tx: Tx, row: SessionRow, observation: Observation): Promise<BusEvent[]> {
    const columns = observation.generation === row.generation ? factsOf(observation) : {};
    const code = observation.error_code ? foreignErrorCodeSchema.parse(observation.error_code) : null;
    const what = {
      kind: "reported",
      generation: observation.generation,
      observed: observation.observed,
      code,
      message: observation.reason ?? null,
    } as const;
    const changed = await this.deps.changes.apply(tx, row, what, { actorId: null, columns });
    return changed?.events ?? [];
  }

  /** The session of a task, as long as it is placed where the task went. */
  private async find(tx: Tx, task: KnownTask): Promise<SessionRow | null> {
    const row = task.sessionId ? await findSession(tx, task.sessionId) : null;
    return row?.agentId === task.agentId ? row : null;
  }

  private async say(tx: Tx, row: SessionRow, kind: SessionEventKind, message: string): Promise<BusEvent[]> {
    await insertEvent(tx, { sessionId: row.id, at: this.deps.clock.now(), kind, message, actorId: null });
    return [event(row)];
  }
}

const itself = (id: string): string => id;
const event = (row: SessionRow): BusEvent => ({ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId });
const reported = (generation: number, observed: ObservedState): SessionEvent => ({
  kind: "reported",
  generation,
  observed,
  code: null,
  message: null,
});

function hibernatedBy(task: KnownTask): ObservedState {
  const { payload } = task;
  return typeof payload === "object" && payload !== null && "mode" in payload && payload.mode === "freeze" ? "frozen" : "stopped";
}

/** What is known of the container by now; what a report doesn't say stays as it was. */
function factsOf(
  facts: Pick<SessionResult, "container_id" | "pod_name" | "pod_ip" | "hibernate_modes">,
): Prisma.SessionUncheckedUpdateManyInput {
  return {
    containerId: facts.container_id ?? undefined,
    podName: facts.pod_name ?? undefined,
    podIp: facts.pod_ip ?? undefined,
    hibernateModes: facts.hibernate_modes,
  };
}

const orphanOf = (one: FromAgentOf<"inventory">["sessions"][number]): FoundOrphan => ({
  containerId: one.container_id ?? one.session_id,
  sessionId: one.session_id,
  generation: one.generation,
  name: one.name ?? one.pod_name ?? null,
  image: one.image ?? null,
  observed: one.observed,
});
