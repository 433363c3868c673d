import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { demandRunning } from "./running-session";
import { sessionMissing } from "./sessions-service";
import { findSession, type SessionRow } from "./sessions-store";

/** Where a session runs, for what is done inside it. */
export interface SessionPlace {
  readonly sessionId: string;
  /** UUID. */
  readonly agentId: string;
  readonly agentName: string;
}

/** Throws SESSION_NOT_RUNNING, SESSION_TERMINATING, AGENT_OFFLINE, and AGENT_TOO_OLD for an agent without `capability`. */
export function placeOf(row: SessionRow, now: Date, capability: string): SessionPlace {
  demandRunning(row, now);
  const { agent } = row;
  if (!agent.capabilities.includes(capability))
    throw new BerthError("AGENT_TOO_OLD", `Agent '${agent.name}' is too old to do this inside sessions; update it`);
  return { sessionId: row.id, agentId: agent.id, agentName: agent.name };
}

/** Finds the way into sessions that run. Whoever calls has asked the policy. */
export class SessionReach {
  constructor(private readonly deps: { readonly database: Database; readonly clock: Clock }) {}

  /** Throws SESSION_NOT_FOUND, and as `placeOf`. */
  async running(id: string, capability: string): Promise<SessionPlace> {
    const row = await findSession(this.deps.database, id);
    if (!row) throw sessionMissing(id);
    return placeOf(row, this.deps.clock.now(), capability);
  }
}
