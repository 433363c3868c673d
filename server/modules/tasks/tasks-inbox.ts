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
import { acknowledgeTask, findOpenTasksOf, findTask, finishTask, type HandedTaskRow, hearOfTask, knownTask } from "./tasks-store";

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

/** What agents say of their tasks, whichever way. Every report names its agent, and touches that agent's tasks alone. */
export class TasksInbox {
  constructor(private readonly deps: TasksInboxDeps) {}

  async acknowledged(agentId: string, message: FromAgentOf<"command_ack">): Promise<void> {
    const { row, late } = await this.find(agentId, message.command_id, message.generation);
    if (late) return;
    const taken = await acknowledgeTask(this.deps.database, row, this.deps.clock.now(), this.leaseEnd());
    if (taken !== null) await this.deps.bus.publish(changed(row));
  }

  async progressed(agentId: string, message: Omit<FromAgentOf<"command_progress">, "type" | "agent_id" | "timestamp">): Promise<void> {
    const { row, late } = await this.find(agentId, message.command_id, message.generation);
    if (late) return;
    const events = await this.deps.database.$transaction(async (tx): Promise<BusEvent[]> => {
      if (row.sessionId) await lock(tx, "session", row.sessionId);
      const progress = { progress: message.progress ?? null, progressMessage: message.message, leaseExpiresAt: this.leaseEnd() };
      if (!(await hearOfTask(tx, row, this.deps.clock.now(), progress))) return [];
      const task = knownTask(row);
      const heard: BusEvent[] = [];
      const { step, message: words, progress: percent } = message;
      for (const listener of this.listeners(row))
        heard.push(...((await listener.progressed?.(tx, task, { step, message: words, percent })) ?? []));
      return [changed(row), ...heard];
    });
    await this.deps.bus.publish(...events);
  }

  /** Lines for the task's log; of a run that is over they are left out. */
  async logged(agentId: string, message: Omit<FromAgentOf<"command_log">, "type" | "agent_id">): Promise<void> {
    const { row, late } = await this.find(agentId, message.command_id, message.generation);
    const now = this.deps.clock.now();
    if (late || !(await hearOfTask(this.deps.database, row, now, { leaseExpiresAt: this.leaseEnd() }))) return;
    const lines = message.lines.map(({ timestamp, level, message: words }) => ({ at: timeOf(timestamp, now), level, message: words }));
    await this.deps.taskLogs.append(this.deps.database, row.id, lines);
    await this.deps.bus.publish(changed(row));
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
  ): Promise<void> {
    const { database, endings, taskLogs, bus, clock } = this.deps;
    const { row, late } = await this.find(agentId, taskId, generation);
    const outcome = outcomeOf(row, said, clock.now());
    const events = await database.$transaction(async (tx): Promise<BusEvent[]> => {
      if (row.sessionId) await lock(tx, "session", row.sessionId);
      const done = late ? null : await endings.end(tx, row, outcome);
      if (done === null) {
        if (!late) await finishTask(tx, row.id, ["cancelled"], keptOutcome(outcome), { agentId });
        return (await this.wasLate(tx, row, late, agentId, outcome)) ? [changed(row)] : [];
      }
      await taskLogs.append(tx, row.id, lines);
      return done;
    });
    await bus.publish(...events);
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
    for (const { id } of await findOpenTasksOf(this.deps.database, agentId)) {
      const { code: error_code, message: error } = failure;
      await this.finished(agentId, { type: "command_result", command_id: id, agent_id: "", status: "failed", error, error_code }).catch(
        (problem: unknown) =>
          this.deps.log.error({ err: problem, taskId: id }, "a task of a revoked agent could not be ended; the next sweep tries again"),
      );
    }
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
