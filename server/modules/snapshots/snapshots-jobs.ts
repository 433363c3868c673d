import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { SnapshotsService } from "./snapshots-service";
import { findExpired } from "./snapshots-store";

const SWEEP_MS = 600_000;
const BATCH = 100;

/** Removes snapshots whose time has come, unless a session needs them: those go once it has ended. */
export class SnapshotsJobs {
  private timer: Timer | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly clock: Clock;
      readonly log: Log;
      readonly snapshots: SnapshotsService;
    },
  ) {}

  start(): void {
    this.timer = this.deps.clock.every(SWEEP_MS, () => this.run());
    void this.run();
  }

  /** Resolves when the sweep under way is over. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    await this.running;
  }

  private run(): Promise<void> {
    this.running = this.sweep().then(
      (removed) => {
        if (removed > 0) this.deps.log.info({ removed }, "snapshots whose time had come are removed");
      },
      (error: unknown) => this.deps.log.warn({ err: error }, "old snapshots could not be removed; trying again in ten minutes"),
    );
    return this.running;
  }

  /** Says of how many the removal began. */
  async sweep(): Promise<number> {
    const { database, clock, snapshots } = this.deps;
    let removed = 0;
    for (const { id } of await findExpired(database, clock.now(), BATCH)) if (await snapshots.expire(id)) removed += 1;
    return removed;
  }
}
