import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { MAX_MESSAGE_BYTES, type ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { WebSocketServer } from "ws";
import type { Clock } from "../platform/clock";
import type { Ids } from "../platform/ids";
import type { Log } from "../platform/log";
import { shownCredential } from "../platform/shown-credential";
import { AgentConnection, closeCodes } from "./agent-connection";
import type { ChannelHandler } from "./channel-handler";

export interface AgentSocketsOptions {
  readonly handler: ChannelHandler;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** The agents that are connected to this control plane, one registered connection each: the newest. */
export class AgentSockets {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  /** By agent UUID: the connection that holds the agent's place, registered or about to be. */
  private readonly holders = new Map<string, AgentConnection>();
  /** By agent UUID: every connection that is not done with, registered or not. */
  private readonly all = new Map<string, Set<AgentConnection>>();
  private readonly claimants = new WeakSet<AgentConnection>();
  private stopping = false;

  constructor(private readonly options: AgentSocketsOptions) {}

  /** `GET /agent/ws`. Throws the handler's `BerthError` before anything was answered; the caller then refuses the socket. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { handler, ids, clock, log } = this.options;
    const query = new URLSearchParams(request.url?.split("?")[1] ?? "");
    const agentName = query.get("agent_id");
    const agent = await handler.authenticate({ ...shownCredential(request), agentName });
    if (agentName !== agent.name)
      throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `agent_id: must be '${agent.name}', whose credential this is`);
    if (socket.destroyed) return;
    if (this.stopping) {
      socket.destroy();
      return;
    }
    this.server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new AgentConnection({
        socket: webSocket,
        agent,
        connectionId: ids.uuid(),
        handler,
        clock,
        log,
        claim: (claimant) => this.claim(claimant),
        release: (ended) => {
          if (this.holders.get(agent.agentId) === ended) this.holders.delete(agent.agentId);
        },
      });
      const own = this.all.get(agent.agentId) ?? new Set();
      this.all.set(agent.agentId, own.add(connection));
      void connection.finished.then(() => {
        own.delete(connection);
        if (own.size === 0 && this.all.get(agent.agentId) === own) this.all.delete(agent.agentId);
      });
    });
  }

  isConnected(agentId: string): boolean {
    return this.holders.get(agentId)?.open ?? false;
  }

  /** UUIDs of all that have a connection here, registered or not. */
  agentIds(): string[] {
    return [...this.all.keys()];
  }

  connectedCount(): number {
    let count = 0;
    for (const holder of this.holders.values()) if (holder.open) count += 1;
    return count;
  }

  /** False: not connected here, so the message was not sent. True is no promise that it arrived. */
  send(agentId: string, message: ToAgent): boolean {
    return this.holders.get(agentId)?.send(message) ?? false;
  }

  /** Ends every connection of the agent now, registered or not; nothing it sent before and that still waits is handled. */
  disconnect(agentId: string, reason: string): void {
    for (const connection of this.all.get(agentId) ?? []) connection.endAtOnce(closeCodes.refused, reason);
  }

  /** Closes every connection and waits until what they had received is handled. */
  async close(): Promise<void> {
    this.stopping = true;
    const open = [...this.all.values()].flatMap((own) => [...own]);
    for (const connection of open) connection.end(closeCodes.goingAway, "the control plane is stopping");
    await Promise.all(open.map((connection) => connection.finished));
  }

  private async claim(claimant: AgentConnection): Promise<void> {
    const { agentId } = claimant.agent;
    const older = [...(this.all.get(agentId) ?? [])].filter((connection) => this.claimants.has(connection));
    this.claimants.add(claimant);
    this.holders.set(agentId, claimant);
    for (const connection of older) connection.end(closeCodes.replaced, "replaced by a newer connection");
    await Promise.all(older.map((connection) => connection.finished));
  }
}
