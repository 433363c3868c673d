import { BerthError, type ErrorCode } from "@berth/protocol/errors";
import type { ObservedState, SessionState } from "@berth/protocol/session-states";
import { isOver, isPending, type StoredSession, sessionState } from "./session-status";
import type { SessionEventKind } from "./sessions-schema";

export type SessionTask = "start" | "wake" | "hibernate" | "stop";

/** What can happen to a session: what people ask, and what agents say. */
export type SessionEvent =
  | { readonly kind: "hibernate" | "wake" | "terminate" | "force_terminate" }
  /** Nobody used it for as long as it may be idle. */
  | { readonly kind: "idle" }
  /** Its container is to be made anew from another image, around its home: of one that runs, or of one that died of the image before. */
  | { readonly kind: "replace" }
  /** It runs, and is to begin anew. */
  | { readonly kind: "restart" }
  /** It has an agent now, after it waited for one. */
  | { readonly kind: "placed" }
  /** Terminated before anything was sent to an agent. */
  | { readonly kind: "never_sent" }
  /** Seen in the engine, or the result of a task that was completed. */
  | {
      readonly kind: "reported";
      readonly generation: number;
      readonly observed: ObservedState;
      readonly code: ErrorCode | null;
      readonly message: string | null;
    }
  | {
      readonly kind: "task_failed";
      readonly task: SessionTask;
      readonly generation: number;
      readonly code: ErrorCode;
      readonly message: string;
    }
  /** An inventory is without it, and no task of it is under way. */
  | { readonly kind: "missing" }
  | { readonly kind: "adopted"; readonly generation: number; readonly observed: ObservedState };

export interface Change {
  readonly next: StoredSession;
  /** Undefined: as it was. */
  readonly failureMessage?: string | null;
  /** The instruction that must follow, in the same transaction. */
  readonly task: SessionTask | null;
  /** What the timeline says of it. */
  readonly timeline: SessionEventKind | null;
}

export type Step =
  | { readonly ok: true; readonly change: Change | null }
  | { readonly ok: false; readonly from: string; readonly to: string };

const unchanged: Step = { ok: true, change: null };
const to = (
  next: StoredSession,
  timeline: SessionEventKind | null,
  rest: { task?: SessionTask; failureMessage?: string | null } = {},
): Step => ({
  ok: true,
  change: { next, timeline, task: rest.task ?? null, failureMessage: rest.failureMessage },
});
const targets = { hibernate: "hibernated", wake: "running", terminate: "terminating" } as const;

/** What PATCH may ask of a session in a state, as the contract has it, and nothing else. Whom it lets end one by force, the policy says. */
const asWritten: Readonly<Record<SessionState, readonly SessionState[]>> = {
  pending: ["terminated"],
  running: ["hibernated", "terminating", "terminated"],
  hibernated: ["running", "terminating", "terminated"],
  terminating: ["terminated"],
  terminated: ["terminated"],
};
/** Throws INVALID_STATE_TRANSITION. */
export function demandTransition(stored: StoredSession, wanted: SessionState): void {
  const from = sessionState(stored);
  if (!asWritten[from].includes(wanted)) throw transitionRefused(from, wanted);
}
export const transitionRefused = (from: string, wanted: string): BerthError =>
  new BerthError("INVALID_STATE_TRANSITION", `Cannot transition from '${from}' to '${wanted}'`);

/** The only way a session's state changes. Pure: the caller writes `change.next`, guarded by what it started from. */
export function step(stored: StoredSession, event: SessionEvent): Step {
  switch (event.kind) {
    case "hibernate":
    case "wake":
    case "terminate":
      return asked(stored, event.kind);
    case "force_terminate":
      return isOver(stored)
        ? unchanged
        : to({ ...stored, desired: "terminated", observed: "removed", failureCode: null }, "force_terminated", { failureMessage: null });
    case "idle": {
      const asleep = asked(stored, "hibernate");
      return asleep.ok && asleep.change ? { ok: true, change: { ...asleep.change, timeline: "idle_hibernated" } } : unchanged;
    }
    case "replace":
      return replaced(stored);
    case "restart":
      if (stored.desired !== "running" || stored.observed !== "running") return unchanged;
      return to({ ...stored, observed: "stopped", generation: stored.generation + 1, failureCode: null }, "health_restarted", {
        task: "wake",
        failureMessage: null,
      });
    case "placed":
      // Only one that never was anywhere waits for a place.
      if (stored.desired !== "running" || stored.generation !== 0 || stored.observed !== "absent") return unchanged;
      return to({ ...stored, generation: 1 }, "placed", { task: "start" });
    case "never_sent":
      return isOver(stored)
        ? unchanged
        : to({ ...stored, desired: "terminated", observed: "removed", failureCode: null }, "terminated", { failureMessage: null });
    case "reported":
      return event.generation === stored.generation && !isOver(stored) ? reported(stored, event) : unchanged;
    case "task_failed":
      return event.generation === stored.generation && !isOver(stored) ? taskFailed(stored, event) : unchanged;
    case "missing":
      return isOver(stored) ? unchanged : missing(stored);
    case "adopted":
      return adopted(stored, event);
  }
}

/** The task that a session must have, where none is under way: what a lost or failed one is replaced by. */
export function owedTask(stored: StoredSession): SessionTask | null {
  if (stored.desired === "terminated") return isOver(stored) ? null : "stop";
  return stored.desired === "hibernated" && (stored.observed === "running" || stored.observed === "starting") ? "hibernate" : null;
}

function asked(stored: StoredSession, what: keyof typeof targets): Step {
  const refused: Step = { ok: false, from: sessionState(stored), to: targets[what] };
  if (isOver(stored)) return refused;
  if (what === "terminate") {
    const next = { ...stored, desired: "terminated", failureCode: null } as const;
    if (stored.generation === 0) return to({ ...next, observed: "removed" }, "terminated", { failureMessage: null });
    return to(next, "terminate_requested", { task: "stop", failureMessage: null });
  }
  if (what === "hibernate") {
    if (stored.desired !== "running" || isPending(stored)) return refused;
    return to({ ...stored, desired: "hibernated", failureCode: null }, "hibernate_requested", { task: "hibernate", failureMessage: null });
  }
  if (stored.desired !== "hibernated") return refused;
  // Nothing was observed of the new generation yet: a hibernation under way ends before the wake that is queued behind it.
  const observed = stored.observed === "running" || stored.observed === "starting" ? "stopped" : stored.observed;
  const next = { desired: "running", observed, generation: stored.generation + 1, failureCode: null } as const;
  return to(next, "wake_requested", { task: stored.generation === 0 ? "start" : "wake", failureMessage: null });
}

/** As a wake, so that a start that fails leaves a session that can be woken, and the home is never made anew. */
function replaced(stored: StoredSession): Step {
  const runs = stored.desired === "running" && stored.observed === "running";
  const died = stored.desired === "hibernated" && stored.observed === "failed";
  if (stored.generation === 0 || !(runs || died)) return { ok: false, from: sessionState(stored), to: "running" };
  const next = { desired: "running", observed: "stopped", generation: stored.generation + 1, failureCode: null } as const;
  return to(next, "version_replaced", { task: "wake", failureMessage: null });
}

type Report = Extract<SessionEvent, { kind: "reported" }>;

function reported(stored: StoredSession, report: Report): Step {
  if (report.observed === "absent") return unchanged;
  if (report.observed === "removed") return missing(stored);
  if (stored.desired === "terminated")
    return stored.observed === report.observed ? unchanged : to({ ...stored, observed: report.observed }, null);
  return stored.desired === "running" ? reportedWhileWanted(stored, report) : reportedWhileHibernated(stored, report);
}

function reportedWhileWanted(stored: StoredSession, report: Report): Step {
  const { observed } = report;
  switch (observed) {
    case "running":
      if (stored.observed === "running") return unchanged;
      return to({ ...stored, observed, failureCode: null }, "running", { failureMessage: null });
    case "starting":
      return stored.observed === "starting" ? unchanged : to({ ...stored, observed }, null);
    case "failed":
      return died(stored, report.code ?? "CONTAINER_EXITED", report.message ?? "The container ended by itself", "failed");
    default:
      // Stopped or paused by somebody else. While a start or wake is under way it is only what was there before.
      if (stored.observed !== "running") return unchanged;
      if (observed === "frozen") return to({ ...stored, desired: "hibernated", observed }, "hibernated");
      return died(stored, report.code ?? "CONTAINER_EXITED", report.message ?? "The container was stopped from outside", "failed");
  }
}

function reportedWhileHibernated(stored: StoredSession, report: Report): Step {
  const { observed } = report;
  const hibernating = stored.observed === "running" || stored.observed === "starting";
  if (stored.observed === observed) return unchanged;
  switch (observed) {
    case "running":
      return to({ ...stored, observed, failureCode: null }, null, { failureMessage: null });
    case "starting":
      return hibernating ? to({ ...stored, observed }, null) : unchanged;
    case "failed":
      if (!hibernating && stored.observed !== "frozen") return unchanged;
      return died(stored, report.code ?? "CONTAINER_EXITED", report.message ?? "The container ended by itself", "failed");
    default:
      if (stored.observed === "failed") return unchanged;
      return to({ ...stored, observed }, hibernating ? "hibernated" : null);
  }
}

function taskFailed(stored: StoredSession, failure: Extract<SessionEvent, { kind: "task_failed" }>): Step {
  const starting = failure.task === "start" || failure.task === "wake";
  if (stored.desired === "terminated")
    return failure.task === "stop" ? to(stored, "failed", { failureMessage: `It could not be removed: ${failure.message}` }) : unchanged;
  if (starting) {
    const desired = failure.task === "start" ? "terminated" : "hibernated";
    return to({ ...stored, desired, observed: "failed", failureCode: failure.code }, "failed", { failureMessage: failure.message });
  }
  const hibernating = stored.desired === "hibernated" && (stored.observed === "running" || stored.observed === "starting");
  if (failure.task !== "hibernate" || !hibernating) return unchanged;
  return to({ ...stored, desired: "running" }, "failed", { failureMessage: `It could not be hibernated and runs on: ${failure.message}` });
}

function missing(stored: StoredSession): Step {
  if (stored.desired === "terminated") return to({ ...stored, observed: "removed" }, "terminated", { failureMessage: null });
  if (stored.desired === "running") return died(stored, "CONTAINER_EXITED", "The container is gone from its host", "container_lost");
  const { observed } = stored;
  if (observed === "absent" || observed === "failed" || observed === "removed") return unchanged;
  return to({ ...stored, observed: "removed" }, observed === "running" || observed === "starting" ? "hibernated" : "container_lost");
}

/** A first start that fails ends the session; later it can be woken again, for its home is still there. */
function died(stored: StoredSession, failureCode: ErrorCode, message: string, timeline: SessionEventKind): Step {
  const desired = isPending(stored) ? "terminated" : "hibernated";
  return to({ ...stored, desired, observed: "failed", failureCode }, timeline, { failureMessage: message });
}

function adopted(stored: StoredSession, found: Extract<SessionEvent, { kind: "adopted" }>): Step {
  const refused: Step = { ok: false, from: sessionState(stored), to: "running" };
  if (found.generation < stored.generation || found.generation < 1) return refused;
  const running = found.observed === "running" || found.observed === "starting";
  if (!running && found.observed !== "frozen" && found.observed !== "stopped") return refused;
  const next = {
    desired: running ? "running" : "hibernated",
    observed: found.observed,
    generation: found.generation,
    failureCode: null,
  } as const;
  return to(next, "adopted", { failureMessage: null });
}
