/** The browser's end of a chain, in a process of its own: opens streams, counts what comes, times echoes. */
import { performance } from "node:perf_hooks";
import { z } from "zod";
import { answerCalls } from "../measure/child";
import { percentile } from "../measure/statistics";
import { ping } from "./rfb-wire";
import { Stream, targetSchema } from "./stream";

const openInput = z.object({ target: targetSchema, count: z.number() });
const floodInput = z.object({ megabytesPerSecond: z.number() });
const pingInput = z.object({ samples: z.number() });

/** At once, so that a chain that forks for each connection isn't timed out on. */
const OPENED_AT_ONCE = 10;
let streams: Stream[] = [];

answerCalls({
  open: async (input) => {
    const { target, count } = openInput.parse(input);
    for (let opened = 0; opened < count; opened += OPENED_AT_ONCE) {
      const batch = Array.from({ length: Math.min(OPENED_AT_ONCE, count - opened) }, () => Stream.open(target));
      streams.push(...(await Promise.all(batch)));
    }
  },
  flood: (input) => {
    for (const stream of streams) stream.flood(floodInput.parse(input).megabytesPerSecond);
  },
  count: () => ({ bytes: streams.reduce((sum, stream) => sum + stream.received, 0), atMs: performance.now() }),
  stall: () => {
    for (const stream of streams) stream.stall();
  },
  ping: async (input) => {
    const { samples } = pingInput.parse(input);
    const stream = streams[0];
    if (!stream) throw new Error("no stream to ping through");
    const message = ping();
    const microseconds: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      const sent = performance.now();
      await stream.echo(message);
      microseconds.push((performance.now() - sent) * 1000);
    }
    return { p50: percentile(microseconds, 0.5), p99: percentile(microseconds, 0.99) };
  },
  close: async () => {
    await Promise.all(streams.map((stream) => stream.close()));
    streams = [];
  },
});
