import { LOG_LINE_MAX_BYTES } from "@berth/protocol/tunnel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogFrames } from "./log-frames";

const AT = "2026-11-22T10:45:15.123456789Z";

function frame(payload: string | Buffer, stream = 1): Buffer {
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

function linesOf(...chunks: Buffer[]) {
  const frames = new LogFrames();
  return [...chunks.flatMap((chunk) => frames.push(chunk)), ...frames.end()];
}

describe("lines of an engine's log", () => {
  it("come with their moment to the millisecond", () => {
    expect(linesOf(frame(`${AT} hello\n`))).toEqual([{ at: "2026-11-22T10:45:15.123Z", text: "hello", stream: "stdout", ns: 456_789 }]);
  });

  it("are put together of the pieces in which long ones come, stdout and stderr apart", () => {
    expect(linesOf(frame(`${AT} one `), frame(`${AT} other\n`, 2), frame(`${AT} two\n`))).toMatchObject([
      { text: "other" },
      { text: "one two" },
    ]);
  });

  it("that begin like a moment of the program's own keep it", () => {
    expect(linesOf(frame(`${AT} ${AT} mine\n`))).toMatchObject([{ text: `${AT} mine` }]);
  });

  it("without an end are given when the stream ends", () => {
    expect(linesOf(frame(`${AT} prompt> `))).toMatchObject([{ text: "prompt> " }]);
  });

  it("are cut where they are too long, and the ones after them are whole", () => {
    const pieces = Array.from({ length: 8 }, () => frame(`${AT} ${"x".repeat(16_000)}`));
    const [long, short] = linesOf(...pieces, frame(`${AT} \n`), frame(`${AT} next\n`));
    expect(long?.text).toHaveLength(LOG_LINE_MAX_BYTES);
    expect(short?.text).toBe("next");
  });

  it("of a frame that no engine of ours sends are cut, and what follows is found", () => {
    const lines = linesOf(frame(`${AT} ${"y".repeat(300_000)}\n`), frame(`${AT} next\n`));
    expect(lines.map((line) => line.text.length)).toEqual([LOG_LINE_MAX_BYTES, 4]);
  });

  it("are the same however the stream was cut into chunks", () => {
    const text = fc.string({ unit: "binary", maxLength: 60 }).map((line) => line.replace(/[\r\n]/g, ""));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (texts, sizes) => {
        const all = Buffer.concat(texts.map((line) => frame(`${AT} ${line}\n`)));
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < all.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(all.subarray(at, at + size));
          at += size;
        }
        expect(linesOf(...chunks).map((line) => line.text)).toEqual(texts.map((line) => Buffer.from(line).toString("utf8")));
      }),
      { numRuns: 30 },
    );
  });
});
