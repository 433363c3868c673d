import type { Clock } from "../../platform/clock";
import type { Log } from "../../platform/log";
import { Rounds } from "../../platform/rounds";
import type { AgentRevocation } from "./agent-revocation";

/** Goes on with revocations that were left half-way. */
export class AgentRevocationJobs extends Rounds {
  constructor(private readonly deps: { readonly clock: Clock; readonly log: Log; readonly revocation: Pick<AgentRevocation, "sweep"> }) {
    super({ ...deps, everyMs: 5_000, failed: "the sweep for revoked agents failed" });
  }

  sweep(): Promise<void> {
    return this.deps.revocation.sweep();
  }
}
