import { type QueuePlace, queueWords } from "@berth/protocol/queue-words";
import type { DesiredState, ObservedState, SessionPhase, SessionState } from "@berth/protocol/session-states";

/** The facts that everything a person sees of a session's condition follows from. */
export interface StoredSession {
  readonly desired: DesiredState;
  readonly observed: ObservedState;
  /** 0: never started. */
  readonly generation: number;
  /** Why it failed; null while nothing did. */
  readonly failureCode: string | null;
}

/** It has ended: nothing changes it any more but adoption, and DELETE removes it. A start that failed ends so too. */
export const isOver = (session: Omit<StoredSession, "generation">): boolean =>
  session.desired === "terminated" && (session.observed === "removed" || (session.observed === "failed" && session.failureCode !== null));

/** Its first start is under way. */
export const isPending = (session: StoredSession): boolean =>
  session.desired === "running" && session.generation <= 1 && (session.observed === "absent" || session.observed === "starting");

/** It has no agent yet and is to get one when there is room: one that has ended, or begins hibernated, has none to wait for. */
export const isWaiting = (session: StoredSession & { readonly agentId: string | null }): boolean =>
  session.desired === "running" && session.observed === "absent" && session.generation === 0 && session.agentId === null;

/** What is so is what was asked for: no task of its own is under way. */
export const isSettled = (session: StoredSession): boolean =>
  session.desired === "terminated"
    ? isOver(session)
    : session.desired === "running"
      ? session.observed === "running"
      : session.observed === "stopped" || session.observed === "frozen";

/** `state` of the contract: what was accepted as desired. */
export function sessionState(session: StoredSession): SessionState {
  if (session.desired === "terminated") return isOver(session) ? "terminated" : "terminating";
  if (session.desired === "hibernated") return "hibernated";
  return isPending(session) ? "pending" : "running";
}

/** `status.phase` of the contract: what was observed, as far as the agent can be asked. */
export function sessionPhase(session: StoredSession, agentOffline: boolean): SessionPhase {
  const { observed } = session;
  if (session.desired === "terminated") return isOver(session) ? (observed === "failed" ? "Failed" : "Terminated") : "Terminating";
  if (session.desired === "hibernated") {
    if (observed === "failed") return "Failed";
    if (observed !== "running" && observed !== "starting") return "Hibernated";
    return agentOffline ? "Unreachable" : "Hibernating";
  }
  if (observed === "absent") return "Pending";
  if (agentOffline) return "Unreachable";
  if (observed === "running") return "Running";
  return observed === "starting" && session.generation <= 1 ? "Starting" : "Waking";
}

/** Words for people; `reason` is why it failed, `progress` what the agent does right now. */
export function statusMessage(
  phase: SessionPhase,
  facts: { agent: string | null; reason: string | null; progress: string | null; queue: QueuePlace | null; revoked: boolean },
): string {
  const agent = facts.agent ? `'${facts.agent}'` : "its agent";
  switch (phase) {
    case "Pending":
      if (facts.queue) return `Waits for room: ${queueWords(facts.queue)}`;
      return facts.progress ?? "Session provisioning in progress...";
    case "Starting":
      return facts.progress ?? "The container is there; its display is starting";
    case "Running":
      return facts.reason ?? "Session is running";
    case "Hibernating":
      return facts.progress ?? "Session is being hibernated";
    case "Hibernated":
      if (facts.revoked) return `Its agent was revoked: ${agent} is not asked to wake it any more`;
      return "Session hibernated successfully";
    case "Waking":
      return facts.progress ?? "Session is waking up";
    case "Terminating":
      return facts.reason ?? `Session is being terminated on ${agent}`;
    case "Terminated":
      return "Session terminated";
    case "Failed":
      return facts.reason ?? "Session failed";
    case "Unreachable":
      if (facts.revoked) return `Its agent was revoked; the session may still be running on ${agent}`;
      return `${agent[0] === "'" ? `Agent ${agent}` : "Its agent"} is offline; the session may still be running there`;
  }
}
