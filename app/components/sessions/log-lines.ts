import { visibleText } from "@berth/protocol/log-text";

/** Lines that the page keeps: older ones go. All of them are in the file that the server makes. */
export const MAX_LOG_LINES = 20_000;

export type LogSource = "stdout" | "stderr" | "berth";

export interface LogEntry {
  /** Counts from the first line that was received. */
  readonly number: number;
  /** ISO 8601; null where the engine told none. */
  readonly at: string | null;
  /** `berth`: told of the container, not printed. Null where the agent doesn't say. */
  readonly stream: LogSource | null;
  readonly text: string;
}

const isSource = (word: unknown): word is LogSource => word === "stdout" || word === "stderr" || word === "berth";

/** A line as the control plane sends it (`{at, stream, text}`), control characters made visible; as it is where it is none. */
export function readLine(message: string, number: number): LogEntry {
  let line: unknown;
  try {
    line = JSON.parse(message);
  } catch {
    line = null;
  }
  const { at, stream, text }: { at?: unknown; stream?: unknown; text?: unknown } = typeof line === "object" && line !== null ? line : {};
  return {
    number,
    at: typeof at === "string" ? at : null,
    stream: isSource(stream) ? stream : null,
    text: visibleText(typeof text === "string" ? text : message),
  };
}

/** These lines after those, the newest `MAX_LOG_LINES` of them. */
export function withLines(entries: readonly LogEntry[], messages: readonly string[]): readonly LogEntry[] {
  if (messages.length === 0) return entries;
  const next = (entries.at(-1)?.number ?? 0) + 1;
  const skipped = Math.max(0, messages.length - MAX_LOG_LINES);
  const added = messages.slice(skipped).map((message, index) => readLine(message, next + skipped + index));
  return [...entries.slice(Math.max(0, entries.length + added.length - MAX_LOG_LINES)), ...added];
}

/** Of one stream; what is told of containers stands among those of either. */
export const ofStream = (entries: readonly LogEntry[], stream: "all" | "stdout" | "stderr"): readonly LogEntry[] =>
  stream === "all" ? entries : entries.filter((entry) => entry.stream === stream || entry.stream === "berth");

/** Numbers of the lines that hold this text, whatever the case; none for an empty one. */
export function linesWith(entries: readonly LogEntry[], words: string): readonly number[] {
  if (words === "") return [];
  const wanted = words.toLowerCase();
  const found: number[] = [];
  for (const { number, text } of entries) if (text.toLowerCase().includes(wanted)) found.push(number);
  return found;
}

/** A line in pieces, those that are the words (in whatever case) being marked. */
export function marked(text: string, words: string): readonly { readonly text: string; readonly hit: boolean; readonly from: number }[] {
  const lower = text.toLowerCase();
  const wanted = words.toLowerCase();
  // A few letters change their length with their case: then no place in the one is one in the other.
  if (wanted === "" || lower.length !== text.length) return [{ text, hit: false, from: 0 }];
  const pieces: { text: string; hit: boolean; from: number }[] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    if (at > from) pieces.push({ text: text.slice(from, at), hit: false, from });
    pieces.push({ text: text.slice(at, at + wanted.length), hit: true, from: at });
    from = at + wanted.length;
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from), hit: false, from });
  return pieces;
}

/** For the clipboard. */
export const logText = (entries: readonly LogEntry[], timestamps: boolean): string =>
  entries.map(({ at, text }) => `${timestamps && at !== null ? `${at} ` : ""}${text}\n`).join("");
