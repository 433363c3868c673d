import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { Rounds } from "../../platform/rounds";
import { EXCHANGE_REPEATABLE_MS } from "./identity-service";
import { findExpiredAndConnected, sweepIdentity } from "./identity-store";

interface IdentityJobsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: { disconnect(agentId: string, reason: string): void };
  readonly renewalGraceMs: number;
}

/** Forgets what can't be shown any more, and ends channels whose agents let their certificates run out. */
export class IdentityJobs extends Rounds {
  constructor(private readonly deps: IdentityJobsDeps) {
    super({ ...deps, everyMs: 60_000, failed: "the sweep of agents' proofs and certificates failed" });
  }

  async sweep(): Promise<void> {
    const { database, clock, gateway, renewalGraceMs } = this.deps;
    const now = clock.now();
    await sweepIdentity(database, now, new Date(now.getTime() - renewalGraceMs), new Date(now.getTime() - EXCHANGE_REPEATABLE_MS));
    // An open channel goes on past the end of the certificate that it began with, where the agent has a newer one.
    for (const { id } of await findExpiredAndConnected(database, now)) gateway.disconnect(id, "its certificate has run out");
  }
}
