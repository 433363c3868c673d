import type { SessionPhase } from "@berth/protocol/session-states";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { agentStatus } from "../agents/agent-status";
import { sessionPhase } from "./session-status";
import { findSession } from "./sessions-store";

export const PHASE_WAIT_MS = 10_000;

/** Waits for a session to get somewhere: woken by the bus. */
export class PhaseWait {
  constructor(private readonly deps: { readonly database: Database; readonly bus: Bus; readonly clock: Clock }) {}

  /** Resolves when the phase is one of those, the session is gone, time is up, or the signal is aborted. */
  async until(
    sessionId: string,
    arrived: (phase: SessionPhase) => boolean,
    { forMs = PHASE_WAIT_MS, signal }: { forMs?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    let wake: () => void = () => {};
    let changed = false;
    let late = false;
    const notice = () => {
      changed = true;
      wake();
    };
    const unsubscribe = this.deps.bus.subscribe((event) => {
      if (event.kind === "session" && event.sessionId === sessionId) notice();
    });
    const stop = () => {
      late = true;
      notice();
    };
    const timer = this.deps.clock.after(forMs, stop);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    try {
      while (!late) {
        changed = false;
        const phase = await this.phase(sessionId);
        if (phase === null || arrived(phase)) return;
        if (!changed) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      unsubscribe();
      signal?.removeEventListener("abort", stop);
      timer.cancel();
    }
  }

  private async phase(sessionId: string): Promise<SessionPhase | null> {
    const row = await findSession(this.deps.database, sessionId);
    return row && sessionPhase(row, row.agent !== null && agentStatus(row.agent, this.deps.clock.now()).status === "offline");
  }
}
