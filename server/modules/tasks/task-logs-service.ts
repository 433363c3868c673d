import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import { appendLogLines, findLogLines, insertLogLine, type NextLogLine, type NextLogLines, takeLogNumbers } from "./task-logs-store";
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
    if (lines.length > 0) await appendLogLines(db, taskId, this.next(lines));
  }

  /** The same for a statement that writes more of the task. */
  next(lines: readonly NewLogLine[]): NextLogLines {
    return {
      lines: lines.map((line) => this.kept(line)),
      limit: MAX_LOG_LINES,
      full: this.kept({ level: "warn", message: `More than ${MAX_LOG_LINES} lines: those that follow are left out` }),
    };
  }

  /** What became of the task, in the control plane's own words: kept however long the log is. */
  async note(db: Tx | Database, taskId: string, level: TaskLogLine["level"], message: string): Promise<void> {
    const last = await takeLogNumbers(db, taskId, 1);
    // The line after the last is the one that says that the log is full.
    const number = last !== null && last > MAX_LOG_LINES ? last + 1 : last;
    if (number !== null) await insertLogLine(db, { taskId, number, ...this.kept({ level, message }) });
  }

  async read(taskId: string, after: number, limit: number): Promise<TaskLogLine[]> {
    const rows = await findLogLines(this.deps.database, taskId, after, limit);
    return rows.map(({ number, at, level, message }) => ({ number, at, level: taskLogLevelSchema.catch("info").parse(level), message }));
  }

  private kept({ at, level, message }: NewLogLine): NextLogLine {
    return { at: at ?? this.deps.clock.now(), level, message: cut(message.replaceAll("\0", "")) };
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
