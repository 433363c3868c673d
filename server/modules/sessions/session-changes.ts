import { type HibernateMode, hibernateModeSchema } from "@berth/protocol/session-states";
import type { BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import type { TasksService } from "../tasks/tasks-service";
import type { Template } from "../templates/templates-schema";
import type { TemplatesService } from "../templates/templates-service";
import type { WebhookOutbox } from "../webhooks/webhook-outbox";
import type { SessionEnvironment } from "./environment/session-environment";
import { removeFromQueue } from "./queue/session-queue-store";
import { renderHibernate, renderSpec, renderStop } from "./render-spec";
import { isOver, isWaiting } from "./session-status";
import { sessionWebhook } from "./session-webhook";
import { type SessionEvent, type SessionTask, step, transitionRefused } from "./sessions-lifecycle";
import type { SessionEventKind } from "./sessions-schema";
import { changeSession, findSession, insertEvent, type SessionRow } from "./sessions-store";

export interface SessionChangesDeps {
  readonly clock: Clock;
  readonly tasks: TasksService;
  readonly templates: TemplatesService;
  readonly outbox: WebhookOutbox;
  readonly environment: SessionEnvironment;
}

export interface ChangeContext {
  /** Who asked; null: the system or an agent. */
  readonly actorId: string | null;
  /** For the timeline, where the event's own words don't do. */
  readonly message?: string;
  /** For a hibernate. */
  readonly mode?: HibernateMode;
  /** For a stop: false ends the processes at once. */
  readonly graceful?: boolean;
  /** Other columns to write with the change. */
  readonly columns?: Prisma.SessionUncheckedUpdateManyInput;
}

const words: Partial<Record<SessionEventKind, string>> = {
  running: "The session is running",
  hibernate_requested: "Hibernation was asked for",
  hibernated: "The session is hibernated",
  wake_requested: "Waking was asked for",
  version_replaced: "Its container is made anew from another image",
  terminate_requested: "Termination was asked for",
  terminated: "The session has ended",
  container_lost: "The container is gone from its host",
  adopted: "The container that was found on the host was adopted",
  force_terminated: "The session was ended by force",
};

/** Applies lifecycle steps to rows: the guarded write, the timeline and the task that must follow, in the caller's transaction. */
export class SessionChanges {
  constructor(private readonly deps: SessionChangesDeps) {}

  /**
   * The session as it is after the event, and what to publish after commit; null where the event changes nothing. Hold the session's lock.
   * Throws INVALID_STATE_TRANSITION for what a person may not ask now.
   */
  async apply(
    tx: Tx,
    row: SessionRow,
    event: SessionEvent,
    context: ChangeContext,
  ): Promise<{ row: SessionRow; events: BusEvent[] } | null> {
    const stepped = step(row, event);
    if (!stepped.ok) throw transitionRefused(stepped.from, stepped.to);
    if (!stepped.change) return null;
    const { next, timeline, task, failureMessage } = stepped.change;
    const now = this.deps.clock.now();
    const ended = isOver(next) && !isOver(row);
    const written = await changeSession(tx, row.id, row, {
      desired: next.desired,
      observed: next.observed,
      generation: next.generation,
      failureCode: next.failureCode,
      failureMessage,
      ...(timeline === "running" ? { startedAt: now } : {}),
      ...(ended ? { terminatedAt: now } : event.kind === "adopted" ? { terminatedAt: null, lastActivityAt: now } : {}),
      ...context.columns,
      updatedAt: now,
    });
    if (!written) throw new Error(`session ${row.id} changed while its lock was held`);
    if (timeline) {
      const message = context.message ?? failureMessage ?? words[timeline] ?? timeline;
      await insertEvent(tx, { sessionId: row.id, at: now, kind: timeline, message, actorId: context.actorId });
    }
    const after = await this.find(tx, row.id);
    // What waits in a warm pool is nobody's to hear of.
    const told = row.warmAt ? null : sessionWebhook(row, after, timeline);
    if (told) await this.deps.outbox.write(tx, told);
    const events: BusEvent[] = [{ kind: "session", sessionId: row.id, userId: row.userId, agentId: after.agentId }];
    if (isWaiting(row)) {
      // Placed or ended: it waits no more, and those behind it move up.
      await removeFromQueue(tx, row.id);
      events.push({ kind: "queue" });
    }
    if (task) events.push(...(await this.enqueue(tx, after, task, context)));
    return { row: after, events };
  }

  /** A session that ran before it was anybody's runs for its owner from now on: what is told of a start is told then. */
  async claimed(tx: Tx, row: SessionRow): Promise<void> {
    const told = sessionWebhook({ ...row, startedAt: null }, row, "running");
    if (told) await this.deps.outbox.write(tx, told);
  }

  /** One instruction to the session's agent; a stop is not asked for twice. */
  async enqueue(
    tx: Tx,
    row: SessionRow,
    task: SessionTask,
    context: Pick<ChangeContext, "actorId" | "mode" | "graceful"> & {
      /** Of one that was made in this transaction: its variables, remembered in its row already, and its template in its version. */
      readonly begun?: { readonly environment: Record<string, string>; readonly template: Template };
    },
  ): Promise<BusEvent[]> {
    if (!row.agentId || row.agent?.revokedAt) return [];
    if (task === "stop" && (await this.deps.tasks.openKinds(tx, row.id)).includes("session.stop")) return [];
    const common = { agentId: row.agentId, sessionId: row.id, generation: row.generation, createdById: context.actorId };
    switch (task) {
      case "start":
      case "wake": {
        const environment = context.begun?.environment ?? (await this.deps.environment.forStart(tx, row));
        const template = context.begun?.template ?? (await this.deps.templates.ofVersion(tx, row.template, row.templateVersion));
        const data = renderSpec({ ...row, environment }, template);
        return [await this.deps.tasks.enqueue(tx, { ...common, kind: task === "start" ? "session.start" : "session.wake", data })];
      }
      case "hibernate": {
        const mode = context.mode ?? hibernateModeSchema.parse(row.hibernateMode);
        return [await this.deps.tasks.enqueue(tx, { ...common, kind: "session.hibernate", data: renderHibernate(row, mode) })];
      }
      case "stop":
        return [await this.deps.tasks.enqueue(tx, { ...common, kind: "session.stop", data: renderStop(row, context.graceful ?? true) })];
    }
  }

  private async find(tx: Tx, id: string): Promise<SessionRow> {
    const row = await findSession(tx, id);
    if (!row) throw new Error(`session ${id} vanished while its lock was held`);
    return row;
  }
}
