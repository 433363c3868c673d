import type { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** V8 begins to mark its whole heap at some 32 MB of outside memory in a small heap, and frees what was swept one collection later. */
export const COLLECT_EVERY_BYTES = 8 * 1024 * 1024;

/**
 * Every chunk that passes is a new buffer which dies at once. V8 counts buffers as memory outside its heap and, as that grows, marks and
 * sweeps all of the heap to be rid of them: that was half of the CPU of a stream. Collecting the young generation in time finds the same
 * garbage for next to nothing.
 */
export class YoungGarbage {
  private passedBytes = 0;

  constructor(private readonly collect: () => void = collectYoung) {}

  /** To be told of every chunk. */
  passed(bytes: number): void {
    this.passedBytes += bytes;
    if (this.passedBytes < COLLECT_EVERY_BYTES) return;
    this.passedBytes = 0;
    this.collect();
  }

  /** Counts a stream's chunks once somebody else makes it flow: a listener from the beginning would, and they would be lost. */
  follow(stream: Readable): void {
    stream.once("resume", () => stream.on("data", (chunk: Buffer) => this.passed(chunk.length)));
  }
}

/** Of all streams of this program together, as the heap is one. */
export const youngGarbage = new YoungGarbage();

let collector: (() => void) | undefined;

function collectYoung(): void {
  collector ??= findCollector();
  collector();
}

/** Node has the collector where it was started with `--expose-gc`; else a context made while the flag is set has it. */
function findCollector(): () => void {
  if (typeof globalThis.gc === "function") return minorOf(globalThis.gc);
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return typeof found === "function" ? minorOf(found) : () => {};
}

// biome-ignore lint/complexity/noBannedTypes: V8's own, which has no better type
const minorOf = (gc: Function) => () => void Reflect.apply(gc, undefined, [{ type: "minor" }]);
