import type { StoredSession } from "../session-status";

type Held = Pick<StoredSession, "desired" | "observed" | "generation">;

/** There is a container, or one on its way, whose variables are those that it was made with: changes reach it by a restart only. */
export function keepsItsValues({ desired, observed, generation }: Held): boolean {
  if (generation === 0 || desired === "terminated") return false;
  // One that is hibernated by ending its processes gets new values when it wakes; a frozen one goes on with those it has.
  if (desired === "hibernated") return observed === "frozen";
  return observed !== "failed" && observed !== "removed";
}

/** It can be restarted now. */
export const canRestart = ({ desired, observed }: Held): boolean => desired === "running" && observed === "running";
