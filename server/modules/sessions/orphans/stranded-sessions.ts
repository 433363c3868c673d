import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus, BusEvent } from "../../../platform/bus";
import { type Database, lock } from "../../../platform/database";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { HomesService } from "../../homes/homes-service";
import type { Asker } from "../../users/users-schema";
import type { SessionChanges } from "../session-changes";
import { isOver } from "../session-status";
import { isStranded } from "../session-views";
import type { abandonSessionInput } from "../sessions-schema";
import { sessionMissing } from "../sessions-service";
import { deleteSession, findLiveSessionsOn, findSession, insertRevocationEvents } from "../sessions-store";

/** What becomes of the sessions of an agent that was revoked: nobody is asked to end them, so their people say. */
export class StrandedSessions {
  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly bus: Bus;
      readonly audit: AuditService;
      readonly homes: HomesService;
      readonly changes: SessionChanges;
    },
  ) {}

  /** Once the tasks of a revoked agent have ended: what was to end has, what waited in a pool is gone, and all others say why they can't be reached. */
  async leftBy(agent: { readonly id: string; readonly name: string; readonly revokedAt: Date }): Promise<void> {
    const { database, bus } = this.deps;
    for (const { id, desired, warmAt } of await findLiveSessionsOn(database, [agent.id]))
      if (warmAt || desired === "terminated") await bus.publish(...(await this.end(id, agent)));
    await insertRevocationEvents(database, agent.id, `Its agent '${agent.name}' was revoked`, agent.revokedAt);
    const left = await findLiveSessionsOn(database, [agent.id]);
    await bus.publish(...left.map(({ id, userId }): BusEvent => ({ kind: "session", sessionId: id, userId, agentId: agent.id })));
  }

  /** Ends a stranded session here. Throws INVALID_STATE_TRANSITION for one that has an agent, or has ended. */
  async abandon(asker: Asker, input: z.output<typeof abandonSessionInput>): Promise<void> {
    const events = await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "session", input.id);
      const row = await findSession(tx, input.id);
      if (!row) throw sessionMissing(input.id);
      if (!isStranded(row))
        throw new BerthError("INVALID_STATE_TRANSITION", `'${row.name}' has an agent, or has ended; terminate or delete it instead`);
      const kept = input.home === "keep" && row.home !== null;
      const message = `Ended here, where nobody is asked any more; on '${row.agent?.name}' its container may run on${kept ? `, and its home '${row.home?.volume}' is kept` : ""}`;
      const changed = await this.deps.changes.apply(tx, row, { kind: "never_sent" }, { actorId: asker.userId, message });
      const home = row.homeId && !kept ? [await this.deps.homes.forget(tx, { id: row.homeId, userId: row.userId })] : [];
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "sessions.abandon",
        target: { kind: "session", id: row.id },
        details: { name: row.name, owner: row.user.username, agent: row.agent?.name ?? null, home: input.home },
      });
      return [...(changed?.events ?? []), ...home];
    });
    await this.deps.bus.publish(...events);
  }

  private async end(id: string, agent: { readonly id: string; readonly name: string }): Promise<BusEvent[]> {
    return this.deps.database.$transaction(async (tx) => {
      await lock(tx, "session", id);
      const row = await findSession(tx, id);
      if (!row || row.agentId !== agent.id || isOver(row)) return [];
      if (row.warmAt) {
        await deleteSession(tx, id);
        const home = row.homeId ? [await this.deps.homes.forget(tx, { id: row.homeId, userId: row.userId })] : [];
        return [{ kind: "session", sessionId: id, userId: row.userId, agentId: agent.id }, ...home];
      }
      if (row.desired !== "terminated") return [];
      const message = `Its agent '${agent.name}' was revoked before it had removed the container`;
      return (await this.deps.changes.apply(tx, row, { kind: "never_sent" }, { actorId: null, message }))?.events ?? [];
    });
  }
}
