import { type Bus, isUsageAlone } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Log } from "../../../platform/log";
import { Rounds } from "../../../platform/rounds";
import type { SessionQueue } from "./session-queue";

/** What happens within this time is looked at together. */
export const GATHER_MS = 100;
/** The safety net under the bus. */
export const SWEEP_MS = 5_000;

interface SessionQueueJobsDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly queue: Pick<SessionQueue, "sweep">;
}

/** Tries the sessions that wait whenever room may have come: an agent or a session changed, or some seconds passed. */
export class SessionQueueJobs extends Rounds {
  constructor(private readonly deps: SessionQueueJobsDeps) {
    super({
      ...deps,
      everyMs: SWEEP_MS,
      atStart: true,
      failed: "sessions that wait could not be placed; trying again at the next sweep",
      on: {
        bus: deps.bus,
        within: (event) => ((event.kind === "session" || event.kind === "agent") && !isUsageAlone(event) ? GATHER_MS : null),
      },
    });
  }

  sweep(): Promise<void> {
    return this.deps.queue.sweep();
  }
}
