import { BerthError } from "@berth/protocol/errors";
import { FILES_AT_REST } from "@berth/protocol/session-files";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { agentStatus } from "../../agents/agent-status";
import { demandRunning } from "../running-session";
import { sessionMissing } from "../sessions-service";
import { findSession, type SessionRow } from "../sessions-store";

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

/** It is hibernated and keeps a home, whose files can be reached. */
export const rests = (row: SessionRow): boolean =>
  row.desired === "hibernated" && (row.observed === "stopped" || row.observed === "frozen") && row.homeId !== null;

/** Of a session that rests. Throws AGENT_OFFLINE, and AGENT_TOO_OLD for an agent that reaches no home of such. */
export function homePlaceOf(row: SessionRow, now: Date): SessionPlace {
  const { agent } = row;
  if (!agent?.connectionId || agentStatus(agent, now).status === "offline")
    throw new BerthError("AGENT_OFFLINE", `Agent '${agent?.name ?? "?"}' is not connected; the home of '${row.name}' can't be reached`);
  if (!agent.capabilities.includes(FILES_AT_REST))
    throw new BerthError(
      "AGENT_TOO_OLD",
      `Agent '${agent.name}' is too old to reach the home of a session that does not run; update it, or wake '${row.name}'`,
    );
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
