import type { Failure } from "../../errors/read-failure";

/**
 * The connection of one viewer. `attempt` grows with every try and is what starts one; a try asks for a fresh ticket (`opening`), opens
 * the WebSocket with it (`connecting`) and waits for the first painted frame (`connected`, then `painted`). Why a *session* ended is
 * never taken from here: a broken connection looks the same whatever the reason, so the session's own state says it.
 */
export type ViewerState = { readonly attempt: number; readonly failures: number } & (
  | { readonly name: "opening" | "connecting" | "connected" | "painted" }
  | { readonly name: "waiting"; readonly retryAt: number; readonly why: string }
  | { readonly name: "refused"; readonly failure: Failure }
);

export type ViewerEvent =
  | { readonly type: "ticket" | "connected" | "painted" | "retry" }
  | { readonly type: "lost"; readonly now: number; readonly jitter: number; readonly why: string }
  | { readonly type: "refused"; readonly now: number; readonly jitter: number; readonly failure: Failure };

export const firstViewerState: ViewerState = { name: "opening", attempt: 1, failures: 0 };

const DELAYS_MS = [500, 1000, 2000, 4000, 8000, 15_000];

/** Milliseconds before the next try; `jitter` between 0 and 1 spreads many viewers over ±20 %. */
export function retryDelay(failures: number, jitter: number): number {
  const delay = DELAYS_MS[Math.min(failures, DELAYS_MS.length) - 1] ?? 500;
  return Math.round(delay * (0.8 + 0.4 * jitter));
}

export function stepViewer(state: ViewerState, event: ViewerEvent): ViewerState {
  const { attempt, failures } = state;
  switch (event.type) {
    case "ticket":
      return state.name === "opening" ? { name: "connecting", attempt, failures } : state;
    case "connected":
      return state.name === "connecting" ? { name: "connected", attempt, failures } : state;
    case "painted":
      return state.name === "connected" ? { name: "painted", attempt, failures: 0 } : state;
    case "lost":
      if (state.name === "waiting" || state.name === "refused") return state;
      return waiting(attempt, failures + 1, event);
    case "refused":
      if (state.name !== "opening") return state;
      if (!event.failure.retryable) return { name: "refused", attempt, failures: failures + 1, failure: event.failure };
      return waiting(attempt, failures + 1, { ...event, why: event.failure.message });
    case "retry":
      return state.name === "waiting" || state.name === "refused" ? { name: "opening", attempt: attempt + 1, failures } : state;
  }
}

function waiting(attempt: number, failures: number, event: { now: number; jitter: number; why: string }): ViewerState {
  return { name: "waiting", attempt, failures, retryAt: event.now + retryDelay(failures, event.jitter), why: event.why };
}
