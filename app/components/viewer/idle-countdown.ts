/** The last part of the time, in which one is warned. */
export const WARN_MS = 2 * 60_000;

interface IdleFacts {
  /** When the session is hibernated, as the server said. */
  readonly idleAt: number | null;
  readonly idleTimeoutMs: number;
  /** The last input of this page that counts; the server hears of it later. */
  readonly lastInput: number | null;
  readonly now: number;
}

/** Milliseconds that are left, once they are to be told of; null: not yet, or never. */
export function idleLeft({ idleAt, idleTimeoutMs, lastInput, now }: IdleFacts): number | null {
  if (idleAt === null || idleTimeoutMs === 0) return null;
  const until = Math.max(idleAt, lastInput === null ? 0 : lastInput + idleTimeoutMs);
  const left = until - now;
  // A time-out may be shorter than the warning is long.
  return left <= Math.min(WARN_MS, idleTimeoutMs / 2) ? Math.max(0, left) : null;
}

/** `1:42`, `0:07`. */
export function countdownWords(left: number): string {
  const seconds = Math.ceil(left / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
