import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { AgentGateway } from "../tasks/agent-gateway";
import { findAgentsWithUnsettledSessions } from "./sessions-store";

const SWEEP_MS = 30_000;
const UNSETTLED_MS = 60_000;

/** Where a session has been on its way for a minute, the engine is asked: the inventory that comes back settles it. */
export class SessionsJobs {
  private timer: Timer | null = null;

  constructor(
    private readonly deps: { readonly database: Database; readonly clock: Clock; readonly log: Log; readonly gateway: AgentGateway },
  ) {}

  start(): void {
    this.timer = this.deps.clock.every(SWEEP_MS, () =>
      this.sweep().catch((error) => this.deps.log.warn({ err: error }, "the sweep for unsettled sessions failed")),
    );
  }

  stop(): void {
    this.timer?.cancel();
  }

  async sweep(): Promise<void> {
    const since = new Date(this.deps.clock.now().getTime() - UNSETTLED_MS);
    for (const { agentId } of await findAgentsWithUnsettledSessions(this.deps.database, since)) {
      if (agentId && this.deps.gateway.isConnected(agentId)) this.deps.gateway.send(agentId, { type: "inventory_request" });
    }
  }
}
