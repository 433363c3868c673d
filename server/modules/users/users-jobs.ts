import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { Rounds } from "../../platform/rounds";
import type { TokensService } from "../tokens/tokens-service";
import type { LoginLimits } from "./login-limits";
import type { LoginsService } from "./logins-service";
import type { TicketsService } from "./tickets-service";
import { deleteExpiredRevokedLogins } from "./users-store";

interface UsersJobsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly tickets: TicketsService;
  readonly limits: LoginLimits;
  readonly logins: LoginsService;
  readonly tokens: TokensService;
}

/** Forgets what has run out: tickets, ended logins whose token has expired, counts of sign-in attempts. Writes down when logins and tokens were seen. */
export class UsersJobs extends Rounds {
  constructor(private readonly deps: UsersJobsDeps) {
    super({ ...deps, everyMs: 60_000, failed: "purge of expired access failed" });
  }

  async sweep(): Promise<void> {
    await this.deps.tickets.purge();
    await deleteExpiredRevokedLogins(this.deps.database, this.deps.clock.now());
    await this.deps.limits.purge();
    await this.deps.logins.flush();
    await this.deps.tokens.flush();
  }
}
