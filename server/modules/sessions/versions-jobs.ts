import type { Bus } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Log } from "../../platform/log";
import type { VersionUpdates } from "./version-updates-service";

/** What happens within this time is looked at together. */
const GATHER_MS = 100;
/** While one is looked at for how long it is healthy. */
const WATCH_MS = 1_000;
/** The safety net under the bus. */
export const SWEEP_MS = 5_000;

/** Carries updates of sessions on whenever one or its session changed, and as time passes. */
export class VersionsJobs {
  private soon: Timer | null = null;
  private slow: Timer | null = null;
  private unsubscribe: (() => void) | null = null;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: { readonly bus: Bus; readonly clock: Clock; readonly log: Log; readonly updates: Pick<VersionUpdates, "sweep"> },
  ) {}

  start(): void {
    const { bus, clock } = this.deps;
    this.unsubscribe = bus.subscribe((event) => {
      if (event.kind === "session" || (event.kind === "inside" && (event.about === "version" || event.about === "health")))
        this.wakeIn(GATHER_MS);
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

  /** One after the other: a round that is asked for meanwhile comes after the one under way. */
  sweep(): Promise<void> {
    const { updates, log } = this.deps;
    this.last = this.last
      .then(() =>
        updates.sweep((error, sessionId) =>
          log.warn({ err: error, sessionId }, "an update of a session could not be carried on; the next sweep tries again"),
        ),
      )
      .then((watching) => {
        if (watching && this.slow) this.wakeIn(WATCH_MS);
      })
      .catch((error: unknown) => log.warn({ err: error }, "the sweep for updates of sessions failed; trying again at the next"));
    return this.last;
  }

  private wakeIn(ms: number): void {
    this.soon ??= this.deps.clock.after(ms, () => {
      this.soon = null;
      void this.sweep();
    });
  }
}
