import type { FromAgent, FromAgentOf } from "@berth/protocol/agent-messages";
import type { ShownCredential } from "../platform/shown-credential";

/** Who is at the other end, proven by a credential. */
export interface AgentIdentity {
  /** The agent's UUID. */
  readonly agentId: string;
  /** Its `agent_id` on the wire. */
  readonly name: string;
}

/** What the channel asks of whoever knows what the messages mean. Calls for one agent never overlap, across its connections too. */
export interface ChannelHandler {
  /** Throws `BerthError`: `AUTH_TOKEN_INVALID`, or `AUTH_INSUFFICIENT_PERMISSIONS` when `agentName` isn't the credential's own. */
  authenticate(input: ShownCredential & { readonly agentName: string | null }): Promise<AgentIdentity>;
  /** A `BerthError` refuses the registration: it is told to the agent and the connection is closed. */
  registered(agent: AgentIdentity, connectionId: string, message: FromAgentOf<"register">): Promise<{ heartbeatIntervalSeconds: number }>;
  /** A `BerthError` is told to the agent as an `error` message; the connection stays. */
  received(agent: AgentIdentity, connectionId: string, message: Exclude<FromAgent, { type: "register" }>): Promise<void>;
  /** Called once for each registered connection. A newer connection of the same agent may already be waiting to register. */
  disconnected(agent: AgentIdentity, connectionId: string, reason: string): Promise<void>;
}
