import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { TokensService } from "../tokens/tokens-service";
import type { LoginLimits } from "./login-limits";
import type { LoginsService } from "./logins-service";
import type { TicketsService } from "./tickets-service";
import { deleteExpiredRevokedLogins } from "./users-store";

const EVERY_MS = 60_000;

/** Forgets what has run out: tickets, ended logins whose token has expired, counts of sign-in attempts. Writes down when logins and tokens were seen. */
export class UsersJobs {
  private timer: Timer | null = null;

  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly clock: Clock;
      readonly log: Log;
      readonly tickets: TicketsService;
      readonly limits: LoginLimits;
      readonly logins: LoginsService;
      readonly tokens: TokensService;
    },
  ) {}

  start(): void {
    this.timer = this.deps.clock.every(EVERY_MS, () =>
      this.purge().catch((error) => this.deps.log.warn({ err: error }, "purge of expired access failed")),
    );
  }

  stop(): void {
    this.timer?.cancel();
  }

  async purge(): Promise<void> {
    await this.deps.tickets.purge();
    await deleteExpiredRevokedLogins(this.deps.database, this.deps.clock.now());
    await this.deps.limits.purge();
    await this.deps.logins.flush();
    await this.deps.tokens.flush();
  }
}
