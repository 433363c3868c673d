import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { Rounds } from "../../platform/rounds";
import type { AgentGateway } from "../tasks/agent-gateway";
import { findAgentsWithUnsettledSessions } from "./sessions-store";

const UNSETTLED_MS = 60_000;

interface SessionsJobsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: AgentGateway;
}

/** Where a session has been on its way for a minute, the engine is asked: the inventory that comes back settles it. */
export class SessionsJobs extends Rounds {
  constructor(private readonly deps: SessionsJobsDeps) {
    super({ ...deps, everyMs: 30_000, failed: "the sweep for unsettled sessions failed" });
  }

  async sweep(): Promise<void> {
    const { database, clock, gateway } = this.deps;
    const since = new Date(clock.now().getTime() - UNSETTLED_MS);
    for (const { agentId } of await findAgentsWithUnsettledSessions(database, since)) {
      if (agentId && gateway.isConnected(agentId)) gateway.send(agentId, { type: "inventory_request" });
    }
  }
}
