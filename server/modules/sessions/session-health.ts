import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { agentStatus } from "../agents/agent-status";
import { type ContainerHealth, containerHealth } from "../containers/container-health";
import { isOver, sessionPhase } from "./session-status";
import { findSession } from "./sessions-store";

/** How a session is, as far as its phase tells. */
export async function healthOfSession(database: Database, clock: Clock, id: string): Promise<ContainerHealth> {
  const row = await findSession(database, id);
  if (!row) return "stopped";
  const offline = row.agent ? agentStatus(row.agent, clock.now()).status === "offline" : !isOver(row);
  return containerHealth(sessionPhase(row, offline));
}
