import type { SessionPhase } from "@berth/protocol/session-states";

export const healthWords = ["healthy", "unhealthy", "starting", "stopped", "unknown"] as const;
export type ContainerHealth = (typeof healthWords)[number];

/** What a phase says of a container's health. `unknown`: nobody can ask its agent. */
const healthOfPhase: Record<SessionPhase, ContainerHealth> = {
  Pending: "starting",
  Starting: "starting",
  Waking: "starting",
  Running: "healthy",
  Hibernating: "stopped",
  Hibernated: "stopped",
  Terminating: "stopped",
  Terminated: "stopped",
  Failed: "unhealthy",
  Unreachable: "unknown",
};

export const containerHealth = (phase: SessionPhase): ContainerHealth => healthOfPhase[phase];
