import { randomBytes } from "node:crypto";
import { Duplex, PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { pipeGathered } from "./gathered-pipe";

const RECORD = 16 * 1024;

/** Takes what is written and holds each write until it is let go on. */
function slowTarget() {
  const writes: Buffer[] = [];
  let taken: (() => void) | undefined;
  const target = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      writes.push(chunk);
      taken = () => done();
    },
  });
  return { target, writes, take: () => taken?.() };
}

describe("a pipe that gathers records", () => {
  it("writes records that came together at once, and no byte is lost or changes its place", async () => {
    const { target, writes, take } = slowTarget();
    const source = new PassThrough({ highWaterMark: 1024 * 1024 });
    const sent = randomBytes(5 * RECORD + 100);
    for (let at = 0; at < sent.length; at += RECORD) source.write(sent.subarray(at, at + RECORD));
    pipeGathered(source, target, () => {});
    await vi.waitFor(() => expect(Buffer.concat(writes).equals(sent)).toBe(true));
    expect(writes).toHaveLength(1);
    take();
  });

  it("sends what is less than a record without waiting for more", () => {
    const { target, writes } = slowTarget();
    const source = new PassThrough();
    pipeGathered(source, target, () => {});
    source.emit("data", Buffer.from("key press"));
    expect(writes.map(String)).toEqual(["key press"]);
  });

  it("stops reading where the other side takes nothing, holding a few hundred kilobytes, and goes on when it does", async () => {
    const { target, writes, take } = slowTarget();
    let read = 0;
    const source = new Duplex({
      read() {
        read += RECORD;
        this.push(Buffer.alloc(RECORD));
      },
      write: () => {},
    });
    pipeGathered(source, target, () => {});
    await vi.waitFor(() => expect(source.isPaused()).toBe(true));
    expect(read).toBeLessThan(640 * 1024);
    const before = read;
    take();
    await vi.waitFor(() => expect(writes.length).toBeGreaterThan(1));
    expect(read).toBeGreaterThan(before);
    source.destroy();
  });

  it("wakes a source that was paused on purpose", async () => {
    const { target, writes } = slowTarget();
    const source = new PassThrough();
    source.pause();
    pipeGathered(source, target, () => {});
    source.write("hello");
    await vi.waitFor(() => expect(writes.map(String)).toEqual(["hello"]));
  });

  it("ends the other side after the last byte", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3 * RECORD }), { maxLength: 40 }), async (sizes) => {
        const source = new PassThrough({ highWaterMark: RECORD });
        const target = new PassThrough({ highWaterMark: RECORD });
        const sent = sizes.map((size) => randomBytes(size));
        pipeGathered(source, target, () => {});
        for (const part of sent) source.write(part);
        source.end();
        const received: Buffer[] = [];
        for await (const part of target) received.push(Buffer.from(part));
        expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
