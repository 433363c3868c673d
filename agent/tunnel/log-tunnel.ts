import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { LogFrame, LogHead, LogLine } from "@berth/protocol/tunnel";

const frame = (value: LogHead | LogFrame): string => `${JSON.stringify(value)}\n`;

async function* frames(lines: AsyncIterable<LogLine>): AsyncGenerator<string> {
  yield frame({ ok: true });
  for await (const line of lines) yield frame(line);
  yield frame({ end: true });
}

/** Sends a log over a tunnel, a line at a time: the next is read when the tunnel has room for it. Rejects when either breaks. */
export function sendLog(tunnel: Duplex, lines: AsyncIterable<LogLine>): Promise<void> {
  // Nothing is said to us here; but an end is heard only by who reads.
  tunnel.resume();
  return pipeline(frames(lines), tunnel);
}

/** Instead of a log: why there is none. */
export const logRefusal = ({ code, message }: Exclude<LogHead, { ok: true }>): string => frame({ code, message: message.slice(0, 500) });
