import { MAX_ANSWER_HEAD_BYTES } from "@berth/protocol/tunnel";

export interface AnswerHead {
  readonly status: number;
  /** Names in lower case; a header that came twice has two values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

export type AnswerHeadProgress =
  | { state: "more" }
  /** `rest`: what came after the head. */
  | { state: "done"; head: AnswerHead; rest: Buffer }
  | { state: "refused"; problem: string };

const CR = 13;
const LF = 10;
const start = Buffer.from("HTTP/1.1 ");
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Reads the head of an HTTP/1.1 answer as it arrives, in whatever pieces. Strict where parsers differ (bare line feeds, folded
 * headers, spaces before the colon, control characters, interim answers): a peer that is not plainly well-formed is refused.
 */
export class AnswerHeadReader {
  private readonly buffer: Buffer;
  private length = 0;

  constructor(private readonly limit = MAX_ANSWER_HEAD_BYTES) {
    this.buffer = Buffer.allocUnsafe(limit);
  }

  push(chunk: Buffer): AnswerHeadProgress {
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0;
      if (this.length === this.limit) return refused(`head of the answer is over ${this.limit} bytes`);
      const problem = this.problemWith(byte);
      if (problem) return refused(problem);
      this.buffer[this.length] = byte;
      this.length += 1;
      if (byte === LF && this.length >= 4 && this.buffer[this.length - 3] === LF) {
        return parse(this.buffer.toString("latin1", 0, this.length - 4), chunk.subarray(index + 1));
      }
    }
    return { state: "more" };
  }

  private problemWith(byte: number): string | null {
    const afterCr = this.length > 0 && this.buffer[this.length - 1] === CR;
    if (this.length < start.length && byte !== start[this.length]) return "answer is not HTTP/1.1";
    if (byte === LF) return afterCr ? null : "bare line feed in the head of the answer";
    if (afterCr) return "bare carriage return in the head of the answer";
    if (byte === CR || byte === 9 || (byte >= 32 && byte !== 127)) return null;
    return "control character in the head of the answer";
  }
}

const refused = (problem: string): AnswerHeadProgress => ({ state: "refused", problem });

function parse(text: string, rest: Buffer): AnswerHeadProgress {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d)(?: .*)?$/.exec(statusLine)?.[1]);
  if (!status) return refused("status line of the answer is malformed");
  if (status < 200 && status !== 101) return refused(`interim answer ${status} to an upgrade`);
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    if (!headerName.test(name)) return refused("malformed header in the answer");
    const key = name.toLowerCase();
    const values = headers.get(key);
    const value = line.slice(colon + 1).trim();
    if (values) values.push(value);
    else headers.set(key, [value]);
  }
  return { state: "done", head: { status, headers }, rest };
}
