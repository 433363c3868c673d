import { BerthError } from "@berth/protocol/errors";
import type { Tx } from "../../platform/database";
import type { AgentsService } from "../agents/agents-service";
import type { SessionRow } from "./sessions-store";
import type { AfterCommit, WarmPoolService } from "./warm-pool/warm-pool-service";

/**
 * Room for a session at the agent that it has. Call under the placement lock, and do what it returns after commit. Throws as placement does,
 * and AGENT_NOT_FOUND where the agent was removed.
 */
export async function demandRoomToWake(
  tx: Tx,
  row: SessionRow,
  { agents, warmPool }: { readonly agents: AgentsService; readonly warmPool: WarmPoolService },
): Promise<AfterCommit> {
  if (!row.agent) throw new BerthError("AGENT_NOT_FOUND", `The agent of '${row.name}' was removed; its home is gone with it`);
  const fleet = (await agents.fleet(tx)).map((agent) =>
    // A drained host takes no new sessions, but those that it has go on.
    agent.id === row.agentId && agent.status === "draining" ? { ...agent, status: "online" as const } : agent,
  );
  const held = row.observed === "running" || row.observed === "starting" || row.observed === "frozen";
  const request = {
    homeAgentId: row.agent.id,
    cpuMillicores: held ? 0 : row.cpuMillicores,
    memoryBytes: held ? 0 : Number(row.memoryBytes),
  };
  return (await warmPool.place(tx, request, fleet)).after;
}
