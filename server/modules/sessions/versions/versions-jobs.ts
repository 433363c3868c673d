import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Log } from "../../../platform/log";
import { Rounds } from "../../../platform/rounds";
import type { VersionUpdates } from "./version-updates-service";

/** What happens within this time is looked at together. */
const GATHER_MS = 100;
/** While one is looked at for how long it is healthy. */
const WATCH_MS = 1_000;
/** The safety net under the bus. */
export const SWEEP_MS = 5_000;

interface VersionsJobsDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly updates: Pick<VersionUpdates, "sweep">;
}

/** Carries updates of sessions on whenever one or its session changed, and as time passes. */
export class VersionsJobs extends Rounds {
  constructor(private readonly deps: VersionsJobsDeps) {
    super({
      ...deps,
      everyMs: SWEEP_MS,
      atStart: true,
      failed: "the sweep for updates of sessions failed; trying again at the next",
      on: {
        bus: deps.bus,
        within: (event) =>
          event.kind === "session" || (event.kind === "inside" && (event.about === "version" || event.about === "health"))
            ? GATHER_MS
            : null,
      },
    });
  }

  async sweep(): Promise<void> {
    const { updates, log } = this.deps;
    const watching = await updates.sweep((error, sessionId) =>
      log.warn({ err: error, sessionId }, "an update of a session could not be carried on; the next sweep tries again"),
    );
    if (watching) this.within(WATCH_MS);
  }
}
