import { AGENT_API } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { demandRunning } from "./running-session";
import { sessionMissing } from "./sessions-service";
import { findSession } from "./sessions-store";

/** Where a session runs, for what is done inside it. */
export interface ReachedSession {
  readonly sessionId: string;
  readonly name: string;
  readonly ownerId: string;
  /** UUID. */
  readonly agentId: string;
  readonly agentName: string;
}

/** Finds the way into sessions that run. Whoever calls has asked the policy. */
export class SessionReach {
  constructor(private readonly deps: { readonly database: Database; readonly clock: Clock }) {}

  /** Throws SESSION_NOT_FOUND, SESSION_NOT_RUNNING, AGENT_OFFLINE, and AGENT_TOO_OLD for an agent without `capability`. */
  async running(id: string, capability: string): Promise<ReachedSession> {
    const row = await findSession(this.deps.database, id);
    if (!row) throw sessionMissing(id);
    demandRunning(row, this.deps.clock.now());
    const { agent } = row;
    if (![AGENT_API, capability].every((one) => agent.capabilities.includes(one)))
      throw new BerthError("AGENT_TOO_OLD", `Agent '${agent.name}' can't do this inside sessions; update it`);
    return { sessionId: row.id, name: row.name, ownerId: row.userId, agentId: agent.id, agentName: agent.name };
  }
}
