import type { AgentStatus } from "@berth/protocol/session-states";

/** What is stored of an agent that its status follows from. */
export interface AgentFacts {
  readonly connectionId: string | null;
  readonly connectedAt: Date | null;
  readonly disconnectedAt: Date | null;
  readonly disconnectReason: string | null;
  readonly lastHeartbeatAt: Date | null;
  readonly heartbeatIntervalSeconds: number;
  readonly draining: boolean;
  readonly drainStartedAt: Date | null;
  readonly degradedReason: string | null;
  readonly revokedAt: Date | null;
  readonly approvedAt: Date | null;
  readonly createdAt: Date;
}

export interface AgentCondition {
  readonly status: AgentStatus;
  /** Null where it isn't known or nothing is wrong. */
  readonly since: Date | null;
  readonly reason: string | null;
}

/** Of silence, and an agent is offline. */
export const MISSED_INTERVALS = 3;
/** Why an agent that is there takes no session. */
export const NO_CHANNEL = "it is heard of by heartbeats and has no channel, which sessions need";

/**
 * The one rule. Who is heard of is there, by whichever way; an agent without a channel can be given tasks, and no sessions. A closed channel starts the clock and shows as `degraded`; with three intervals of silence, closed or not, the agent is
 * `offline`; a revoked one is so at once. What is not sent to a closed channel is the dispatcher's business, at once.
 */
export function agentStatus(agent: AgentFacts, now: Date): AgentCondition {
  if (agent.revokedAt) return { status: "offline", since: agent.revokedAt, reason: "Its access was revoked" };
  if (!agent.approvedAt) return { status: "offline", since: agent.createdAt, reason: "It waits for an administrator's approval" };
  if (!agent.connectedAt) {
    const { lastHeartbeatAt: beat } = agent;
    if (beat && beatsAlone(agent, now)) return beating(agent);
    return { status: "offline", since: beat ?? agent.createdAt, reason: beat ? "Its heartbeats ended" : "It has not connected yet" };
  }
  const closed = agent.connectionId === null;
  if (closed && agent.lastHeartbeatAt && agent.disconnectedAt && agent.lastHeartbeatAt > agent.disconnectedAt && beatsAlone(agent, now))
    return beating(agent);
  const heard = later(agent.connectedAt, closed ? agent.disconnectedAt : agent.lastHeartbeatAt);
  const graceMs = MISSED_INTERVALS * agent.heartbeatIntervalSeconds * 1000;
  const silentMs = now.getTime() - heard.getTime();
  const why = closed
    ? `Its connection closed${agent.disconnectReason ? `: ${agent.disconnectReason}` : ""}`
    : `No heartbeat for ${MISSED_INTERVALS} intervals of ${agent.heartbeatIntervalSeconds} s`;
  if (silentMs >= graceMs) return { status: "offline", since: heard, reason: why };
  if (closed) return { status: "degraded", since: heard, reason: why };
  return asItSays(agent) ?? { status: "online", since: null, reason: null };
}

/** It sends heartbeats as requests. */
const beatsAlone = ({ lastHeartbeatAt, heartbeatIntervalSeconds }: AgentFacts, now: Date): boolean =>
  lastHeartbeatAt !== null && now.getTime() - lastHeartbeatAt.getTime() < MISSED_INTERVALS * heartbeatIntervalSeconds * 1000;
const beating = (agent: AgentFacts): AgentCondition =>
  asItSays(agent) ?? { status: "online", since: null, reason: `It takes tasks alone: ${NO_CHANNEL}` };
function asItSays(agent: AgentFacts): AgentCondition | null {
  if (agent.draining) return { status: "draining", since: agent.drainStartedAt, reason: "It takes no new sessions" };
  return agent.degradedReason ? { status: "degraded", since: null, reason: agent.degradedReason } : null;
}

/** What others are told of it; null while its channel is closed and may come back any moment. */
export function agentPresence(agent: AgentFacts, now: Date): "online" | "offline" | "draining" | null {
  const { status } = agentStatus(agent, now);
  if (status !== "degraded") return status;
  return agent.connectionId === null ? null : "online";
}

const later = (a: Date, b: Date | null): Date => (b && b > a ? b : a);
