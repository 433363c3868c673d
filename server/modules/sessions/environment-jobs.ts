import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { SessionEnvironment } from "./session-environment";

/** Again: an older control plane that still ran beside this one may have written more. */
const SWEEP_MS = 600_000;

/** Seals the variables that older versions kept in plain, when the program starts. It can be broken off at any row. */
export class EnvironmentJobs {
  private timer: Timer | null = null;
  private running: Promise<unknown> = Promise.resolve();
  private stopping = false;

  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly clock: Clock;
      readonly log: Log;
      readonly environment: SessionEnvironment;
    },
  ) {}

  start(): void {
    this.stopping = false;
    this.soon();
    this.timer = this.deps.clock.every(SWEEP_MS, () => this.soon());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.timer?.cancel();
    await this.running;
  }

  async sweep(): Promise<void> {
    const rows = await this.deps.environment.sealAllPlain(this.deps.database, () => this.stopping);
    if (rows > 0) this.deps.log.info({ rows }, "variables that were kept in plain are sealed now");
  }

  private soon(): void {
    this.running = this.running
      .then(() => (this.stopping ? undefined : this.sweep()))
      .catch((error: unknown) => this.deps.log.warn({ err: error }, "variables could not be sealed; trying again at the next sweep"));
  }
}
