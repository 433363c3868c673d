import type { HealthWord } from "../health/health-words";
import type { StoredSession } from "../session-status";
import { isOver, isSettled } from "../session-status";
import type { OpenUpdateStatus } from "./versions-schema";

/** What is known of an update that is under way. */
export interface StoredUpdate {
  readonly status: OpenUpdateStatus;
  readonly pulled: boolean;
  /** The session's, of the start that is looked at; null before there is one. */
  readonly generation: number | null;
  readonly healthySince: Date | null;
  readonly giveUpAt: Date | null;
}

export interface SeenOfSession extends StoredSession {
  readonly failureMessage: string | null;
  /** Its agent can be asked. */
  readonly reachable: boolean;
  /** Its agent was revoked. */
  readonly stranded: boolean;
  readonly health: HealthWord;
}

export type UpdateStep =
  | { readonly kind: "wait" }
  /** The new image is used when it is woken. */
  | { readonly kind: "arm" }
  | { readonly kind: "replace" }
  /** It starts; by somebody else's wake too. */
  | { readonly kind: "watch_start" }
  | { readonly kind: "check"; readonly healthySince: Date | null }
  | { readonly kind: "roll_back"; readonly reason: string }
  | { readonly kind: "end"; readonly status: "done" | "rolled_back" | "failed" | "cancelled"; readonly message: string };

/** What an update that is checked for so many times its time without being healthy as long is given up for. */
const PATIENCE = 10;
/** At least, for a display that comes up slowly. */
const PATIENCE_MS = 300_000;
export const patienceMs = (gateMs: number): number => Math.max(PATIENCE_MS, PATIENCE * gateMs);

const wait: UpdateStep = { kind: "wait" };

/** What follows for an update from where its session is: the same whoever asks, and however often, so that a crash at any step is made up for. Pure. */
export function stepUpdate(update: StoredUpdate, session: SeenOfSession, now: Date, gateMs: number): UpdateStep {
  if (isOver(session) || session.desired === "terminated")
    return { kind: "end", status: "cancelled", message: "The session was ended before the update was done" };
  if (session.stranded) return { kind: "end", status: "failed", message: "The session's agent was revoked before the update was done" };
  const failed = session.desired === "hibernated" && session.observed === "failed";
  const asleep = session.desired === "hibernated" && !failed && (isSettled(session) || session.observed === "removed");
  const runs = session.desired === "running" && session.observed === "running";
  switch (update.status) {
    case "pulling":
      if (!update.pulled) return wait;
      if (runs) return { kind: "replace" };
      return asleep || failed || (session.desired === "hibernated" && session.observed === "absent") ? { kind: "arm" } : wait;
    case "waiting":
      return session.desired === "running" ? { kind: "watch_start" } : wait;
    case "replacing":
    case "checking":
      if (failed) return session.reachable ? { kind: "roll_back", reason: session.failureMessage ?? "It failed" } : wait;
      if (asleep) return { kind: "arm" };
      if (!runs) return session.desired === "running" && update.status === "checking" ? { kind: "watch_start" } : wait;
      return checked(update, session, now, gateMs);
    case "rolling_back":
      if (failed) return { kind: "end", status: "failed", message: session.failureMessage ?? "It failed" };
      return runs || asleep ? { kind: "end", status: "rolled_back", message: "" } : wait;
  }
}

function checked(update: StoredUpdate, { health, generation }: SeenOfSession, now: Date, gateMs: number): UpdateStep {
  if (health === "unhealthy") return { kind: "roll_back", reason: "It runs, and is not healthy" };
  const asBefore = update.status === "checking" && update.generation === generation;
  const since = health === "healthy" ? ((asBefore ? update.healthySince : null) ?? now) : null;
  if (since && now.getTime() - since.getTime() >= gateMs) return { kind: "end", status: "done", message: "" };
  if (update.giveUpAt && now >= update.giveUpAt && health !== "unknown")
    return { kind: "roll_back", reason: `It was not healthy for ${Math.round(gateMs / 1000)} s on end in the time that it had` };
  const same = asBefore && since?.getTime() === update.healthySince?.getTime();
  return same ? wait : { kind: "check", healthySince: since };
}
