import type { Clock, Timer } from "../../platform/clock";
import type { Log } from "../../platform/log";
import type { AgentRevocation } from "./agent-revocation";

const SWEEP_MS = 5_000;

/** Goes on with revocations that were left half-way. */
export class AgentRevocationJobs {
  private timer: Timer | null = null;
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly deps: { readonly clock: Clock; readonly log: Log; readonly revocation: Pick<AgentRevocation, "sweep"> }) {}

  start(): void {
    this.timer = this.deps.clock.every(SWEEP_MS, () => {
      this.last = this.deps.revocation
        .sweep()
        .catch((error: unknown) => this.deps.log.warn({ err: error }, "the sweep for revoked agents failed"));
      return this.last;
    });
  }

  /** Resolves when the round under way is over. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    await this.last;
  }
}
