import type { z } from "zod";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { agentMissing } from "./agent-missing";
import type { agentUsageInput, agentUsageOutput } from "./agents-schema";
import { findAgent } from "./agents-store";
import { findUsage } from "./usage-store";

const HOUR_MS = 3_600_000;
/** So that an answer has 360 samples at most. */
const stepOfHours = { 1: 60, 6: 60, 24: 240 } as const;

/** What an agent's host was used by in the last hours. */
export class AgentUsageService {
  constructor(private readonly deps: { readonly database: Database; readonly clock: Clock }) {}

  /** By UUID or `agent_id`. */
  async of({ id, hours }: z.output<typeof agentUsageInput>): Promise<z.output<typeof agentUsageOutput>> {
    const agent = await findAgent(this.deps.database, id);
    if (!agent) throw agentMissing(id);
    const to = this.deps.clock.now();
    const from = new Date(to.getTime() - hours * HOUR_MS);
    const stepSeconds = stepOfHours[hours];
    return { from, to, stepSeconds, samples: await findUsage(this.deps.database, agent.id, from, stepSeconds) };
  }
}
