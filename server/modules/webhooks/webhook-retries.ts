const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** After each try that failed; together about a day. */
const pauses = [30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 6 * HOUR_MS, 14 * HOUR_MS];

export const MAX_ATTEMPTS = pauses.length + 1;
/** An endpoint at which everything failed for this long is switched off. */
export const PATIENCE_MS = 5 * 24 * HOUR_MS;

/** Milliseconds until the next try after `attempts` that failed, a fifth more or less by `random` (0 to 1), so that not all come back at once. */
export function pauseAfter(attempts: number, random: number): number {
  const pause = pauses[Math.min(Math.max(attempts, 1), pauses.length) - 1] ?? HOUR_MS;
  return Math.round(pause * (0.8 + 0.4 * random));
}
