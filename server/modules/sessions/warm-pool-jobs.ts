import { type Bus, isUsageAlone } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Log } from "../../platform/log";
import { WARM_POOL_OWNER } from "../users/warm-pool-owner";
import type { WarmPoolService } from "./warm-pool-service";

const SWEEP_MS = 10_000;
/** Whoever took a session opens its screen now: another start beside that would slow it down. */
const AFTER_CLAIM_MS = 2_000;

/** Keeps the warm pools full: on the clock, and as soon as something happens that may leave one short. One round at a time. */
export class WarmPoolJobs {
  private timer: Timer | null = null;
  private soon: Timer | null = null;
  private unsubscribe: (() => void) | null = null;
  private round: Promise<void> | null = null;
  private again = false;

  constructor(
    private readonly deps: {
      readonly bus: Bus;
      readonly clock: Clock;
      readonly log: Log;
      readonly warmPool: Pick<WarmPoolService, "refill">;
    },
  ) {}

  start(): void {
    const { bus, clock } = this.deps;
    this.timer = clock.every(SWEEP_MS, () => this.wake());
    this.unsubscribe = bus.subscribe((event) => {
      if ((event.kind === "agent" && !isUsageAlone(event)) || event.kind === "template") void this.wake();
      if (event.kind !== "session" || event.userId !== WARM_POOL_OWNER) return;
      this.soon ??= clock.after(AFTER_CLAIM_MS, () => {
        this.soon = null;
        void this.wake();
      });
    });
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    this.soon?.cancel();
    this.unsubscribe?.();
    this.again = false;
    await this.round;
  }

  /** Resolves when the round that it asked for, and any that was asked for meanwhile, is over. */
  wake(): Promise<void> {
    this.again = true;
    this.round ??= this.rounds().finally(() => {
      this.round = null;
    });
    return this.round;
  }

  private async rounds(): Promise<void> {
    while (this.again) {
      this.again = false;
      await this.deps.warmPool.refill().catch((error: unknown) => this.deps.log.warn({ err: error }, "the warm pools could not be filled"));
    }
  }
}
