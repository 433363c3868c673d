import type { FromAgentOf } from "@berth/protocol/agent-messages";
import { dockerKindSchema } from "@berth/protocol/docker-tasks";
import { type ErrorCode, foreignErrorCodeSchema } from "@berth/protocol/errors";
import { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, lock } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import type { Log } from "../../platform/log";
import type { Metrics } from "../../platform/metrics";
import type { WebhookOutbox } from "../webhooks/webhook-outbox";
import type { TaskListener, TaskOutcome } from "./task-listener";
import { taskMissing } from "./tasks-service";
import { acknowledgeTask, findOpenTasksOf, findTask, finishTask, knownTask, progressTask, type TaskRow } from "./tasks-store";

/** An acknowledged task that says nothing for this long is sent again, under its id; the agent answers and does nothing twice. */
export const ACKNOWLEDGED_LEASE_MS = 60_000;

export interface TasksInboxDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly listeners: readonly TaskListener[];
  readonly outbox: WebhookOutbox;
  readonly metrics?: Pick<Metrics, "taskEnded">;
}

/** What agents say of their tasks. Every report names its agent, and touches that agent's tasks alone. */
export class TasksInbox {
  constructor(private readonly deps: TasksInboxDeps) {}

  async acknowledged(agentId: string, message: FromAgentOf<"command_ack">): Promise<void> {
    const task = await this.find(agentId, message.command_id);
    const acknowledged = await acknowledgeTask(this.deps.database, task.id, agentId, this.deps.clock.now(), this.leaseEnd());
    if (acknowledged) await this.deps.bus.publish(changed(task));
  }

  async progressed(agentId: string, message: FromAgentOf<"command_progress">): Promise<void> {
    const row = await this.find(agentId, message.command_id);
    const events = await this.deps.database.$transaction(async (tx): Promise<BusEvent[]> => {
      if (row.sessionId) await lock(tx, "session", row.sessionId);
      const progress = { progress: message.progress ?? null, progressMessage: message.message, leaseExpiresAt: this.leaseEnd() };
      if (!(await progressTask(tx, row.id, agentId, progress))) return [];
      const task = knownTask(row);
      const heard: BusEvent[] = [];
      const { step, message: words } = message;
      for (const listener of this.listeners(row)) heard.push(...((await listener.progressed?.(tx, task, { step, message: words })) ?? []));
      return [changed(row), ...heard];
    });
    await this.deps.bus.publish(...events);
  }

  /** Applies a result once: the first one wins, doubled and late ones are kept on the row or logged and change nothing. */
  async finished(agentId: string, message: FromAgentOf<"command_result">): Promise<void> {
    const row = await this.find(agentId, message.command_id);
    const outcome = outcomeOf(message);
    const events = await this.deps.database.$transaction(async (tx): Promise<BusEvent[]> => {
      if (row.sessionId) await lock(tx, "session", row.sessionId);
      const ended = await finishTask(tx, row.id, ["queued", "sent", "acknowledged"], {
        ...outcomeColumns(outcome),
        state: endedAsAsked(row, outcome) ? "cancelled" : outcome.status,
        finishedAt: this.deps.clock.now(),
      });
      if (!ended) {
        await finishTask(tx, row.id, ["cancelled"], outcomeColumns(outcome));
        this.deps.log.info({ taskId: row.id, state: row.state, agentId }, "a result came late or twice; it changes nothing");
        return [];
      }
      if (outcome.status === "failed" && !endedAsAsked(row, outcome)) {
        const { code, message: why } = outcome;
        const { id, kind, sessionId } = row;
        await this.deps.outbox.write(tx, {
          type: "task.failed",
          data: { task: { id, kind, agentId, sessionId }, error: { code, message: why } },
        });
      }
      const task = knownTask(row);
      const heard: BusEvent[] = [];
      for (const listener of this.listeners(row)) heard.push(...(await listener.finished(tx, task, outcome)));
      return [changed(row), ...heard];
    });
    if (events.length > 0) this.deps.metrics?.taskEnded(row.kind, outcome.status);
    await this.deps.bus.publish(...events);
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

  private async find(agentId: string, commandId: string): Promise<TaskRow> {
    const row = z.uuid().safeParse(commandId).success ? await findTask(this.deps.database, commandId) : null;
    if (!row || row.agentId !== agentId) throw taskMissing(commandId);
    return row;
  }

  private listeners(row: TaskRow): readonly TaskListener[] {
    return this.deps.listeners.filter((listener) => listener.kinds.some((kind) => kind === row.kind));
  }

  private leaseEnd(): Date {
    return new Date(this.deps.clock.now().getTime() + ACKNOWLEDGED_LEASE_MS);
  }
}

const changed = (row: TaskRow): BusEvent => ({ kind: "task", taskId: row.id, agentId: row.agentId, sessionId: row.sessionId });

/** An agent ends such a task early only where it was asked to. A session's tasks have other ways to be ended, and listeners that know them. */
const endedAsAsked = (row: TaskRow, outcome: TaskOutcome): boolean =>
  outcome.status === "failed" && outcome.code === "COMMAND_CANCELLED" && dockerKindSchema.safeParse(row.kind).success;

function outcomeOf(message: FromAgentOf<"command_result">): TaskOutcome {
  if (message.status === "completed") return { status: "completed", result: message.result ?? {} };
  return {
    status: "failed",
    code: foreignErrorCodeSchema.parse(message.error_code ?? ""),
    message: message.error ?? "The agent gave no reason",
  };
}

function outcomeColumns(outcome: TaskOutcome): Prisma.TaskUncheckedUpdateManyInput {
  if (outcome.status === "completed") return { result: JSON.parse(JSON.stringify(outcome.result)) };
  return { errorCode: outcome.code, errorMessage: outcome.message };
}
