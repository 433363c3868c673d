/** Lines out of the engine's log stream, which comes in frames: one of eight bytes of head and a payload for each piece of a line. */
import { LOG_LINE_MAX_BYTES, type LogLine } from "@berth/protocol/tunnel";

const HEAD_BYTES = 8;
/** Engines cut what is printed into pieces of 16 KB; of a frame beyond this the rest is left out. */
const MAX_FRAME_BYTES = 64 * 1024;
const STDERR = 2;
const NEWLINE = 0x0a;
/** `2026-11-22T10:45:15.123456789Z `, which the engine puts before each piece. */
const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) /;
const MOMENT_BYTES = 48;

interface OpenLine {
  at: string | null;
  pieces: Buffer[];
  length: number;
}

export class LogFrames {
  #data: Buffer = Buffer.alloc(0);
  /** Bytes of an overlong frame that are still to be passed over. */
  #skip = 0;
  /** The line that each stream (stdout, stderr) has begun and not ended. */
  readonly #open = new Map<number, OpenLine>();

  /** The lines that this chunk ended. Holds back one frame and one line of each stream at most. */
  push(chunk: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    const rest = skipped > 0 ? chunk.subarray(skipped) : chunk;
    let data = this.#data.length > 0 ? Buffer.concat([this.#data, rest]) : rest;
    while (data.length >= HEAD_BYTES) {
      const announced = data.readUInt32BE(4);
      const size = Math.min(announced, MAX_FRAME_BYTES);
      if (data.length < HEAD_BYTES + size) break;
      const stream = data.readUInt8(0);
      this.#take(stream, data.subarray(HEAD_BYTES, HEAD_BYTES + size), lines);
      if (size < announced) this.#finish(stream, lines);
      const passed = Math.min(data.length, HEAD_BYTES + announced);
      this.#skip = HEAD_BYTES + announced - passed;
      data = data.subarray(passed);
    }
    // A copy: a slice would keep the whole chunk.
    this.#data = Buffer.from(data);
    return lines;
  }

  /** What was printed without an end of line. */
  end(): LogLine[] {
    const left = [...this.#open].map(([stream, line]) => lineOf(stream, line));
    this.#open.clear();
    return left;
  }

  #finish(stream: number, lines: LogLine[]): void {
    const line = this.#open.get(stream);
    if (line) lines.push(lineOf(stream, line));
    this.#open.delete(stream);
  }

  #take(stream: number, payload: Buffer, lines: LogLine[]): void {
    const moment = MOMENT.exec(payload.subarray(0, MOMENT_BYTES).toString("latin1"));
    for (let rest = payload.subarray(moment?.[0].length ?? 0); rest.length > 0; ) {
      const end = rest.indexOf(NEWLINE);
      const piece = end < 0 ? rest : rest.subarray(0, end);
      const line = this.#open.get(stream) ?? { at: moment?.[1] ?? null, pieces: [], length: 0 };
      const kept = Buffer.from(piece.subarray(0, LOG_LINE_MAX_BYTES - line.length));
      if (kept.length > 0) line.pieces.push(kept);
      line.length += kept.length;
      if (end < 0) return void this.#open.set(stream, line);
      this.#open.delete(stream);
      lines.push(lineOf(stream, line));
      rest = rest.subarray(end + 1);
    }
  }
}

function lineOf(stream: number, { at, pieces }: OpenLine): LogLine {
  const text = Buffer.concat(pieces).toString("utf8");
  // To the millisecond: that is what JavaScript's moments hold.
  const moment = at === null ? Number.NaN : Date.parse(at);
  const beyond = Number((/\.\d{3}(\d{1,6})/.exec(at ?? "")?.[1] ?? "").padEnd(6, "0"));
  return {
    at: Number.isNaN(moment) ? null : new Date(moment).toISOString(),
    text: text.endsWith("\r") ? text.slice(0, -1) : text,
    stream: stream === STDERR ? "stderr" : "stdout",
    ...(beyond > 0 ? { ns: beyond } : {}),
  };
}
