import { type Bus, isUsageAlone } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Log } from "../../platform/log";
import type { SessionQueue } from "./session-queue";

/** What happens within this time is looked at together. */
export const GATHER_MS = 100;
/** The safety net under the bus. */
export const SWEEP_MS = 5_000;

/** Tries the sessions that wait whenever room may have come: an agent or a session changed, or some seconds passed. */
export class SessionQueueJobs {
  private soon: Timer | null = null;
  private slow: Timer | null = null;
  private unsubscribe: (() => void) | null = null;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: { readonly bus: Bus; readonly clock: Clock; readonly log: Log; readonly queue: Pick<SessionQueue, "sweep"> },
  ) {}

  start(): void {
    const { bus, clock } = this.deps;
    this.unsubscribe = bus.subscribe((event) => {
      if ((event.kind !== "session" && event.kind !== "agent") || isUsageAlone(event)) return;
      this.soon ??= clock.after(GATHER_MS, () => {
        this.soon = null;
        void this.sweep();
      });
    });
    this.slow = clock.every(SWEEP_MS, () => this.sweep());
    void this.sweep();
  }

  /** Resolves when the round under way is over. */
  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.soon?.cancel();
    this.slow?.cancel();
    await this.last;
  }

  private sweep(): Promise<void> {
    const { queue, log } = this.deps;
    this.last = queue
      .sweep()
      .catch((error: unknown) => log.warn({ err: error }, "sessions that wait could not be placed; trying again at the next sweep"));
    return this.last;
  }
}
