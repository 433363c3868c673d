import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { Rounds } from "../../platform/rounds";
import type { SnapshotsService } from "./snapshots-service";
import { findExpired } from "./snapshots-store";

const BATCH = 100;

interface SnapshotsJobsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly snapshots: SnapshotsService;
}

/** Removes snapshots whose time has come, unless a session needs them: those go once it has ended. */
export class SnapshotsJobs extends Rounds {
  constructor(private readonly deps: SnapshotsJobsDeps) {
    super({ ...deps, everyMs: 600_000, atStart: true, failed: "old snapshots could not be removed; trying again in ten minutes" });
  }

  /** Says of how many the removal began. */
  async sweep(): Promise<number> {
    const { database, clock, snapshots, log } = this.deps;
    let removed = 0;
    for (const { id } of await findExpired(database, clock.now(), BATCH)) if (await snapshots.expire(id)) removed += 1;
    if (removed > 0) log.info({ removed }, "snapshots whose time had come are removed");
    return removed;
  }
}
