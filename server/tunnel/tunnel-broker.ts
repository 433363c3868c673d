import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { DIAL_BACK_TIMEOUT_MS, TUNNEL_SECRET_HEADER } from "@berth/protocol/tunnel";
import type { Clock } from "../platform/clock";
import type { Ids } from "../platform/ids";
import type { Log } from "../platform/log";
import { sameSecret } from "../platform/secrets";
import { type ShownCredential, shownCredential } from "../platform/shown-credential";
import { tuneSocket } from "./splice";
import { acceptOf } from "./upgrade-request";

/** Tunnels asked for and not yet dialled, of one agent. */
const MAX_PENDING_PER_AGENT = 64;

/** What an agent is told, to prove that it was asked. Good for one dial. */
export interface TunnelKey {
  readonly id: string;
  readonly secret: string;
}

export interface TunnelTarget {
  /** The agent's UUID. */
  readonly agentId: string;
  /** For messages. */
  readonly agentName: string;
}

export interface TunnelBrokerOptions {
  /** The agent channel: false when the agent is not connected. */
  send(agentId: string, message: ToAgent): boolean;
  /** Throws `BerthError` for a credential that is no agent's. */
  authenticate(input: ShownCredential & { readonly agentName: null }): Promise<{ agentId: string; name: string }>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

interface Pending {
  readonly agentId: string;
  readonly secret: string;
  take(socket: Duplex): void;
  fail(error: BerthError): void;
}

/** Brings together who wants bytes from an agent's host and the connection that the agent dials for it. */
export class TunnelBroker {
  private readonly pending = new Map<string, Pending>();
  private readonly sockets = new Map<Duplex, string>();

  constructor(private readonly options: TunnelBrokerOptions) {}

  /**
   * Asks the agent to dial back; resolves with the raw socket, whose upgrade was answered 101. Whoever takes it ends it.
   * Throws `AGENT_OFFLINE`, `TUNNEL_TIMEOUT` (10 s) or, when `signal` aborts, `TUNNEL_FAILED`.
   */
  open(agent: TunnelTarget, request: (tunnel: TunnelKey) => ToAgent, signal?: AbortSignal): Promise<Duplex> {
    const { ids, clock } = this.options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      if (this.pendingOf(agent.agentId) >= MAX_PENDING_PER_AGENT) {
        return reject(
          new BerthError(
            "SERVICE_UNAVAILABLE",
            `Too many connections to agent '${agent.agentName}' are being opened; try again in a few seconds`,
          ),
        );
      }
      const tunnel = { id: ids.uuid(), secret: ids.secret() };
      const settle = (): void => {
        this.pending.delete(tunnel.id);
        timer.cancel();
        signal?.removeEventListener("abort", abort);
      };
      const fail = (error: BerthError): void => {
        settle();
        reject(error);
      };
      const abort = (): void => fail(cancelled());
      const timer = clock.after(DIAL_BACK_TIMEOUT_MS, () =>
        fail(
          new BerthError("TUNNEL_TIMEOUT", `Agent '${agent.agentName}' did not open a connection within ${DIAL_BACK_TIMEOUT_MS / 1000} s`),
        ),
      );
      signal?.addEventListener("abort", abort);
      const take = (socket: Duplex): void => {
        settle();
        resolve(socket);
      };
      this.pending.set(tunnel.id, { agentId: agent.agentId, secret: tunnel.secret, take, fail });
      if (!this.options.send(agent.agentId, request(tunnel)))
        fail(new BerthError("AGENT_OFFLINE", `Agent '${agent.agentName}' is offline`));
    });
  }

  /**
   * `GET /agent/tunnel/{id}`. Throws `BerthError` before anything was answered. A tunnel that doesn't exist, was used, belongs to
   * another agent or was dialled with another secret all look the same.
   */
  async dialBack(request: IncomingMessage, socket: Duplex, head: Buffer, tunnelId: string): Promise<void> {
    const agent = await this.options.authenticate({ ...shownCredential(request), agentName: null });
    const secret = request.headers[TUNNEL_SECRET_HEADER];
    const pending = this.pending.get(tunnelId);
    if (!pending || pending.agentId !== agent.agentId || typeof secret !== "string" || !sameSecret(secret, pending.secret)) {
      this.options.log.warn({ agent: agent.name, tunnelId: tunnelId.slice(0, 100) }, "tunnel refused");
      throw new BerthError("NOT_FOUND", "No such tunnel is waiting for this agent; each can be dialled once, within 10 s");
    }
    if (socket.destroyed) return;
    socket.on("error", () => socket.destroy());
    tuneSocket(socket);
    const key = request.headers["sec-websocket-key"];
    const accept = key ? `Sec-WebSocket-Accept: ${acceptOf(key)}\r\n` : "";
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${accept}\r\n`);
    if (head.length > 0) socket.unshift(head);
    this.sockets.set(socket, agent.agentId);
    socket.once("close", () => this.sockets.delete(socket));
    pending.take(socket);
  }

  /** UUIDs of the agents whose tunnels these are. */
  agentIds(): string[] {
    return [...new Set(this.sockets.values())];
  }

  /** Tunnels that are open now. */
  openCount(): number {
    return this.sockets.size;
  }

  /** The channel is gone: what was asked of the agent and not answered fails now. Open tunnels go on. */
  agentGone(agentId: string): void {
    for (const pending of [...this.pending.values()]) {
      if (pending.agentId === agentId)
        pending.fail(new BerthError("AGENT_OFFLINE", "The agent went offline while the connection was being opened"));
    }
  }

  /** The agent may not be used any more: its tunnels end, open ones too. */
  endAgent(agentId: string): void {
    this.agentGone(agentId);
    for (const [socket, owner] of this.sockets) if (owner === agentId) socket.destroy();
  }

  private pendingOf(agentId: string): number {
    let count = 0;
    for (const pending of this.pending.values()) if (pending.agentId === agentId) count += 1;
    return count;
  }
}

const cancelled = () => new BerthError("TUNNEL_FAILED", "Whoever asked for the connection has gone");
