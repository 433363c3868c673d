import type { Bus, BusEvent } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import { type Database, lock, type Tx } from "../../../platform/database";
import type { AuditService } from "../../audit/audit-service";
import type { TasksService } from "../../tasks/tasks-service";
import type { TemplatesService } from "../../templates/templates-service";
import type { SessionChanges } from "../session-changes";
import { findSession } from "../sessions-store";
import { findDueRestarts, findHealth, takeRestart } from "./health-store";
import { recentRestarts } from "./restart-plan";

export interface HealthRestartsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly tasks: TasksService;
  readonly templates: TemplatesService;
  readonly changes: SessionChanges;
  /** Somebody else decides of it for now, as while its version is being changed: it is left alone, and looked at again. */
  readonly inOtherHands: (tx: Tx, sessionId: string) => Promise<boolean>;
}

/** Restarts unhealthy sessions whose template says so, when it is time. That it is to be done is a column: whoever finds it due first does it. */
export class HealthRestarts {
  constructor(private readonly deps: HealthRestartsDeps) {}

  /** Each by itself: one that fails keeps no other from it. */
  async sweep(failed: (error: unknown, sessionId: string) => void): Promise<void> {
    for (const id of await findDueRestarts(this.deps.database, this.deps.clock.now()))
      await this.restart(id).catch((error: unknown) => failed(error, id));
  }

  private async restart(id: string): Promise<void> {
    const { database, clock, audit, tasks, templates, changes, bus } = this.deps;
    const events = await database.$transaction(async (tx): Promise<BusEvent[]> => {
      await lock(tx, "session", id);
      const [row, health] = [await findSession(tx, id), await findHealth(tx, id)];
      const now = clock.now();
      if (!row || !health?.restartAt || health.restartAt > now) return [];
      const stillSo = row.generation === health.generation && health.health === "unhealthy";
      const { health: policy } = await templates.ofVersion(tx, row.template, row.templateVersion);
      if (!stillSo || policy.onUnhealthy !== "restart") {
        await takeRestart(tx, health, { restartAt: null });
        return [];
      }
      // It sleeps, ends, can't be reached or is busy: later, if it is unhealthy then.
      if (row.desired !== "running" || row.observed !== "running" || !row.agent?.connectionId || row.agent.revokedAt) return [];
      if ((await tasks.openKinds(tx, id)).length > 0 || (await this.deps.inOtherHands(tx, id))) return [];
      const restarts = [...recentRestarts(health.restarts, now), now];
      const taken = await takeRestart(tx, health, { restartAt: null, restarts, restartGeneration: row.generation + 1 });
      if (!taken) return [];
      const message = `Restarted for being unhealthy (${restarts.length} of ${policy.maxRestarts} within an hour): ${health.reason ?? "its probes fail"}`;
      // Its processes get their time to end before they are made anew around the home.
      const ending = await changes.enqueue(tx, row, "hibernate", { actorId: null, mode: "stop" });
      const changed = await changes.apply(tx, row, { kind: "restart" }, { actorId: null, message: message.slice(0, 500) });
      await audit.record(
        tx,
        { kind: "system" },
        {
          action: "sessions.restart",
          target: { kind: "session", id },
          details: { name: row.name, owner: row.user.username, reason: "unhealthy", problem: health.reason, restart: restarts.length },
        },
      );
      const { userId } = row;
      return [...ending, ...(changed?.events ?? []), { kind: "inside", sessionId: id, userId, about: "health" }];
    });
    await bus.publish(...events);
  }
}
