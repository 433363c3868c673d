import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Database } from "../../platform/database";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import { agentMissing } from "./agent-missing";
import type { updateAgentInput } from "./agents-schema";
import { findAgent, updateAgent } from "./agents-store";
import { labelsOf, withGiven, withoutGiven } from "./given-labels";

/** What operators say of an agent, over what it says of itself: given by its token at first, changed here. */
export class AgentLabelsService {
  constructor(private readonly deps: { readonly database: Database; readonly bus: Bus; readonly audit: AuditService }) {}

  /** In place of what was given before; what is not named stays. The agent's own come back where they are covered no more, at its next word. */
  async change(asker: Asker, { id, labels, capabilities, nodeApiUrl }: z.output<typeof updateAgentInput>): Promise<void> {
    const agentId = await this.deps.database.$transaction(async (tx) => {
      const row = await findAgent(tx, id);
      if (!row) throw agentMissing(id);
      const given = { givenLabels: labels ?? labelsOf(row.givenLabels), givenCapabilities: capabilities ?? row.givenCapabilities };
      await updateAgent(tx, row.id, {
        ...given,
        ...withGiven(given, withoutGiven(row)),
        ...(nodeApiUrl === undefined ? {} : { nodeApiUrl }),
      });
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "agents.update",
        target: { kind: "agent", id: row.id },
        details: {
          name: row.name,
          ...(labels ? { labels: Object.entries(labels).map(([name, value]) => `${name}=${value}`) } : {}),
          ...(capabilities ? { capabilities } : {}),
          ...(nodeApiUrl === undefined ? {} : { nodeApiUrl }),
        },
      });
      return row.id;
    });
    await this.deps.bus.publish({ kind: "agent", agentId });
  }
}
