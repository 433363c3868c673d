import { BerthError } from "@berth/protocol/errors";
import type { Bus, BusEvent } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import { type Database, lock } from "../../../platform/database";
import type { AuditService } from "../../audit/audit-service";
import type { SessionChanges } from "../session-changes";
import { sessionMissing } from "../sessions-service";
import { findSession } from "../sessions-store";
import { findIdleSessions, noteActivity } from "./idle-store";
import { idleAt, REPORTS_TAKE_MS, spanWords } from "./idle-time";

export interface IdleDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly changes: SessionChanges;
}

/** Hibernates sessions that nobody uses. Use is input that agents report, a start, or a person who says that they stay. */
export class IdleService {
  constructor(private readonly deps: IdleDeps) {}

  /** Counts as input now. Throws SESSION_NOT_FOUND, and SESSION_NOT_RUNNING where it comes too late. */
  async stay(id: string): Promise<void> {
    const event = await this.deps.database.$transaction(async (tx): Promise<BusEvent> => {
      await lock(tx, "session", id);
      const row = await findSession(tx, id);
      if (!row) throw sessionMissing(id);
      if (row.desired !== "running" || row.observed !== "running")
        throw new BerthError("SESSION_NOT_RUNNING", `'${row.name}' does not run any more; wake it to go on`);
      await noteActivity(tx, id, this.deps.clock.now());
      return { kind: "session", sessionId: id, userId: row.userId, agentId: row.agentId };
    });
    await this.deps.bus.publish(event);
  }

  /** Hibernates what has been idle for too long. Each by itself: one that fails keeps no other from it. */
  async sweep(failed: (error: unknown, sessionId: string) => void): Promise<void> {
    for (const id of await findIdleSessions(this.deps.database, this.deps.clock.now(), REPORTS_TAKE_MS)) {
      await this.hibernate(id).catch((error: unknown) => failed(error, id));
    }
  }

  private async hibernate(id: string): Promise<void> {
    const { database, clock, changes, audit } = this.deps;
    const events = await database.$transaction(async (tx) => {
      await lock(tx, "session", id);
      const row = await findSession(tx, id);
      // Looked at again under its lock: somebody may have typed since.
      const due = row && idleAt(row);
      if (!row || !due || due.getTime() + REPORTS_TAKE_MS > clock.now().getTime()) return [];
      const after = spanWords(row.idleTimeoutSeconds);
      const changed = await changes.apply(tx, row, { kind: "idle" }, { actorId: null, message: `Hibernated after ${after} without input` });
      if (changed)
        await audit.record(
          tx,
          { kind: "system" },
          {
            action: "sessions.hibernate",
            target: { kind: "session", id },
            details: { name: row.name, owner: row.user.username, reason: "idle", after },
          },
        );
      return changed?.events ?? [];
    });
    await this.deps.bus.publish(...events);
  }
}
