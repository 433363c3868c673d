import type { Duplex } from "node:stream";
import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { ANSWER_HEAD_TIMEOUT_MS, type LogLine, logFrameSchema, logHeadSchema, MAX_LOG_FRAME_BYTES } from "@berth/protocol/tunnel";
import type { Clock } from "../platform/clock";
import type { TunnelBroker, TunnelKey, TunnelTarget } from "./tunnel-broker";

/** Of the logs of one agent, so many are read at once: the other tunnels are for people at their screens. */
const MAX_PER_AGENT = 32;
const NEWLINE = 0x0a;

export interface LogGrant extends TunnelTarget {
  request(tunnel: TunnelKey): ToAgent;
}

export interface OpenLog {
  /**
   * Ends with the log; throws `TUNNEL_FAILED` where the connection broke before. The agent reads no further than what was taken here and what
   * sockets hold.
   */
  readonly lines: AsyncIterable<LogLine>;
  /** Ends the reading, whether or not it had begun. */
  close(): void;
}

export interface LogTunnelsOptions {
  readonly broker: Pick<TunnelBroker, "open">;
  readonly clock: Clock;
}

/** Logs of sessions, read through tunnels of their own. */
export class LogTunnels {
  private readonly reading = new Map<string, number>();

  constructor(private readonly options: LogTunnelsOptions) {}

  /** Throws what the agent refuses with, `AGENT_OFFLINE`, `TUNNEL_TIMEOUT`, `TUNNEL_FAILED`, `SERVICE_UNAVAILABLE`. Whoever opens it closes it. */
  async open(grant: LogGrant, signal?: AbortSignal): Promise<OpenLog> {
    const { broker, clock } = this.options;
    const reading = this.reading.get(grant.agentId) ?? 0;
    if (reading >= MAX_PER_AGENT)
      throw new BerthError("SERVICE_UNAVAILABLE", `${reading} logs of agent '${grant.agentName}' are being read; try again in a while`);
    this.reading.set(grant.agentId, reading + 1);
    const release = () => {
      const left = (this.reading.get(grant.agentId) ?? 1) - 1;
      if (left > 0) this.reading.set(grant.agentId, left);
      else this.reading.delete(grant.agentId);
    };
    const tunnel = await broker
      .open(grant, (key) => grant.request(key), signal)
      .catch((error: unknown) => {
        release();
        throw error;
      });
    tunnel.once("close", release);
    const close = () => void tunnel.destroy();
    const late = clock.after(ANSWER_HEAD_TIMEOUT_MS, close);
    const frames = readFrames(tunnel, grant.agentName);
    try {
      const first = await frames.next();
      const head = logHeadSchema.safeParse(first.done ? null : first.value);
      if (!head.success) throw broken(grant.agentName, "its answer was not understood");
      if ("code" in head.data) throw new BerthError(head.data.code, head.data.message);
    } catch (error) {
      close();
      throw error;
    } finally {
      late.cancel();
    }
    return { lines: readLines(frames, grant.agentName), close };
  }
}

const broken = (agentName: string, why: string) => new BerthError("TUNNEL_FAILED", `The log of agent '${agentName}' broke off: ${why}`);

async function* readLines(frames: AsyncGenerator<unknown>, agentName: string): AsyncGenerator<LogLine> {
  for await (const value of frames) {
    const frame = logFrameSchema.safeParse(value);
    if (!frame.success) throw broken(agentName, "a line was not understood");
    if ("end" in frame.data) return;
    yield frame.data;
  }
  throw broken(agentName, "the connection ended");
}

/** What an agent sends is an unknown program's word: lines of JSON, each of bounded length. Null for one that is none. */
async function* readFrames(tunnel: Duplex, agentName: string): AsyncGenerator<unknown> {
  let data: Buffer = Buffer.alloc(0);
  const chunks: AsyncIterable<unknown> = tunnel;
  try {
    for await (const chunk of chunks) {
      if (!Buffer.isBuffer(chunk)) continue;
      data = data.length > 0 ? Buffer.concat([data, chunk]) : chunk;
      for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE)) {
        yield readJson(data.subarray(0, end));
        data = data.subarray(end + 1);
      }
      if (data.length > MAX_LOG_FRAME_BYTES) throw broken(agentName, "it sent a line without end");
    }
  } catch (error) {
    throw error instanceof BerthError ? error : broken(agentName, "the connection broke");
  }
}

function readJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString("utf8"));
  } catch {
    return null;
  }
}
