import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import { findLogLines, insertLogLines, type TaskLogRow, takeLogNumbers } from "./task-logs-store";
import { type TaskLogLine, taskLogLevelSchema } from "./tasks-schema";

/** What agents may write of one task; the line after it says that there was more. */
export const MAX_LOG_LINES = 2_000;
/** UTF-8 bytes of one line's message. */
export const MAX_LOG_LINE_BYTES = 2_048;

export interface NewLogLine {
  readonly at?: Date;
  readonly level: TaskLogLine["level"];
  readonly message: string;
}

/** Logs of tasks: what agents say while they do them, and, in between, what became of the task. */
export class TaskLogsService {
  constructor(private readonly deps: { readonly database: Database; readonly clock: Clock }) {}

  /** What an agent says: no more than `MAX_LOG_LINES` of a task are kept, the first ones. */
  async append(db: Tx | Database, taskId: string, lines: readonly NewLogLine[]): Promise<void> {
    if (lines.length === 0) return;
    const last = await takeLogNumbers(db, taskId, lines.length);
    if (last !== null) await this.write(db, taskId, lines, last);
  }

  /** The same where their numbers were taken, up to `last`. */
  async write(db: Tx | Database, taskId: string, lines: readonly NewLogLine[], last: number): Promise<void> {
    const numbered = lines.map((line, index) => this.row(taskId, last - lines.length + 1 + index, line));
    const kept = numbered.filter(({ number }) => number <= MAX_LOG_LINES);
    const full = { level: "warn", message: `More than ${MAX_LOG_LINES} lines: those that follow are left out` } as const;
    if (last > MAX_LOG_LINES) kept.push(this.row(taskId, MAX_LOG_LINES + 1, full));
    await insertLogLines(db, kept);
  }

  /** What became of the task, in the control plane's own words: kept however long the log is. */
  async note(db: Tx | Database, taskId: string, level: TaskLogLine["level"], message: string): Promise<void> {
    const last = await takeLogNumbers(db, taskId, 1);
    // The line after the last is the one that says that the log is full.
    if (last !== null) await insertLogLines(db, [this.row(taskId, last > MAX_LOG_LINES ? last + 1 : last, { level, message })]);
  }

  async read(taskId: string, after: number, limit: number): Promise<TaskLogLine[]> {
    const rows = await findLogLines(this.deps.database, taskId, after, limit);
    return rows.map(({ number, at, level, message }) => ({ number, at, level: taskLogLevelSchema.catch("info").parse(level), message }));
  }

  private row(taskId: string, number: number, { at, level, message }: NewLogLine): TaskLogRow {
    return { taskId, number, at: at ?? this.deps.clock.now(), level, message: cut(message.replaceAll("\0", "")) };
  }
}

function cut(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= MAX_LOG_LINE_BYTES) return message;
  return `${bytes
    .subarray(0, MAX_LOG_LINE_BYTES - 3)
    .toString("utf8")
    .replace(/\ufffd+$/, "")}…`;
}
