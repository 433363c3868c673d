/** What rounds of probes make of a session's health. Pure: time comes with each answer. */
import type { ProbedHealth } from "@berth/protocol/session-health";

export interface HealthState {
  readonly health: ProbedHealth;
  /** What the last round lacked; null while it is healthy. */
  readonly reason: string | null;
  readonly since: Date;
  /** Rounds in a row that failed and count. */
  readonly failures: number;
}

export interface HealthRules {
  readonly failureThreshold: number;
  /** Until then failures of one that was never well do not count. */
  readonly startsUntil: Date;
}

export const beginning = (at: Date): HealthState => ({ health: "starting", reason: null, since: at, failures: 0 });

/** `problem`: what a round lacked, null where all probes answered well. One good round makes it healthy. */
export function afterRound(state: HealthState, problem: string | null, at: Date, rules: HealthRules): HealthState {
  if (problem === null) return { health: "healthy", reason: null, since: state.health === "healthy" ? state.since : at, failures: 0 };
  if (state.health === "starting" && at < rules.startsUntil) return { ...state, reason: problem, failures: 0 };
  const failures = state.failures + 1;
  if (state.health === "unhealthy") return { ...state, reason: problem, failures };
  if (failures < rules.failureThreshold) return { ...state, reason: state.health === "starting" ? problem : null, failures };
  return { health: "unhealthy", reason: problem, since: at, failures };
}
