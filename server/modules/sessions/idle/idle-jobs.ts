import type { Clock } from "../../../platform/clock";
import type { Log } from "../../../platform/log";
import { Rounds } from "../../../platform/rounds";
import type { IdleService } from "./idle-service";

/** Looks for idle sessions on the clock. */
export class IdleJobs extends Rounds {
  constructor(private readonly deps: { readonly clock: Clock; readonly log: Log; readonly idle: IdleService }) {
    super({ ...deps, everyMs: 10_000, failed: "the sweep for idle sessions failed" });
  }

  sweep(): Promise<void> {
    const { idle, log } = this.deps;
    return idle.sweep((error, sessionId) => log.warn({ err: error, sessionId }, "an idle session could not be hibernated"));
  }
}
