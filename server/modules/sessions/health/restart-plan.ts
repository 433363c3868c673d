import type { HealthPolicy } from "@berth/protocol/session-health";

/** Restarts count for so long, and no wait is longer. */
export const RESTART_WINDOW_MS = 3_600_000;

export type RestartPlan = { readonly at: Date } | { readonly gaveUp: true };

export const recentRestarts = (restarts: readonly Date[], now: Date): Date[] =>
  restarts.filter((at) => now.getTime() - at.getTime() < RESTART_WINDOW_MS);

/** When an unhealthy session is to be restarted, each time twice as long after the word as the time before; or not any more. */
export function planRestart(
  policy: Pick<HealthPolicy, "maxRestarts" | "backoffSeconds">,
  restarts: readonly Date[],
  now: Date,
): RestartPlan {
  const { length } = recentRestarts(restarts, now);
  if (length >= policy.maxRestarts) return { gaveUp: true };
  return { at: new Date(now.getTime() + Math.min(1000 * policy.backoffSeconds * 2 ** length, RESTART_WINDOW_MS)) };
}
