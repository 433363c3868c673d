import { errorCatalogue, foreignErrorCodeSchema } from "@berth/protocol/errors";
import type { BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import type { Metrics } from "../../platform/metrics";
import type { WebhookOutbox } from "../webhooks/webhook-outbox";
import { isDocker } from "./task-hand-out-service";
import type { TaskListener, TaskOutcome } from "./task-listener";
import type { TaskLogsService } from "./task-logs-service";
import type { TaskState } from "./tasks-schema";
import { completeOrder, finishTask, type HandedTaskRow, knownTask, runAgain, type SpokenOf } from "./tasks-store";

/** Before the first try by itself; doubled with each, up to ten minutes. */
export const RETRY_MS = 5_000;
const RETRY_MAX_MS = 600_000;

export interface TaskEndingsDeps {
  readonly clock: Clock;
  readonly listeners: readonly TaskListener[];
  readonly outbox: WebhookOutbox;
  readonly taskLogs: TaskLogsService;
  readonly metrics?: Pick<Metrics, "taskEnded">;
}

/** What becomes of a task at the end of a run: it is over, or tried again. */
export class TaskEndings {
  constructor(private readonly deps: TaskEndingsDeps) {}

  /**
   * Once for each run, with what others do about it in the same transaction. Null: it was over already, or has moved on. `unheard`: its agent
   * did not say so and may still be at it, so that a further try stays with that agent. `last`: it is not tried again.
   */
  async end(
    tx: Tx,
    row: HandedTaskRow,
    outcome: TaskOutcome,
    { from, unheard = false, last = false }: { from?: readonly TaskState[]; unheard?: boolean; last?: boolean } = {},
  ): Promise<BusEvent[] | null> {
    const { clock, outbox, metrics, listeners } = this.deps;
    const states = from ?? (isDocker(row) ? ["sent", "acknowledged"] : ["queued", "sent", "acknowledged"]);
    if (!last && (await this.retried(tx, row, outcome, states, unheard))) return [changed(row)];
    const asked = endedAsAsked(row, outcome);
    const columns =
      outcome.status === "completed"
        ? { result: JSON.parse(JSON.stringify(outcome.result)), errorCode: null, errorMessage: null }
        : { errorCode: outcome.code, errorMessage: outcome.message };
    const over = { ...columns, state: asked ? ("cancelled" as const) : outcome.status, finishedAt: clock.now() };
    if (!(await finishTask(tx, row.id, states, over, { agentId: row.agentId, generation: row.generation }))) return null;
    if (outcome.status === "failed" && !asked) {
      const { code, message: why } = outcome;
      const { id, kind, sessionId, agentId } = row;
      await outbox.write(tx, { type: "task.failed", data: { task: { id, kind, agentId, sessionId }, error: { code, message: why } } });
    }
    metrics?.taskEnded(row.kind, outcome.status);
    const task = knownTask(row);
    const heard: BusEvent[] = [];
    for (const listener of listeners)
      if (listener.kinds.some((kind) => kind === row.kind)) heard.push(...(await listener.finished(tx, task, outcome)));
    return [changed(row), ...heard];
  }

  /** What completed and has nobody to listen, which is so of all that engines are asked for by hand: one statement. Null: as of `end`, or it is none such. */
  async complete(db: Database, said: SpokenOf, result: Record<string, unknown>): Promise<BusEvent | null> {
    const kind = await completeOrder(db, said, result, this.deps.clock.now());
    if (kind === null) return null;
    this.deps.metrics?.taskEnded(kind, "completed");
    return { ...changed({ ...said, sessionId: null }), only: "end" };
  }

  private async retried(
    tx: Tx,
    row: HandedTaskRow,
    outcome: TaskOutcome,
    states: readonly TaskState[],
    unheard: boolean,
  ): Promise<boolean> {
    if (outcome.status !== "failed" || !isDocker(row) || row.retried >= row.retries || row.cancelAskedAt !== null) return false;
    const { code, message } = outcome;
    if (!errorCatalogue[code].retryable) return false;
    const waitMs = Math.min(RETRY_MS * 2 ** row.retried, RETRY_MAX_MS);
    const notBefore = new Date(this.deps.clock.now().getTime() + waitMs);
    const stays = unheard ? { stays: true as const } : {};
    const next = { retried: row.retried + 1, notBefore, errorCode: code, errorMessage: message, ...stays };
    if (!(await runAgain(tx, row, states, next))) return false;
    const words = `Run ${row.generation ?? 1} failed (${code}): ${message}. It is tried again in ${waitMs / 1000} s, ${next.retried} of ${row.retries}`;
    await this.deps.taskLogs.note(tx, row.id, "warn", words);
    return true;
  }
}

export const changed = (row: Pick<HandedTaskRow, "id" | "agentId" | "sessionId">): Extract<BusEvent, { kind: "task" }> => ({
  kind: "task",
  taskId: row.id,
  agentId: row.agentId,
  sessionId: row.sessionId,
});

/** An agent ends such a task early only where it was asked to. A session's tasks have other ways to be ended, and listeners that know them. */
const endedAsAsked = (row: HandedTaskRow, outcome: TaskOutcome): boolean =>
  outcome.status === "failed" && outcome.code === "COMMAND_CANCELLED" && (isDocker(row) || row.kind === "session.pull");

/** What an agent said, in the catalogue's words. */
export function outcomeOf(
  row: HandedTaskRow,
  said: {
    readonly completed: boolean;
    readonly result?: Record<string, unknown> | undefined;
    readonly error?: string | undefined;
    readonly code?: string | undefined;
  },
  now: Date,
): TaskOutcome {
  if (said.completed) return { status: "completed", result: said.result ?? {} };
  const known = foreignErrorCodeSchema.parse(said.code ?? "");
  const message = said.error ?? "The agent gave no reason";
  if (!isDocker(row)) return { status: "failed", code: known, message };
  if (known === "COMMAND_CANCELLED" && row.cancelAskedAt === null && row.deadlineAt !== null && row.deadlineAt <= now)
    return { status: "failed", code: "TASK_TIMED_OUT", message: `It did not end within ${row.timeoutSeconds} s` };
  if (row.credentialsWithheld && (known === "IMAGE_PULL_DENIED" || known === "IMAGE_NOT_FOUND"))
    return {
      status: "failed",
      code: "TASK_CREDENTIALS_GONE",
      message: `Its agent lost the registry's credentials, which leave once in each run; try it again with new ones. It said: ${message}`,
    };
  return { status: "failed", code: known === "SESSION_PROVISIONING_FAILED" ? "TASK_FAILED" : known, message };
}
