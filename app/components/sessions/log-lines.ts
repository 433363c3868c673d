import { visibleText } from "@berth/protocol/log-text";

/** Lines that the page keeps: older ones go. */
export const MAX_LOG_LINES = 5000;

export interface LogEntry {
  /** Counts from the first line that was received. */
  readonly number: number;
  /** ISO 8601; null where the engine told none. */
  readonly at: string | null;
  readonly text: string;
}

const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) /;

/** A line as the control plane sends it with timestamps, taken apart; control characters are made visible. */
export function readLine(line: string, number: number): LogEntry {
  const at = MOMENT.exec(line)?.[1] ?? null;
  return { number, at, text: visibleText(at === null ? line : line.slice(at.length + 1)) };
}

/** These lines after those, the newest `MAX_LOG_LINES` of them. */
export function withLines(entries: readonly LogEntry[], lines: readonly string[]): readonly LogEntry[] {
  if (lines.length === 0) return entries;
  const next = (entries.at(-1)?.number ?? 0) + 1;
  return [...entries, ...lines.map((line, index) => readLine(line, next + index))].slice(-MAX_LOG_LINES);
}

/** For a file or the clipboard. */
export const logText = (entries: readonly LogEntry[], timestamps: boolean): string =>
  entries.map(({ at, text }) => `${timestamps && at !== null ? `${at} ` : ""}${text}\n`).join("");
