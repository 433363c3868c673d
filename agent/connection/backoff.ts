/** Milliseconds before the next attempt: exponential with full jitter, so that a fleet does not come back all at once. */
export function reconnectDelay(attempt: number, random: () => number): number {
  const ceiling = Math.min(30_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(random() * ceiling);
}

/** A refusal (401, 403) does not heal by itself soon: between 30 and 60 seconds. */
export const refusedDelay = (random: () => number): number => Math.round(30_000 + random() * 30_000);
