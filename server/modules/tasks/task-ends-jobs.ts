import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { TaskEndings } from "./task-endings-service";
import type { TaskOutcome } from "./task-listener";
import { deleteEndedTasks, findOverdue, findTasksOfRevoked, type HandedTaskRow } from "./tasks-store";

const SWEEP_MS = 5_000;
/** After its time is over, for the agent to say what became of it. */
export const DEADLINE_GRACE_MS = 30_000;
const RETENTION_SWEEP_MS = 3_600_000;
const DAY_MS = 86_400_000;
const BATCH = 1_000;

export interface TaskEndsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly endings: TaskEndings;
  /** Ended tasks and their logs are deleted after so many days; 0 keeps them for ever. */
  readonly retentionDays: number;
}

/** Ends tasks whose time is over or whose agent was revoked, and forgets those that ended long ago. */
export class TaskEndsJobs {
  private timers: Timer[] = [];
  private running: Promise<unknown> = Promise.resolve();
  private stopping = false;

  constructor(private readonly deps: TaskEndsDeps) {}

  start(): void {
    this.stopping = false;
    const { clock, retentionDays } = this.deps;
    this.timers = [clock.every(SWEEP_MS, () => this.soon(() => this.sweep()))];
    if (retentionDays > 0) this.timers.push(clock.every(RETENTION_SWEEP_MS, () => this.soon(() => this.forget())));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const timer of this.timers) timer.cancel();
    await this.running;
  }

  private soon(run: () => Promise<unknown>): void {
    this.running = this.running
      .then(() => (this.stopping ? undefined : run()))
      .catch((error: unknown) => this.deps.log.warn({ err: error }, "tasks could not be swept; trying again at the next sweep"));
  }

  /** Asks agents to end what takes too long, and ends it for them where they don't answer. */
  async sweep(): Promise<void> {
    const { database, clock, bus } = this.deps;
    const now = clock.now();
    const graceEnd = new Date(now.getTime() - DEADLINE_GRACE_MS);
    for (const row of await findOverdue(database, now)) {
      if (row.deadlineAt !== null && row.deadlineAt <= graceEnd) await this.end(row, timedOut(row), false);
      else await bus.publish({ kind: "task_cancel", taskId: row.id, agentId: row.agentId, generation: row.generation });
    }
    for (const row of await findTasksOfRevoked(database)) await this.end(row, revoked, true);
  }

  private async end(row: HandedTaskRow, outcome: TaskOutcome, last: boolean): Promise<void> {
    const { database, endings, bus } = this.deps;
    const from = last ? (["queued", "sent", "acknowledged"] as const) : (["sent", "acknowledged"] as const);
    const events: BusEvent[] | null = await database.$transaction((tx) => endings.end(tx, row, outcome, { from, unheard: true, last }));
    await bus.publish(...(events ?? []));
  }

  /** Says how many were deleted. */
  async forget(): Promise<number> {
    const { database, clock, retentionDays, log } = this.deps;
    if (retentionDays === 0) return 0;
    const before = new Date(clock.now().getTime() - retentionDays * DAY_MS);
    let deleted = 0;
    while (!this.stopping) {
      const some = await deleteEndedTasks(database, before, BATCH);
      deleted += some;
      if (some < BATCH) break;
    }
    if (deleted > 0) log.info({ deleted, keptDays: retentionDays }, "tasks that ended long ago were deleted");
    return deleted;
  }
}

const timedOut = (row: HandedTaskRow): TaskOutcome =>
  row.cancelAskedAt === null
    ? {
        status: "failed",
        code: "TASK_TIMED_OUT",
        message: `It did not end within ${row.timeoutSeconds} s, and its agent did not say what became of it`,
      }
    : { status: "failed", code: "COMMAND_CANCELLED", message: "Cancelled: its agent did not say in time what it had done of it by then" };

const revoked: TaskOutcome = {
  status: "failed",
  code: "AGENT_OFFLINE",
  message: "Its agent's access was revoked; give the task to another agent",
};
