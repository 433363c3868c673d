import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { Rounds } from "../../platform/rounds";
import { deleteAuditBefore } from "./audit-store";

const DAY_MS = 86_400_000;
const BATCH = 1_000;

interface AuditJobsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly retentionDays: number;
}

/** Forgets audit entries that are older than they are kept, in batches, so that no lock is held for long. Days of 0: keeps all for ever. */
export class AuditJobs extends Rounds {
  constructor(private readonly deps: AuditJobsDeps) {
    super({ ...deps, everyMs: 3_600_000, atStart: true, failed: "old audit entries could not be deleted; trying again in an hour" });
  }

  /** Says how many were deleted. */
  async sweep(): Promise<number> {
    const { database, clock, retentionDays, log } = this.deps;
    if (retentionDays === 0) return 0;
    const before = new Date(clock.now().getTime() - retentionDays * DAY_MS);
    let deleted = 0;
    while (!this.stopping) {
      const some = await deleteAuditBefore(database, before, BATCH);
      deleted += some;
      if (some < BATCH) break;
    }
    if (deleted > 0) log.info({ deleted, keptDays: retentionDays }, "old audit entries were deleted");
    return deleted;
  }
}
