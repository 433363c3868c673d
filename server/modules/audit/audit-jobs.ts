import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { deleteAuditBefore } from "./audit-store";

const SWEEP_MS = 3_600_000;
const DAY_MS = 86_400_000;
const BATCH = 1_000;

/** Forgets audit entries that are older than they are kept, in batches, so that no lock is held for long. Days of 0: keeps all for ever. */
export class AuditJobs {
  private timer: Timer | null = null;
  private running: Promise<void> | null = null;
  private stopping = false;

  constructor(
    private readonly deps: { readonly database: Database; readonly clock: Clock; readonly log: Log; readonly retentionDays: number },
  ) {}

  start(): void {
    if (this.deps.retentionDays === 0) return;
    this.stopping = false;
    this.timer = this.deps.clock.every(SWEEP_MS, () => this.run());
    void this.run();
  }

  /** Resolves when the batch under way is over. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.timer?.cancel();
    await this.running;
  }

  private run(): Promise<void> {
    this.running = this.sweep().then(
      (deleted) => {
        if (deleted > 0) this.deps.log.info({ deleted, keptDays: this.deps.retentionDays }, "old audit entries were deleted");
      },
      (error: unknown) => this.deps.log.warn({ err: error }, "old audit entries could not be deleted; trying again in an hour"),
    );
    return this.running;
  }

  /** Says how many were deleted. */
  async sweep(): Promise<number> {
    const { database, clock, retentionDays } = this.deps;
    if (retentionDays === 0) return 0;
    const before = new Date(clock.now().getTime() - retentionDays * DAY_MS);
    let deleted = 0;
    while (!this.stopping) {
      const some = await deleteAuditBefore(database, before, BATCH);
      deleted += some;
      if (some < BATCH) break;
    }
    return deleted;
  }
}
