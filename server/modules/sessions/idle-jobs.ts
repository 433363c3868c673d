import type { Clock, Timer } from "../../platform/clock";
import type { Log } from "../../platform/log";
import type { IdleService } from "./idle-service";

const SWEEP_MS = 10_000;

/** Looks for idle sessions on the clock. */
export class IdleJobs {
  private timer: Timer | null = null;

  constructor(private readonly deps: { readonly clock: Clock; readonly log: Log; readonly idle: IdleService }) {}

  start(): void {
    const { clock, log, idle } = this.deps;
    this.timer = clock.every(SWEEP_MS, () =>
      idle
        .sweep((error, sessionId) => log.warn({ err: error, sessionId }, "an idle session could not be hibernated"))
        .catch((error: unknown) => log.warn({ err: error }, "the sweep for idle sessions failed")),
    );
  }

  stop(): void {
    this.timer?.cancel();
  }
}
