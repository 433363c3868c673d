import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { EXCHANGE_REPEATABLE_MS } from "./identity-service";
import { findExpiredAndConnected, sweepIdentity } from "./identity-store";

const SWEEP_MS = 60_000;

/** Forgets what can't be shown any more, and ends channels whose agents let their certificates run out. */
export class IdentityJobs {
  private timer: Timer | null = null;

  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly clock: Clock;
      readonly log: Log;
      readonly gateway: { disconnect(agentId: string, reason: string): void };
      readonly renewalGraceMs: number;
    },
  ) {}

  start(): void {
    this.timer = this.deps.clock.every(SWEEP_MS, () =>
      this.sweep().catch((error) => this.deps.log.warn({ err: error }, "the sweep of agents' proofs and certificates failed")),
    );
  }

  stop(): void {
    this.timer?.cancel();
  }

  async sweep(): Promise<void> {
    const { database, clock, gateway, renewalGraceMs } = this.deps;
    const now = clock.now();
    await sweepIdentity(database, now, new Date(now.getTime() - renewalGraceMs), new Date(now.getTime() - EXCHANGE_REPEATABLE_MS));
    // An open channel goes on past the end of the certificate that it began with, where the agent has a newer one.
    for (const { id } of await findExpiredAndConnected(database, now)) gateway.disconnect(id, "its certificate has run out");
  }
}
