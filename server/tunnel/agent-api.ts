import { type Duplex, Readable } from "node:stream";
import { agentApiPath, MAX_API_ERROR_BYTES } from "@berth/protocol/agent-api";
import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { PortTerms } from "@berth/protocol/session-ports";
import { tunnelErrorSchema } from "@berth/protocol/tunnel";
import type { Clock } from "../platform/clock";
import type { AnswerHead } from "./answer-head";
import type { TunnelBroker, TunnelKey, TunnelTarget } from "./tunnel-broker";
import { TunnelPools } from "./tunnel-pools";
import { exchangeUpgrade } from "./upgrade-exchange";
import type { WebSocketOffer } from "./upgrade-request";
import { youngGarbage } from "./young-garbage";

/** A session on an agent, whom the policy lets in. */
export interface ApiTarget extends TunnelTarget {
  readonly sessionId: string;
  /** Of a connection to a port: what the agent holds it against. */
  readonly portTerms?: PortTerms;
}

export interface ApiRequest {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** After `/sessions/{id}/`, with its query; every part of it encoded by whoever makes it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | Buffer | string | null;
  readonly signal?: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To be read to its end, or destroyed. It errs where the tunnel broke before the end. */
  readonly body: Readable;
}

/** The agents' own HTTP API, through tunnels (see `@berth/protocol/agent-api`). */
export class AgentApi {
  private readonly pools: TunnelPools;

  constructor(
    private readonly broker: Pick<TunnelBroker, "open">,
    private readonly clock: Clock,
  ) {
    this.pools = new TunnelPools(broker, clock);
  }

  /** Resolves with a success's head. Throws what the agent refuses with, AGENT_OFFLINE, TUNNEL_TIMEOUT and TUNNEL_FAILED. */
  async request(target: ApiTarget, { method, path, headers, body, signal }: ApiRequest): Promise<ApiAnswer> {
    const { pool, release } = this.pools.take(`${target.agentId}/${target.sessionId}`, grantOf(target));
    if (body instanceof Readable) youngGarbage.follow(body);
    try {
      const answer = await pool.request({
        method,
        path: agentApiPath(target.sessionId, path),
        headers: { ...headers },
        body: body ?? null,
        ...(signal ? { signal } : {}),
      });
      if (answer.statusCode >= 400) throw await refusalIn(answer.body, target);
      answer.body.once("close", release);
      youngGarbage.follow(answer.body);
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    } catch (error) {
      release();
      if (error instanceof BerthError || signal?.aborted) throw error;
      const what = error instanceof Error ? error.message : String(error);
      throw new BerthError("TUNNEL_FAILED", `Agent '${target.agentName}' did not answer (${what}); try again in a few seconds`, {
        cause: error,
      });
    }
  }

  /**
   * A WebSocket of the agent's, by a tunnel of its own: after the head of its 101, which is right in every header, the tunnel may be
   * spliced. Throws as `request` does.
   */
  async upgrade(
    target: ApiTarget,
    path: string,
    offer: WebSocketOffer,
    signal: AbortSignal,
  ): Promise<{ readonly tunnel: Duplex; readonly head: AnswerHead }> {
    const grant = grantOf(target);
    const tunnel = await this.broker.open(grant, grant.request, signal);
    const head = await exchangeUpgrade({
      tunnel,
      request: { path: agentApiPath(target.sessionId, path), host: "berth", offer },
      answeredBy: "agent",
      who: `agent '${target.agentName}'`,
      clock: this.clock,
      signal,
    });
    return { tunnel, head };
  }

  close(): Promise<void> {
    return this.pools.close();
  }
}

const grantOf = (target: ApiTarget) => ({
  agentId: target.agentId,
  agentName: target.agentName,
  request: ({ id, secret }: TunnelKey): ToAgent => ({
    type: "api_request",
    tunnel_id: id,
    tunnel_secret: secret,
    session_id: target.sessionId,
    ...(target.portTerms ? { policy: target.portTerms } : {}),
  }),
});

/** What an agent says is an unknown program's word: bounded, and of codes that are ours. */
async function refusalIn(body: Readable, { agentName }: ApiTarget): Promise<BerthError> {
  const unclear = new BerthError("TUNNEL_FAILED", `Agent '${agentName}' refused, and its answer was not understood`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MAX_API_ERROR_BYTES) {
      body.destroy();
      return unclear;
    }
    chunks.push(chunk);
  }
  try {
    const { code, message } = tunnelErrorSchema.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    return new BerthError(code, message);
  } catch {
    return unclear;
  }
}
