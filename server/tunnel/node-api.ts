import type { Readable } from "node:stream";
import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { nodeErrorOf } from "@berth/protocol/node-api";
import { Agent, type Dispatcher } from "undici";
import type { Clock } from "../platform/clock";
import type { TunnelBroker, TunnelKey, TunnelTarget } from "./tunnel-broker";
import { TunnelPools } from "./tunnel-pools";

const MAX_ANSWER_BYTES = 1024 * 1024;
const ANSWER_TIMEOUT_MS = 15_000;

export interface NodeTarget extends TunnelTarget {
  /** Where an operator says that the agent listens; null: through a tunnel that it dials. */
  readonly baseUrl: string | null;
}

export interface NodeRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** With its query. */
  readonly path: string;
  /** Who asks: the node-management token and the `X-SAM-*` headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
}

/** The agents' own HTTP API for whole nodes (see `@berth/protocol/node-api`), by tunnel or where an operator says. Redirects are not followed. */
export class NodeApi {
  private readonly pools: TunnelPools;
  private readonly direct = new Agent({
    connectTimeout: ANSWER_TIMEOUT_MS,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  });

  constructor(broker: Pick<TunnelBroker, "open">, clock: Clock) {
    this.pools = new TunnelPools(broker, clock);
  }

  /** Resolves with a success's JSON. Throws what the agent refuses with, AGENT_OFFLINE, TUNNEL_TIMEOUT and TUNNEL_FAILED. */
  async request(target: NodeTarget, { method, path, headers, body }: NodeRequest): Promise<unknown> {
    const all = { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const asked = { method, headers: all, body: body ?? null };
    try {
      if (target.baseUrl !== null) {
        const base = new URL(target.baseUrl);
        return await this.answer(
          target,
          this.direct.request({ ...asked, origin: base.origin, path: base.pathname.replace(/\/$/, "") + path }),
        );
      }
      const { pool, release } = this.pools.take(`${target.agentId}/node`, { ...target, request: tunnelRequest });
      try {
        return await this.answer(target, pool.request({ ...asked, path }));
      } finally {
        release();
      }
    } catch (error) {
      if (error instanceof BerthError) throw error;
      const what = error instanceof Error ? error.message : String(error);
      const where = target.baseUrl === null ? "" : ` at ${target.baseUrl}`;
      throw new BerthError("TUNNEL_FAILED", `Agent '${target.agentName}' did not answer${where} (${what}); try again in a few seconds`, {
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.pools.close(), this.direct.destroy()]);
  }

  private async answer({ agentName }: NodeTarget, asked: Promise<Dispatcher.ResponseData>): Promise<unknown> {
    const { statusCode, body } = await asked;
    const json = jsonOf(await textOf(body));
    if (statusCode >= 200 && statusCode < 300 && json !== undefined) return json;
    throw nodeErrorOf(json) ?? new BerthError("TUNNEL_FAILED", `Agent '${agentName}' answered ${statusCode}, and it was not understood`);
  }
}

const tunnelRequest = ({ id, secret }: TunnelKey): ToAgent => ({ type: "node_api_request", tunnel_id: id, tunnel_secret: secret });

/** An unknown program's word: bounded. */
async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      body.destroy();
      return "";
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
