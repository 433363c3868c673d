/** An agent that the kit plays: it says of itself what the contract shows, and no more. */
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { AGENT_TOKEN_HEADER } from "@berth/protocol/agent-proof";
import { TUNNEL_SECRET_HEADER } from "@berth/protocol/tunnel";
import WebSocket from "ws";
import type { z } from "zod";
import { Difference } from "../check";
import type { registrationShape } from "../contract/shapes";
import { shown } from "../expectations";
import { type AgentKey, type ProofOf, proofOf } from "../wire/agent-key";
import { type Answer, ask, type Question, type Tls, type Upgraded, upgrade } from "../wire/ask";
import { ChannelSocket } from "../wire/channel-socket";

export type Registration = z.infer<typeof registrationShape>;

/** How a request shows whose it is; the default is right. */
export interface Showing {
  /** Instead of a proof made for this request: null shows nothing. */
  readonly authorization?: string | null;
  readonly tls?: Tls;
}

export class PlayedAgent {
  constructor(
    readonly url: URL,
    readonly name: string,
    readonly key: AgentKey,
    readonly registration: Registration,
    private readonly patienceMs: number,
  ) {}

  get id(): string {
    return this.registration.agentId;
  }

  proof(method: string, target: string, body?: Uint8Array, changed: Partial<ProofOf> = {}): string {
    const certificate = this.registration.certificate?.cert ?? null;
    return proofOf({ agentId: this.id, method, target, ...(body ? { body } : {}), key: this.key.pem, certificate, ...changed });
  }

  /** Shows its certificate to the agents' listener, and believes the authority of its registration. */
  get tls(): Tls {
    const { certificate } = this.registration;
    return certificate ? { cert: certificate.cert, key: this.key.pem, ca: believing(certificate.ca) } : {};
  }

  ask(method: Question["method"], target: string, value?: unknown, showing: Showing = {}, base = this.url): Promise<Answer> {
    const body = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
    return ask(base, {
      method,
      target,
      headers: this.headers(method, target, body, showing),
      ...(body ? { body } : {}),
      ...(showing.tls ? { tls: showing.tls } : {}),
    });
  }

  upgrade(target: string, headers: Record<string, string> = {}, showing: Showing = {}, base = this.url): Promise<Upgraded> {
    const all = { ...this.headers("GET", target, undefined, showing), ...headers };
    return upgrade(base, { target, headers: all, ...(showing.tls ? { tls: showing.tls } : {}) });
  }

  dialTunnel(id: string, secret: string, showing: Showing = {}): Promise<Upgraded> {
    return this.upgrade(`/agent/tunnel/${id}`, { [TUNNEL_SECRET_HEADER]: secret }, showing);
  }

  get channelTarget(): string {
    return `/agent/ws?agent_id=${this.name}&platform=docker&region=conformance`;
  }

  channel(): Promise<ChannelSocket> {
    return this.socket(this.channelTarget);
  }

  /** Throws `Difference` where it is refused. */
  socket(target: string): Promise<ChannelSocket> {
    const url = new URL(`${this.url.pathname.replace(/\/$/, "")}${target}`, this.url);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, {
      headers: this.headers("GET", target, undefined),
      perMessageDeflate: false,
      handshakeTimeout: 15_000,
    });
    const end = new ChannelSocket(socket, "control plane", this.patienceMs);
    const where = `upgrade of ${target.split("?")[0]}`;
    return new Promise((resolve, reject) => {
      socket.on("open", () => resolve(end));
      socket.on("unexpected-response", (_, response) => {
        response.resume();
        reject(new Difference("101", String(response.statusCode), where));
      });
      socket.on("error", (error) => reject(new Difference("101", shown(error.message), where)));
    });
  }

  /** The contract's own frame, field for field. */
  register(changed: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      type: "register",
      agent_id: this.name,
      platform: "docker",
      region: "conformance",
      capacity: { max_cpu: 100, max_memory: 256, max_sessions: 100 },
      metadata: { cluster_name: "conformance", agent_version: "v2.0-beta.1", ha_enabled: true, is_leader: true },
      ...changed,
    };
  }

  heartbeat(changed: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      type: "heartbeat",
      agent_id: this.name,
      timestamp: new Date().toISOString(),
      capacity: { current_sessions: 0 },
      ...changed,
    };
  }

  /** A channel that is registered. */
  async registered(changed: Record<string, unknown> = {}): Promise<ChannelSocket> {
    const channel = await this.channel();
    channel.say(this.register(changed));
    await channel.next("register_ack");
    return channel;
  }

  private headers(method: string, target: string, body: Uint8Array | undefined, showing: Showing = {}): Record<string, string> {
    if (showing.authorization === null || (showing.tls && showing.authorization === undefined)) return {};
    const authorization = showing.authorization ?? `Bearer ${this.proof(method, target, body)}`;
    const waits = this.registration.certificate === null;
    return { authorization, ...(waits ? { [AGENT_TOKEN_HEADER]: this.registration.token } : {}) };
  }
}

/** Whom Node believes, by default and by `NODE_EXTRA_CA_CERTS`, and these. */
export function believing(ca: string): string[] {
  const extra = process.env.NODE_EXTRA_CA_CERTS;
  return [...rootCertificates, ...(extra ? [readFileSync(extra, "utf8")] : []), ca];
}
