import type { FromAgentOf } from "@berth/protocol/agent-messages";
import type { CompleteRequest } from "@berth/protocol/agent-tasks";
import type { ErrorCode } from "@berth/protocol/errors";
import { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, lock } from "../../platform/database";
import type { Log } from "../../platform/log";
import { changed, outcomeOf, type TaskEndings } from "./task-endings-service";
import { isDocker } from "./task-hand-out-service";
import type { TaskListener, TaskOutcome } from "./task-listener";
import type { NewLogLine, TaskLogsService } from "./task-logs-service";
import { taskMissing } from "./tasks-service";
import {
  acknowledgeTask,
  findOpenTasksOf,
  findTask,
  finishTask,
  type HandedTaskRow,
  hearOfTask,
  knownTask,
  open,
  type SpokenOf,
} from "./tasks-store";

/** An acknowledged task that says nothing for this long is sent again, under its id; the agent answers and does nothing twice. */
export const ACKNOWLEDGED_LEASE_MS = 60_000;

export interface TasksInboxDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly listeners: readonly TaskListener[];
  readonly endings: TaskEndings;
  readonly taskLogs: TaskLogsService;
}

/** Which task an agent speaks of. `late`: it is another agent's by now, or in another run. */
interface Named {
  readonly row: HandedTaskRow;
  readonly late: boolean;
}

interface Spoken {
  readonly command_id: string;
  readonly generation?: number | undefined;
}

/** What agents say of their tasks, whichever way. Every report names its agent, and touches that agent's tasks alone. */
export class TasksInbox {
  constructor(private readonly deps: TasksInboxDeps) {}

  async acknowledged(agentId: string, message: FromAgentOf<"command_ack">): Promise<void> {
    const said = spokenOf(agentId, message);
    const taken = await acknowledgeTask(this.deps.database, said, this.deps.clock.now(), this.leaseEnd());
    if (!taken) return this.demandKnown(agentId, message);
    const event = changed({ ...said, sessionId: taken.sessionId });
    this.tell(taken.what === "taken" ? { ...event, only: "progress" } : event);
  }

  async progressed(agentId: string, message: Omit<FromAgentOf<"command_progress">, "type" | "agent_id" | "timestamp">): Promise<void> {
    const { step, message: words, progress: percent } = message;
    const said = spokenOf(agentId, message);
    const heard = { now: this.deps.clock.now(), leaseExpiresAt: this.leaseEnd(), progress: { percent: percent ?? null, message: words } };
    // A run is named of an engine's task, to which nobody else listens and which no session's lock holds.
    if (message.generation !== undefined && (await hearOfTask(this.deps.database, said, heard, { engine: true })))
      return this.tell({ ...changed({ ...said, sessionId: null }), only: "progress" });
    const { row, late } = await this.find(agentId, message.command_id, message.generation);
    if (late) return;
    const events = await this.deps.database.$transaction(async (tx): Promise<BusEvent[]> => {
      if (row.sessionId) await lock(tx, "session", row.sessionId);
      if (!(await hearOfTask(tx, said, heard))) return [];
      const task = knownTask(row);
      const more: BusEvent[] = [];
      for (const listener of this.listeners(row))
        more.push(...((await listener.progressed?.(tx, task, { step, message: words, percent })) ?? []));
      return [{ ...changed(row), only: "progress" }, ...more];
    });
    this.tell(...events);
  }

  /** Lines for the task's log; of a run that is over they are left out. */
  async logged(agentId: string, message: Omit<FromAgentOf<"command_log">, "type" | "agent_id">): Promise<void> {
    const { database, clock, taskLogs } = this.deps;
    const said = spokenOf(agentId, message);
    const now = clock.now();
    const lines = message.lines.map(({ timestamp, level, message: words }) => ({ at: timeOf(timestamp, now), level, message: words }));
    const heard = await hearOfTask(database, said, { now, leaseExpiresAt: this.leaseEnd(), log: taskLogs.next(lines) });
    if (!heard) return this.demandKnown(agentId, message);
    this.tell({ ...changed({ ...said, sessionId: heard.sessionId }), only: "progress" });
  }

  async finished(agentId: string, message: FromAgentOf<"command_result">): Promise<void> {
    const { status, result, error, error_code: code, generation } = message;
    await this.ended(agentId, message.command_id, generation, { completed: status === "completed", result, error, code }, []);
  }

  /** The same from an agent without a channel. */
  async completed(
    agentId: string,
    taskId: string,
    { success, result, error, errorCode, logs, generation }: CompleteRequest,
  ): Promise<void> {
    const now = this.deps.clock.now();
    const lines = logs.map(({ timestamp, level, message }) => ({ at: timeOf(timestamp, now), level, message }));
    await this.ended(agentId, taskId, generation, { completed: success, result, error, code: errorCode ?? "TASK_FAILED" }, lines);
  }

  /** Applies a result once: the first one wins, doubled and late ones are kept on the row or in its log and change nothing. */
  private async ended(
    agentId: string,
    taskId: string,
    generation: number | undefined,
    said: Parameters<typeof outcomeOf>[1],
    lines: readonly NewLogLine[],
    /** What waits for this agent alone ends too. */
    waiting = false,
  ): Promise<void> {
    const { database, endings, taskLogs, clock } = this.deps;
    // A run is named of engines' tasks alone.
    if (generation !== undefined && said.completed && lines.length === 0) {
      const done = await endings.complete(database, spokenOf(agentId, { command_id: taskId, generation }), said.result ?? {});
      if (done) return this.tell(done);
    }
    const { row, late } = await this.find(agentId, taskId, generation);
    const outcome = outcomeOf(row, said, clock.now());
    const events = await database.$transaction(async (tx): Promise<BusEvent[]> => {
      if (row.sessionId) await lock(tx, "session", row.sessionId);
      const from = waiting && row.selector === null ? { from: open } : {};
      const done = late ? null : await endings.end(tx, row, outcome, from);
      if (done === null) {
        if (!late) await finishTask(tx, row.id, ["cancelled"], keptOutcome(outcome), { agentId });
        return (await this.wasLate(tx, row, late, agentId, outcome)) ? [changed(row)] : [];
      }
      await taskLogs.append(tx, row.id, lines);
      return done;
    });
    this.tell(...events);
  }

  /** True where something was written down. The same result again, as agents send it after a lost connection, says nothing new. */
  private async wasLate(
    tx: Parameters<TaskLogsService["note"]>[0],
    row: HandedTaskRow,
    late: boolean,
    agentId: string,
    outcome: TaskOutcome,
  ): Promise<boolean> {
    this.deps.log.info({ taskId: row.id, state: row.state, agentId }, "a result came late or twice; it changes nothing");
    if (!isDocker(row) || (!late && row.state === outcome.status)) return false;
    const words = outcome.status === "completed" ? "completed" : `failed (${outcome.code}): ${outcome.message}`;
    const whose = late ? `agent ${agentId}, which had lost this task or an earlier run of it,` : "the agent";
    await this.deps.taskLogs.note(tx, row.id, "warn", `Too late, and without effect, ${whose} said: ${words}`);
    return true;
  }

  /** Ends all that is open of an agent that is asked nothing any more, as if it had failed at each. One that can't be ended keeps no other open. */
  async failAll(agentId: string, failure: { readonly code: ErrorCode; readonly message: string }): Promise<void> {
    const { code, message: error } = failure;
    for (const { id } of await findOpenTasksOf(this.deps.database, agentId)) {
      await this.ended(agentId, id, undefined, { completed: false, result: undefined, error, code }, [], true).catch((problem: unknown) =>
        this.deps.log.error({ err: problem, taskId: id }, "a task of a revoked agent could not be ended; the next sweep tries again"),
      );
    }
  }

  /** Throws TASK_NOT_FOUND for what never was this agent's. */
  private async demandKnown(agentId: string, { command_id, generation }: Spoken): Promise<void> {
    await this.find(agentId, command_id, generation);
  }

  /** Who speaks next does not wait for it: a word that is lost costs delay, and it stands in the database. */
  private tell(...events: BusEvent[]): void {
    this.deps.bus
      .publish(...events)
      .catch((error: unknown) => this.deps.log.warn({ err: error }, "what an agent said of a task could not be told; polls find it"));
  }

  private async find(agentId: string, commandId: string, generation: number | undefined): Promise<Named> {
    const row = z.uuid().safeParse(commandId).success ? await findTask(this.deps.database, commandId) : null;
    if (!row || (row.agentId !== agentId && !row.pastAgentIds.includes(agentId))) throw taskMissing(commandId);
    const otherRun = generation !== undefined && isDocker(row) && generation !== row.generation;
    return { row: { ...row, agentId }, late: row.agentId !== agentId || otherRun };
  }

  private listeners(row: HandedTaskRow): readonly TaskListener[] {
    return this.deps.listeners.filter((listener) => listener.kinds.some((kind) => kind === row.kind));
  }

  private leaseEnd(): Date {
    return new Date(this.deps.clock.now().getTime() + ACKNOWLEDGED_LEASE_MS);
  }
}

/** An id that is none of ours names no task. */
const spokenOf = (agentId: string, { command_id, generation }: Spoken): SpokenOf => {
  if (!z.uuid().safeParse(command_id).success) throw taskMissing(command_id);
  return { id: command_id, agentId, generation };
};

/** On the row of a task that was cancelled by force. */
const keptOutcome = (outcome: TaskOutcome) =>
  outcome.status === "completed"
    ? { result: JSON.parse(JSON.stringify(outcome.result)) }
    : { errorCode: outcome.code, errorMessage: outcome.message };

/** By the agent's clock, where that says anything. */
function timeOf(text: string | undefined, now: Date): Date {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? now : new Date(time);
}
