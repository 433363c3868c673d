import { constants, PerformanceObserver } from "node:perf_hooks";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { COLLECT_EVERY_BYTES, YoungGarbage } from "./young-garbage";

describe("garbage of passing chunks", () => {
  it("is collected once for each eight megabytes, however they were cut", () => {
    const collect = vi.fn();
    const garbage = new YoungGarbage(collect);
    garbage.passed(COLLECT_EVERY_BYTES - 1);
    expect(collect).not.toHaveBeenCalled();
    garbage.passed(1);
    expect(collect).toHaveBeenCalledTimes(1);
    for (let chunk = 0; chunk < 256; chunk += 1) garbage.passed(64 * 1024);
    expect(collect).toHaveBeenCalledTimes(3);
  });

  it("is counted of a stream that somebody reads, who misses nothing of it", async () => {
    const collect = vi.fn();
    const chunk = Buffer.alloc(COLLECT_EVERY_BYTES / 4);
    const stream = Readable.from([chunk, chunk, chunk, chunk, chunk]);
    new YoungGarbage(collect).follow(stream);
    await setImmediate();
    let bytes = 0;
    const reader = new Writable({
      write: (part: Buffer, _, done) => {
        bytes += part.length;
        done();
      },
    });
    await pipeline(stream, reader);
    expect([bytes, collect.mock.calls.length]).toEqual([5 * chunk.length, 1]);
  });

  it("is collected by a collection of the young generation alone, in a process without --expose-gc", async () => {
    const kinds: number[] = [];
    const collection = z.object({ detail: z.object({ kind: z.number() }) });
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) kinds.push(collection.parse(entry).detail.kind);
    });
    observer.observe({ entryTypes: ["gc"] });
    new YoungGarbage().passed(COLLECT_EVERY_BYTES);
    await vi.waitFor(() => expect(kinds).toContain(constants.NODE_PERFORMANCE_GC_MINOR));
    observer.disconnect();
  });
});
