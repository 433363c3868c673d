import { BerthError } from "@berth/protocol/errors";
import { observedStateSchema } from "@berth/protocol/session-states";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import { type Database, lock } from "../../platform/database";
import { agentMissing } from "../agents/agent-missing";
import type { orphanInput } from "../agents/agents-schema";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import { deleteOrphan, findAgentByRef, findOrphan } from "./orphans-store";
import type { SessionChanges } from "./session-changes";
import { isOver } from "./session-status";
import { findSession } from "./sessions-store";

/** Gives a container that an inventory found back to the session on its label. */
export class SessionAdoption {
  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly bus: Bus;
      readonly audit: AuditService;
      readonly changes: SessionChanges;
    },
  ) {}

  /** Throws ORPHAN_NOT_FOUND, SESSION_NOT_FOUND where no session has that id, and INVALID_STATE_TRANSITION where the container is older than the session. */
  async adopt(asker: Asker, input: z.output<typeof orphanInput>): Promise<void> {
    const events = await this.deps.database.$transaction(async (tx) => {
      const agent = await findAgentByRef(tx, input.id);
      if (!agent) throw agentMissing(input.id);
      const orphan = await findOrphan(tx, agent.id, input.containerId);
      if (!orphan) throw new BerthError("ORPHAN_NOT_FOUND", `'${agent.name}' has no orphan '${input.containerId}'`);
      await lock(tx, "session", orphan.sessionId);
      const row = await findSession(tx, orphan.sessionId);
      if (!row || row.warmAt)
        throw new BerthError("SESSION_NOT_FOUND", `The session of this container was deleted; the container can only be removed`);
      if (!isOver(row) && row.agentId === agent.id)
        throw new BerthError("INVALID_STATE_TRANSITION", `'${row.name}' has a container of its own on '${agent.name}'`);
      const event = { kind: "adopted", generation: orphan.generation, observed: observedStateSchema.parse(orphan.observed) } as const;
      const columns = { agentId: agent.id, platform: agent.platform, containerId: orphan.containerId, podName: orphan.name };
      const changed = await this.deps.changes.apply(tx, row, event, { actorId: asker.userId, columns });
      await deleteOrphan(tx, agent.id, orphan.containerId);
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "sessions.adopt",
        target: { kind: "session", id: row.id },
        details: { name: row.name, agent: agent.name, containerId: orphan.containerId },
      });
      return [...(changed?.events ?? []), { kind: "agent", agentId: agent.id } as const];
    });
    await this.deps.bus.publish(...events);
  }
}
