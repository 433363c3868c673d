import type { AgentsService } from "../agents/agents-service";
import type { SessionsService } from "../sessions/sessions-service";
import type { WarmPoolService } from "../sessions/warm-pool/warm-pool-service";
import type { TasksService } from "../tasks/tasks-service";
import type { WebhooksService } from "../webhooks/webhooks-service";
import type { FleetFigures } from "./fleet-figures";

/** What metrics tell of the fleet, as it is now. */
export async function readFleetFigures(
  agents: AgentsService,
  sessions: SessionsService,
  warmPool: WarmPoolService,
  tasks: TasksService,
  webhooks: WebhooksService,
): Promise<FleetFigures> {
  const [tally, warm, stats, open, undelivered] = await Promise.all([
    sessions.tally(),
    warmPool.tally(),
    agents.stats(),
    tasks.openCounts(),
    webhooks.undelivered(),
  ]);
  return {
    sessions: tally,
    warm,
    agents: { online: stats.onlineAgents, offline: stats.offlineAgents, draining: stats.drainingAgents, degraded: stats.degradedAgents },
    slots: { used: stats.totalCapacity.currentSessions, all: stats.totalCapacity.maxSessions },
    tasks: open,
    webhooks: undelivered,
  };
}
