import type { SessionRow } from "../sessions-store";

/** An agent gathers input for 15 s before it says so, and a message may be under way: nobody who types is to be hibernated meanwhile. */
export const REPORTS_TAKE_MS = 25_000;

type Used = Pick<SessionRow, "desired" | "observed" | "idleTimeoutSeconds" | "startedAt" | "lastActivityAt" | "createdAt">;

/** When a session that nobody uses from now on is hibernated; null where it does not run, or never is. Its start counts as use. */
export function idleAt(row: Used): Date | null {
  if (row.desired !== "running" || row.observed !== "running" || row.idleTimeoutSeconds === 0) return null;
  const used = Math.max(row.startedAt?.getTime() ?? 0, row.lastActivityAt?.getTime() ?? 0) || row.createdAt.getTime();
  return new Date(used + row.idleTimeoutSeconds * 1000);
}

/** `30 minutes`, `an hour`, `90 seconds`: for a sentence. */
export function spanWords(seconds: number): string {
  for (const [size, one, name] of [
    [86_400, "a day", "days"],
    [3_600, "an hour", "hours"],
    [60, "a minute", "minutes"],
  ] as const)
    if (seconds >= size && seconds % size === 0) return seconds === size ? one : `${seconds / size} ${name}`;
  return `${seconds} seconds`;
}
