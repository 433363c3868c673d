import { BerthError } from "@berth/protocol/errors";
import type { Bus, BusEvent } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import { type Database, lock, type Tx } from "../../../platform/database";
import { agentStatus } from "../../agents/agent-status";
import type { AgentsService } from "../../agents/agents-service";
import { healthView } from "../health/session-health";
import type { SessionChanges } from "../session-changes";
import { isOver, sessionPhase } from "../session-status";
import { isStranded } from "../session-views";
import type { SessionEventKind } from "../sessions-schema";
import { findSession, insertEvent, type SessionRow } from "../sessions-store";
import { demandRoomToWake } from "../wake-room";
import type { AfterCommit, WarmPoolService } from "../warm-pool/warm-pool-service";
import { patienceMs, stepUpdate, type UpdateStep } from "./version-step";
import { openStatus, versionEvents, versionWords } from "./version-views";
import { findOpenUpdates, findUpdate, type UpdateRow, writeUpdate, writeVersion } from "./versions-store";

export interface VersionUpdatesDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly agents: AgentsService;
  readonly warmPool: WarmPoolService;
  readonly changes: SessionChanges;
  readonly healthySeconds: number;
}

interface Done {
  readonly events: BusEvent[];
  readonly after?: AfterCommit | undefined;
}

/** Carries updates on: each step is taken from what the rows say, under the session's lock, so that any control plane may take it, at any time. */
export class VersionUpdates {
  constructor(private readonly deps: VersionUpdatesDeps) {}

  /** Takes the next step of each that has one; `failed` is told of those where that was not possible. Says whether any waits for time to pass. */
  async sweep(failed: (error: unknown, sessionId: string) => void): Promise<boolean> {
    const open = await findOpenUpdates(this.deps.database);
    for (const { id, sessionId, status } of open)
      await this.advance(id, sessionId, status).catch((error: unknown) => failed(error, sessionId));
    return open.some(({ status }) => status === "checking" || status === "replacing");
  }

  private async advance(id: string, sessionId: string, status: string): Promise<void> {
    const { database, bus } = this.deps;
    const checks = status === "replacing" || status === "checking";
    const { events, after } = await database.$transaction(async (tx): Promise<Done> => {
      // Going back may need room, and that lock comes before the session's.
      if (checks) await lock(tx, "agent", "placement");
      await lock(tx, "session", sessionId);
      const [update, row] = [await findUpdate(tx, id), await findSession(tx, sessionId)];
      if (!update?.openSessionId || !row || update.status !== status) return { events: [] };
      return this.take(tx, update, row, this.stepOf(update, row));
    });
    after?.tell();
    await bus.publish(...(after?.events ?? []), ...events);
  }

  private stepOf(update: UpdateRow, row: SessionRow): UpdateStep {
    const now = this.deps.clock.now();
    const stored = { ...update, status: openStatus(update), pulled: update.pulledAt !== null };
    const reachable = row.agent !== null && agentStatus(row.agent, now).status !== "offline";
    const health = healthView(sessionPhase(row, !reachable), row.generation, row.health).word;
    return stepUpdate(stored, { ...row, reachable, stranded: isStranded(row), health }, now, this.deps.healthySeconds * 1000);
  }

  private async take(tx: Tx, update: UpdateRow, row: SessionRow, step: UpdateStep): Promise<Done> {
    const now = this.deps.clock.now();
    const giveUpAt = update.giveUpAt ?? new Date(now.getTime() + patienceMs(this.deps.healthySeconds * 1000));
    switch (step.kind) {
      case "wait":
        return { events: [] };
      case "arm": {
        await writeVersion(tx, row.id, { ...this.wanted(update), updatedAt: now });
        const message = `${versionWords(update, "to")} is used when the session is woken, and checked then`;
        await writeUpdate(tx, update.id, {
          status: "waiting",
          message,
          progress: null,
          generation: null,
          healthySince: null,
          giveUpAt: null,
        });
        return { events: versionEvents(row) };
      }
      case "replace": {
        const message = `${versionWords(update, "to")} takes the place of ${versionWords(update, "from")}; home and variables stay`;
        const changed = await this.deps.changes.apply(
          tx,
          row,
          { kind: "replace" },
          { actorId: update.requestedById, message, columns: this.wanted(update) },
        );
        await writeUpdate(tx, update.id, {
          status: "replacing",
          message: "The new version starts",
          progress: null,
          generation: changed?.row.generation ?? null,
        });
        return { events: [...(changed?.events ?? []), ...versionEvents(row)] };
      }
      case "watch_start":
        await writeUpdate(tx, update.id, {
          status: "replacing",
          message: "The new version starts",
          generation: row.generation,
          healthySince: null,
        });
        return { events: versionEvents(row) };
      case "check": {
        const message = `The new version runs; it is kept when it was healthy for ${this.deps.healthySeconds} s`;
        await writeUpdate(tx, update.id, {
          status: "checking",
          message,
          generation: row.generation,
          healthySince: step.healthySince,
          giveUpAt,
        });
        return { events: versionEvents(row) };
      }
      case "roll_back":
        return this.rollBack(tx, update, row, step.reason);
      case "end":
        return this.end(tx, update, row, step);
    }
  }

  /** The old image at the next generation; without room to start it the session stays down, with the old image. */
  private async rollBack(tx: Tx, update: UpdateRow, row: SessionRow, reason: string): Promise<Done> {
    const columns = this.former(update);
    const words = `${versionWords(update, "to")} was given up: ${reason}`;
    let after: AfterCommit;
    try {
      after = await demandRoomToWake(tx, row, this.deps);
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      await writeVersion(tx, row.id, { ...columns, updatedAt: this.deps.clock.now() });
      const message = `${words}. The session has ${versionWords(update, "from")} again and is not started: ${error.message}`;
      return { events: await this.close(tx, update, row, { status: "rolled_back", message, kind: "version_rolled_back", reason }) };
    }
    const message = `${words}. It goes back to ${versionWords(update, "from")}`;
    const changed = await this.deps.changes.apply(tx, row, { kind: "replace" }, { actorId: null, message, columns });
    await writeUpdate(tx, update.id, {
      status: "rolling_back",
      message,
      reason,
      generation: changed?.row.generation ?? null,
      healthySince: null,
    });
    return { events: [...(changed?.events ?? []), ...versionEvents(row)], after };
  }

  private async end(tx: Tx, update: UpdateRow, row: SessionRow, step: Extract<UpdateStep, { kind: "end" }>): Promise<Done> {
    const { status, message } = step;
    const rollingBack = update.status === "rolling_back";
    switch (status) {
      case "done": {
        const words = `Updated to ${versionWords(update, "to")}`;
        return { events: await this.close(tx, update, row, { status, message: words, kind: "version_updated" }) };
      }
      case "rolled_back": {
        const words = `${versionWords(update, "to")} was given up: ${update.reason ?? ""}. The session has ${versionWords(update, "from")} again`;
        return { events: await this.close(tx, update, row, { status, message: words, kind: "version_rolled_back" }) };
      }
      case "failed": {
        if (!rollingBack) return { events: await this.close(tx, update, row, { status, message, kind: "update_failed" }) };
        const both = `${versionWords(update, "to")} was given up: ${update.reason ?? ""}. Going back to ${versionWords(update, "from")} failed as well: ${message}`;
        const { desired, observed, generation, failureCode } = row;
        if (!isOver(row))
          await tx.session.updateMany({
            where: { id: row.id, desired, observed, generation, failureCode },
            data: { failureMessage: both },
          });
        return { events: await this.close(tx, update, row, { status, message: both, kind: "update_failed" }) };
      }
      case "cancelled":
        return { events: await this.close(tx, update, row, { status, message, kind: "update_cancelled" }) };
    }
  }

  private async close(
    tx: Tx,
    update: UpdateRow,
    row: SessionRow,
    end: { status: "done" | "rolled_back" | "failed" | "cancelled"; message: string; kind: SessionEventKind; reason?: string },
  ): Promise<BusEvent[]> {
    const now = this.deps.clock.now();
    const { status, message, kind, reason } = end;
    await writeUpdate(tx, update.id, {
      status,
      message,
      openSessionId: null,
      finishedAt: now,
      progress: null,
      ...(reason === undefined ? {} : { reason }),
    });
    await insertEvent(tx, { sessionId: row.id, at: now, kind, message, actorId: null });
    return versionEvents(row);
  }

  private wanted = (update: UpdateRow) => ({ image: update.toOwnImage, templateVersion: update.toTemplateVersion });

  /** A tag that meant another image before is gone back behind by the engine's own name for that. */
  private former(update: UpdateRow) {
    const moved = update.fromImage === update.toImage && update.fromImageId !== null && update.fromImageId !== update.toImageId;
    return { image: moved ? update.fromImageId : update.fromOwnImage, templateVersion: update.fromTemplateVersion };
  }
}
