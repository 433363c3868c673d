import { BerthError } from "@berth/protocol/errors";
import type { LogLine } from "@berth/protocol/tunnel";

export interface PlacedLine extends LogLine {
  /** Names the line in its log, for whoever goes on after it; null where the engine told no moment. */
  readonly place: string | null;
}

interface Place {
  readonly id: string;
  readonly at: string;
  readonly ns: number;
  readonly stream: string;
  /** Read from here, to come upon it. */
  readonly readFrom: string;
}

const FORM = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\.(\d{1,6})-(\w{1,10})-(\d{1,9})$/;
/** A line is told when it has ended, by the moment at which it began: another may be told before it that began later. */
const DISORDER_MS = 1000;

/** Lines with their places: moment, nanoseconds, stream, and which it is of those that share them. */
export async function* withPlaces(lines: AsyncIterable<LogLine>): AsyncGenerator<PlacedLine> {
  const last = new Map<string, { key: string; count: number }>();
  for await (const line of lines) {
    if (line.at === null) {
      yield { ...line, place: null };
      continue;
    }
    const stream = line.stream ?? "any";
    const key = `${line.at}.${line.ns ?? 0}-${stream}`;
    const before = last.get(stream);
    const count = before?.key === key ? before.count + 1 : 0;
    last.set(stream, { key, count });
    yield { ...line, place: `${key}-${count}` };
  }
}

/** Throws INVALID_PARAMETER for what is no place. */
export function readPlace(id: string): Place {
  const [, at, ns, stream] = FORM.exec(id) ?? [];
  const moment = Date.parse(at ?? "");
  if (at === undefined || ns === undefined || stream === undefined || Number.isNaN(moment))
    throw new BerthError("INVALID_PARAMETER", `Last-Event-ID: '${id.slice(0, 100)}' names no line of a log; leave it out`);
  return { id, at, ns: Number(ns), stream, readFrom: new Date(moment - DISORDER_MS).toISOString() };
}

/** What comes after this line. Where it is gone from the log, what was printed after it. */
export async function* linesAfter(lines: AsyncIterable<PlacedLine>, place: Place): AsyncGenerator<PlacedLine> {
  let found = false;
  for await (const line of lines) {
    if (found) yield line;
    else if (line.place === place.id) found = true;
    else if (line.at !== null && isBeyond(line, place)) {
      found = true;
      yield line;
    }
  }
}

/** It can't have been told before that one: the same stream is in its order, the other nearly. */
function isBeyond(line: LogLine, { at, ns, stream }: Place): boolean {
  const [moment, then] = [Date.parse(line.at ?? ""), Date.parse(at)];
  if ((line.stream ?? "any") === stream) return moment > then || (moment === then && (line.ns ?? 0) > ns);
  return moment > then + 2 * DISORDER_MS;
}
