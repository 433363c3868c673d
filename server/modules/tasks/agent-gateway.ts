import type { ToAgent } from "@berth/protocol/agent-messages";

/** The way to agents that are connected to this process. Implemented by the channel. */
export interface AgentGateway {
  isConnected(agentId: string): boolean;
  /** False: not connected here, and the message was not sent. */
  send(agentId: string, message: ToAgent): boolean;
  disconnect(agentId: string, reason: string): void;
}
