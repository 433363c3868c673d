import type { Duplex } from "node:stream";
import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { MAX_THUMBNAIL_HEAD_BYTES, thumbnailHeadSchema } from "@berth/protocol/tunnel";
import type { Clock } from "../platform/clock";
import type { TunnelBroker, TunnelKey, TunnelTarget } from "./tunnel-broker";

/** The agent looks at a display that often at most; in between a picture is shown again. Failures too. */
const KEPT_MS = 15_000;
/** 64 KB each. */
const MAX_KEPT = 200;
/** Of the tunnels that one agent may be asked for at once, so many are for pictures: the others are for people. */
const MAX_ASKED_PER_AGENT = 8;
const READ_TIMEOUT_MS = 5000;
const NEWLINE = 0x0a;
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The right to one picture, asked for anew with each request. */
export interface ThumbnailGrant extends TunnelTarget {
  readonly sessionId: string;
  request(tunnel: TunnelKey): ToAgent;
}

export interface ThumbnailsOptions {
  readonly broker: Pick<TunnelBroker, "open">;
  readonly clock: Clock;
}

interface Taken {
  readonly at: number;
  readonly png: Promise<Buffer>;
}

/** Small pictures of screens, in memory alone, taken while somebody looks at a list and at no other time. */
export class Thumbnails {
  private readonly taken = new Map<string, Taken>();
  private readonly asked = new Map<string, number>();

  constructor(private readonly options: ThumbnailsOptions) {}

  /** PNG, at most 15 s old. Throws what the agent refuses with, `AGENT_OFFLINE`, `TUNNEL_TIMEOUT`, `TUNNEL_FAILED`, `SERVICE_UNAVAILABLE`. */
  read(grant: ThumbnailGrant): Promise<Buffer> {
    const now = this.options.clock.now().getTime();
    const last = this.taken.get(grant.sessionId);
    if (last && now - last.at < KEPT_MS) return last.png;
    const asked = this.asked.get(grant.agentId) ?? 0;
    if (asked >= MAX_ASKED_PER_AGENT)
      return Promise.reject(new BerthError("SERVICE_UNAVAILABLE", `Agent '${grant.agentName}' takes other pictures now; ask again`));
    this.asked.set(grant.agentId, asked + 1);
    const png = this.fetch(grant).finally(() => {
      const left = (this.asked.get(grant.agentId) ?? 1) - 1;
      if (left > 0) this.asked.set(grant.agentId, left);
      else this.asked.delete(grant.agentId);
    });
    png.catch(() => {});
    this.keep(grant.sessionId, { at: now, png });
    return png;
  }

  /** No longer than it may be shown. */
  private keep(sessionId: string, taken: Taken): void {
    this.taken.delete(sessionId);
    this.taken.set(sessionId, taken);
    for (const [oldest] of this.taken) if (this.taken.size > MAX_KEPT) this.taken.delete(oldest);
    this.options.clock.after(KEPT_MS, () => {
      if (this.taken.get(sessionId) === taken) this.taken.delete(sessionId);
    });
  }

  private async fetch(grant: ThumbnailGrant): Promise<Buffer> {
    const tunnel = await this.options.broker.open(grant, (key) => grant.request(key));
    const late = this.options.clock.after(READ_TIMEOUT_MS, () => tunnel.destroy());
    try {
      return await readThumbnail(tunnel, grant.agentName);
    } finally {
      late.cancel();
      tunnel.destroy();
    }
  }
}

/** What an agent sends is an unknown program's word: a bounded line, then as many bytes as it said. */
async function readThumbnail(tunnel: Duplex, agentName: string): Promise<Buffer> {
  const broken = (why: string) => new BerthError("TUNNEL_FAILED", `Agent '${agentName}' sent no picture: ${why}`);
  let data: Buffer = Buffer.alloc(0);
  let wanted: { start: number; end: number } | null = null;
  const chunks: AsyncIterable<unknown> = tunnel;
  try {
    for await (const chunk of chunks) {
      if (!Buffer.isBuffer(chunk)) continue;
      data = data.length > 0 ? Buffer.concat([data, chunk]) : chunk;
      if (!wanted) {
        const end = data.subarray(0, MAX_THUMBNAIL_HEAD_BYTES).indexOf(NEWLINE);
        if (end < 0 && data.length >= MAX_THUMBNAIL_HEAD_BYTES) throw broken("its answer has no beginning");
        if (end < 0) continue;
        const head = readHead(data.subarray(0, end));
        if (!head) throw broken("its answer was not understood");
        if ("code" in head) throw new BerthError(head.code, head.message);
        wanted = { start: end + 1, end: end + 1 + head.bytes };
      }
      if (data.length >= wanted.end) {
        const png = data.subarray(wanted.start, wanted.end);
        if (!png.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) throw broken("it is not one");
        return png;
      }
    }
  } catch (error) {
    throw error instanceof BerthError ? error : broken("the connection broke");
  }
  throw broken("the connection ended");
}

function readHead(line: Buffer) {
  try {
    return thumbnailHeadSchema.parse(JSON.parse(line.toString("utf8")));
  } catch {
    return null;
  }
}
