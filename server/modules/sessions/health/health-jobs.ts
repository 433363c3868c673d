import type { Clock } from "../../../platform/clock";
import type { Log } from "../../../platform/log";
import { Rounds } from "../../../platform/rounds";
import type { HealthRestarts } from "./health-restarts-service";

/** Looks for unhealthy sessions that are to be restarted, on the clock. */
export class HealthJobs extends Rounds {
  constructor(private readonly deps: { readonly clock: Clock; readonly log: Log; readonly healthRestarts: HealthRestarts }) {
    super({ ...deps, everyMs: 2_000, failed: "the sweep for unhealthy sessions failed" });
  }

  sweep(): Promise<void> {
    const { healthRestarts, log } = this.deps;
    return healthRestarts.sweep((error, sessionId) => log.warn({ err: error, sessionId }, "an unhealthy session could not be restarted"));
  }
}
