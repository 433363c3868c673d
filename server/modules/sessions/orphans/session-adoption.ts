import { BerthError } from "@berth/protocol/errors";
import { observedStateSchema } from "@berth/protocol/session-states";
import type { z } from "zod";
import type { Bus, BusEvent } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import { type Database, lock, type Tx } from "../../../platform/database";
import { agentMissing, agentRevoked } from "../../agents/agent-missing";
import type { orphanInput } from "../../agents/agents-schema";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { HomesService } from "../../homes/homes-service";
import type { TasksService } from "../../tasks/tasks-service";
import type { Asker } from "../../users/users-schema";
import type { SessionChanges } from "../session-changes";
import { isOver } from "../session-status";
import { isStranded } from "../session-views";
import { sessionMissing } from "../sessions-service";
import { changeSession, findSession, insertEvent, type SessionRow } from "../sessions-store";
import { type AdopterRow, deleteOrphan, findAdopter, findAgentByRef, findOrphan, moveTasks, type OrphanRow } from "./orphans-store";

/** Gives sessions back what an inventory found of them, and those whose agent was revoked to the one that has its place. */
export class SessionAdoption {
  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly bus: Bus;
      readonly clock: Clock;
      readonly audit: AuditService;
      readonly homes: HomesService;
      readonly tasks: Pick<TasksService, "cancel">;
      readonly changes: SessionChanges;
    },
  ) {}

  /** Throws ORPHAN_NOT_FOUND, SESSION_NOT_FOUND where no session has that id, and INVALID_STATE_TRANSITION where the container is older than the session. */
  async adopt(asker: Asker, input: z.output<typeof orphanInput>): Promise<void> {
    const events = await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "agent", "placement");
      const agent = await findAgentByRef(tx, input.id);
      if (!agent) throw agentMissing(input.id);
      if (agent.revokedAt) throw agentRevoked(agent.name);
      const orphan = await findOrphan(tx, agent.id, input.containerId);
      if (!orphan) throw new BerthError("ORPHAN_NOT_FOUND", `'${agent.name}' has no orphan '${input.containerId}'`);
      await lock(tx, "session", orphan.sessionId);
      const row = await findSession(tx, orphan.sessionId);
      if (!row || row.warmAt)
        throw new BerthError("SESSION_NOT_FOUND", `The session of this container was deleted; the container can only be removed`);
      if (!isOver(row) && row.agentId === agent.id)
        throw new BerthError("INVALID_STATE_TRANSITION", `'${row.name}' has a container of its own on '${agent.name}'`);
      return this.take(tx, asker, row, agent, orphan);
    });
    await this.deps.bus.publish(...events);
  }

  /**
   * The session, its home and its tasks go from an agent that was revoked to one that found its container, or that was enrolled under the
   * same name. Throws INVALID_STATE_TRANSITION where its agent was not revoked, AGENT_REVOKED where no such agent is there yet.
   */
  async adoptStranded(asker: Asker, id: string): Promise<void> {
    const events = await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "agent", "placement");
      await lock(tx, "session", id);
      const row = await findSession(tx, id);
      if (!row) throw sessionMissing(id);
      if (!isStranded(row))
        throw new BerthError("INVALID_STATE_TRANSITION", `'${row.name}' has an agent, or has ended; there is nothing to adopt`);
      const adopter = await findAdopter(tx, row);
      if (!adopter) throw agentRevoked(row.agent?.name ?? "");
      return this.take(tx, asker, row, adopter.agent, adopter.orphan);
    });
    await this.deps.bus.publish(...events);
  }

  private async take(tx: Tx, asker: Asker, row: SessionRow, agent: AdopterRow, orphan: OrphanRow | null): Promise<BusEvent[]> {
    const events: BusEvent[] = [{ kind: "agent", agentId: agent.id }];
    // What its agent still had to say of it was ended when that was revoked.
    if (row.agent?.revokedAt) {
      events.push({ kind: "agent", agentId: row.agent.id });
      await moveTasks(tx, row.id, agent.id);
      if (row.homeId) events.push(await this.deps.homes.move(tx, { id: row.homeId, userId: row.userId }, agent.id));
    }
    if (orphan) {
      // Ended while its agent was away, its container still is to be removed: adopted, it is to stay.
      const { sentBefore } = await this.deps.tasks.cancel(tx, row.id, ["session.stop"]);
      if (sentBefore)
        throw new BerthError("INVALID_STATE_TRANSITION", `'${agent.name}' was told to remove the container of '${row.name}' and is at it`);
      const event = { kind: "adopted", generation: orphan.generation, observed: observedStateSchema.parse(orphan.observed) } as const;
      const columns = { agentId: agent.id, platform: agent.platform, containerId: orphan.containerId, podName: orphan.name };
      events.push(...((await this.deps.changes.apply(tx, row, event, { actorId: asker.userId, columns }))?.events ?? []));
      await deleteOrphan(tx, agent.id, orphan.containerId);
    } else events.push(...(await this.move(tx, asker, row, agent)));
    await this.deps.audit.record(tx, actorOf(asker), {
      action: "sessions.adopt",
      target: { kind: "session", id: row.id },
      details: { name: row.name, agent: agent.name, containerId: orphan?.containerId ?? null },
    });
    return events;
  }

  /** To an agent that has not named a container of it. One that said already what its host holds is believed: the container is gone. */
  private async move(tx: Tx, asker: Asker, row: SessionRow, agent: AdopterRow): Promise<BusEvent[]> {
    const now = this.deps.clock.now();
    await changeSession(tx, row.id, row, { agentId: agent.id, platform: agent.platform, updatedAt: now });
    const message = `The session goes on at '${agent.name}', which has the place of the agent that was revoked`;
    await insertEvent(tx, { sessionId: row.id, at: now, kind: "adopted", message, actorId: asker.userId });
    const moved = await findSession(tx, row.id);
    const gone = moved && agent.lastInventoryAt ? await this.deps.changes.apply(tx, moved, { kind: "missing" }, { actorId: null }) : null;
    return gone?.events ?? [{ kind: "session", sessionId: row.id, userId: row.userId, agentId: agent.id }];
  }
}
