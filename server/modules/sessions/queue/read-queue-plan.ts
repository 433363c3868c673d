import type { Clock } from "../../../platform/clock";
import type { Database, Tx } from "../../../platform/database";
import type { AgentsService } from "../../agents/agents-service";
import { placementWishSchema } from "../placement/placement-wish";
import { planQueue, type QueuePlan } from "./queue-plan";
import { findQueue } from "./session-queue-store";

/** The queue against the fleet, as both are now. Hold the placement lock to rely on it. */
export async function readQueuePlan(
  db: Tx | Database,
  { agents, clock }: { readonly agents: Pick<AgentsService, "fleet">; readonly clock: Clock },
): Promise<QueuePlan> {
  const rows = await findQueue(db);
  const fleet = await agents.fleet(db);
  const queue = rows.map(({ sessionId, at, wish, cpuMillicores, memoryBytes }) => ({
    sessionId,
    since: at,
    request: { ...placementWishSchema.parse(wish), cpuMillicores, memoryBytes },
  }));
  return planQueue(queue, fleet, clock.now());
}
