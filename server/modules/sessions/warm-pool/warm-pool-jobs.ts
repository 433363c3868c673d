import { type Bus, type BusEvent, isUsageAlone } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Log } from "../../../platform/log";
import { Rounds } from "../../../platform/rounds";
import { WARM_POOL_OWNER } from "../../users/warm-pool-owner";
import type { WarmPoolService } from "./warm-pool-service";

/** Whoever took a session opens its screen now: another start beside that would slow it down. */
const AFTER_CLAIM_MS = 2_000;

interface WarmPoolJobsDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly warmPool: Pick<WarmPoolService, "refill">;
}

/** Keeps the warm pools full: on the clock, and as soon as something happens that may leave one short. */
export class WarmPoolJobs extends Rounds {
  constructor(private readonly deps: WarmPoolJobsDeps) {
    super({ ...deps, everyMs: 10_000, failed: "the warm pools could not be filled", on: { bus: deps.bus, within: leavesOneShort } });
  }

  sweep(): Promise<void> {
    return this.deps.warmPool.refill();
  }
}

function leavesOneShort(event: BusEvent): number | null {
  if ((event.kind === "agent" && !isUsageAlone(event)) || event.kind === "template") return 0;
  return event.kind === "session" && event.userId === WARM_POOL_OWNER ? AFTER_CLAIM_MS : null;
}
