import type { SessionPhase } from "@berth/protocol/session-states";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { agentStatus } from "../agents/agent-status";
import { sessionPhase } from "./session-status";
import { findSession, type SessionRow } from "./sessions-store";

export const PHASE_WAIT_MS = 10_000;

/** Waits for a session to get somewhere: woken by the bus. */
export class PhaseWait {
  constructor(private readonly deps: { readonly database: Database; readonly bus: Bus; readonly clock: Clock }) {}

  /**
   * Resolves when the session has arrived, is gone, time is up, or the signal is aborted; with the session as it was read last, null
   * where it is gone or was not read.
   */
  async until(
    sessionId: string,
    arrived: (phase: SessionPhase, row: SessionRow) => boolean | Promise<boolean>,
    { forMs = PHASE_WAIT_MS, signal }: { forMs?: number; signal?: AbortSignal } = {},
  ): Promise<SessionRow | null> {
    let wake: () => void = () => {};
    let changed = false;
    let late = false;
    let row: SessionRow | null = null;
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
        row = await findSession(this.deps.database, sessionId);
        if (row === null || (await arrived(this.phase(row), row))) return row;
        if (!changed) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      return row;
    } finally {
      unsubscribe();
      signal?.removeEventListener("abort", stop);
      timer.cancel();
    }
  }

  private phase(row: SessionRow): SessionPhase {
    return sessionPhase(row, row.agent !== null && agentStatus(row.agent, this.deps.clock.now()).status === "offline");
  }
}
