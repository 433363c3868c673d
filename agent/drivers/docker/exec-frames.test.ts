import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExecFrames } from "./exec-frames";

const frame = (stream: 1 | 2, words: string) => {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(words), 4);
  return Buffer.concat([head, Buffer.from(words)]);
};

describe("the frames of a program without a terminal", () => {
  it("are two streams again, however the engine's bytes are cut", async () => {
    const written = fc.array(fc.tuple(fc.constantFrom<1 | 2>(1, 2), fc.string()), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(written, fc.array(fc.integer({ min: 1, max: 40 })), async (parts, cuts) => {
        const bytes = Buffer.concat(parts.map(([stream, words]) => frame(stream, words)));
        const frames = new ExecFrames(() => undefined);
        const read = Promise.all([text(frames.stdout), text(frames.stderr)]);
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          frames.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        frames.end();
        const of = (wanted: 1 | 2) => parts.flatMap(([stream, words]) => (stream === wanted ? [words] : [])).join("");
        expect(await read).toEqual([of(1), of(2)]);
      }),
    );
  });

  it("hold the engine up where nobody reads, and say when there is room again", async () => {
    let room = 0;
    const frames = new ExecFrames(() => room++);
    const big = frame(1, "x".repeat(300_000));
    expect(frames.push(big)).toBe(false);
    expect(room).toBe(0);
    const reading = text(frames.stdout);
    await expect.poll(() => room).toBe(1);
    frames.end();
    expect(await reading).toHaveLength(300_000);
  });
});
