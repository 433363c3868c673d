import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import type { Log } from "../../../platform/log";
import { Rounds } from "../../../platform/rounds";
import type { SessionEnvironment } from "./session-environment";

interface EnvironmentJobsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly environment: SessionEnvironment;
}

/**
 * Seals the variables that older versions kept in plain, when the program starts. It can be broken off at any row. Every ten minutes again: an
 * older control plane that still ran beside this one may have written more.
 */
export class EnvironmentJobs extends Rounds {
  constructor(private readonly deps: EnvironmentJobsDeps) {
    super({ ...deps, everyMs: 600_000, atStart: true, failed: "variables could not be sealed; trying again at the next sweep" });
  }

  async sweep(): Promise<void> {
    const { environment, database, log } = this.deps;
    const rows = await environment.sealAllPlain(database, () => this.stopping);
    if (rows > 0) log.info({ rows }, "variables that were kept in plain are sealed now");
  }
}
