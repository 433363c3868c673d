import type { Clock, Timer } from "../../platform/clock";
import type { Log } from "../../platform/log";
import type { HealthRestarts } from "./health-restarts-service";

const SWEEP_MS = 2_000;

/** Looks for unhealthy sessions that are to be restarted, on the clock. */
export class HealthJobs {
  private timer: Timer | null = null;
  private underWay: Promise<void> | null = null;

  constructor(private readonly deps: { readonly clock: Clock; readonly log: Log; readonly healthRestarts: HealthRestarts }) {}

  start(): void {
    const { clock, log, healthRestarts } = this.deps;
    this.timer = clock.every(SWEEP_MS, async () => {
      this.underWay ??= healthRestarts
        .sweep((error, sessionId) => log.warn({ err: error, sessionId }, "an unhealthy session could not be restarted"))
        .catch((error: unknown) => log.warn({ err: error }, "the sweep for unhealthy sessions failed"))
        .finally(() => {
          this.underWay = null;
        });
      await this.underWay;
    });
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    await this.underWay;
  }
}
