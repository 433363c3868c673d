import { BerthError } from "@berth/protocol/errors";
import { SESSION_VERSIONS } from "@berth/protocol/session-versions";
import type { z } from "zod";
import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import { type Database, lock, type Tx } from "../../../platform/database";
import type { Ids } from "../../../platform/ids";
import { agentRevoked } from "../../agents/agent-missing";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { TasksService } from "../../tasks/tasks-service";
import type { Asker } from "../../users/users-schema";
import { renderPull } from "../render-spec";
import { isOver, isSettled, sessionState } from "../session-status";
import { isStranded } from "../session-views";
import { maySessions } from "../sessions-policy";
import { sessionMissing } from "../sessions-service";
import { findSession, insertEvent, type SessionRow } from "../sessions-store";
import { type ChoiceFacts, chooseVersion, mayHaveVersion, repositories } from "./image-choice";
import { imageName, sameRepository } from "./image-reference";
import { isCancellable, updateView, versionEvents, versionWords } from "./version-views";
import type { SessionUpdateView, UpdateStatus, updateVersionInput, versionsOutput } from "./versions-schema";
import {
  findCurrentVersion,
  findImagesOn,
  findOpenUpdate,
  findTemplateVersions,
  findUpdate,
  findUpdatesOf,
  findUsernames,
  insertUpdate,
  type UpdateRow,
  writeUpdate,
  writeVersion,
} from "./versions-store";

export interface VersionsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: AuditService;
  readonly tasks: TasksService;
  readonly healthySeconds: number;
}

/** What sessions are made from, and asking for another. Whoever calls has asked the policy for the action; which image it may be is asked here. */
export class VersionsService {
  constructor(private readonly deps: VersionsDeps) {}

  /** Throws SESSION_NOT_FOUND. */
  async list(asker: Asker, id: string): Promise<z.output<typeof versionsOutput>> {
    const { database, healthySeconds } = this.deps;
    const row = await findSession(database, id);
    if (!row) throw sessionMissing(id);
    const [facts, history, there] = await Promise.all([
      this.facts(database, asker, row),
      findUpdatesOf(database, id),
      row.agentId ? findImagesOn(database, row.agentId) : [],
    ]);
    const names = await findUsernames(
      database,
      history.map(({ requestedById }) => requestedById),
    );
    const views = history.map((update) => updateView(update, names.get(update.requestedById ?? "") ?? null));
    const { now, currentVersion } = facts;
    const used = new Set([
      now.image,
      ...history.flatMap(({ fromImage, toImage, status }) => (status === "done" ? [fromImage, toImage] : [fromImage])),
    ]);
    const own = repositories(facts);
    const known = [...new Set([...used, ...there])].filter(
      (image) => used.has(image) || own.some((one) => sameRepository(one, imageName(image).repository)),
    );
    return {
      containerId: id,
      current: { ...now, tag: imageName(now.image).tag },
      template: { name: row.template.name, currentVersion, newer: now.templateVersion < currentVersion },
      update: views.find(({ finishedAt }) => finishedAt === null) ?? null,
      templateVersions: facts.versions.map(({ version, image, note, createdAt }) => ({
        image,
        tag: imageName(image).tag,
        templateVersion: version,
        note,
        createdAt,
        current: version === now.templateVersion,
        allowed: mayHaveVersion(version, facts),
      })),
      images: known
        .filter((image) => imageName(image).repository !== "")
        .map((image) => ({ image, tag: imageName(image).tag, current: image === now.image, usedHere: used.has(image) })),
      history: views,
      may: { update: maySessions(asker, "version", row) === "allowed" && !isOver(row), anyImage: asker.role === "admin" },
      healthySeconds,
    };
  }

  /**
   * Begins an update, which goes on by itself. Throws INVALID_STATE_TRANSITION where it neither runs nor is hibernated, UPDATE_UNDER_WAY,
   * AGENT_TOO_OLD, AGENT_REVOKED, and as `chooseVersion`.
   */
  async update(asker: Asker, { containerId: id, ...wish }: z.output<typeof updateVersionInput>): Promise<SessionUpdateView> {
    const { database, clock, ids, tasks, audit, bus } = this.deps;
    const { update, events } = await database.$transaction(async (tx) => {
      await lock(tx, "session", id);
      const row = await findSession(tx, id);
      if (!row) throw sessionMissing(id);
      const under = await findOpenUpdate(tx, id);
      if (under)
        throw new BerthError(
          "UPDATE_UNDER_WAY",
          `'${row.name}' is being updated to ${under.toImage} already (${under.status}); wait for its end, or cancel it`,
        );
      const agentId = this.demandUpdatable(row);
      const facts = await this.facts(tx, asker, row);
      const target = chooseVersion(wish, facts);
      const ofTemplate = facts.versions.find(({ version }) => version === target.templateVersion)?.image;
      const now = clock.now();
      const common = { agentId, sessionId: id, generation: row.generation, createdById: asker.userId };
      const pull = await tasks.enqueue(tx, { ...common, kind: "session.pull", data: renderPull(row, target.image) });
      const update = await insertUpdate(tx, {
        id: ids.uuid(),
        sessionId: id,
        openSessionId: id,
        status: "pulling",
        message: `Image ${target.image} is fetched; the session goes on meanwhile`,
        fromImage: facts.now.image,
        fromOwnImage: row.image,
        fromTemplateVersion: row.templateVersion,
        toImage: target.image,
        toOwnImage: target.image === ofTemplate ? null : target.image,
        toTemplateVersion: target.templateVersion,
        pullTaskId: pull.taskId,
        requestedById: asker.userId,
        createdAt: now,
      });
      const message = `${asker.username} asked for an update from ${versionWords(update, "from")} to ${versionWords(update, "to")}`;
      await insertEvent(tx, { sessionId: id, at: now, kind: "update_requested", message, actorId: asker.userId });
      await audit.record(tx, actorOf(asker), {
        action: "sessions.update_version",
        target: { kind: "session", id },
        details: { name: row.name, owner: row.user.username, from: versionWords(update, "from"), to: versionWords(update, "to") },
      });
      return { update, events: [pull, ...versionEvents(row)] };
    });
    await bus.publish(...events);
    return updateView(update, asker.username);
  }

  /** Leaves the session as it was. Throws UPDATE_NOT_CANCELLABLE where none is under way, or the old container was taken away already. */
  async cancel(asker: Asker, id: string): Promise<SessionUpdateView> {
    const { database, clock, tasks, audit, bus } = this.deps;
    const { update, events, tell } = await database.$transaction(async (tx) => {
      await lock(tx, "session", id);
      const row = await findSession(tx, id);
      if (!row) throw sessionMissing(id);
      const open = await findOpenUpdate(tx, id);
      if (!open) throw new BerthError("UPDATE_NOT_CANCELLABLE", `'${row.name}' is not being updated`);
      if (!isCancellable(open))
        throw new BerthError(
          "UPDATE_NOT_CANCELLABLE",
          `The update of '${row.name}' can't be cancelled any more: its container is made anew already. It is rolled back by itself where it does not become healthy`,
        );
      const now = clock.now();
      if (open.status === "waiting")
        await writeVersion(tx, id, { image: open.fromOwnImage, templateVersion: open.fromTemplateVersion, updatedAt: now });
      const { tell } = await tasks.cancel(tx, id, ["session.pull"]);
      const message = `${asker.username} cancelled the update to ${versionWords(open, "to")}; nothing was changed`;
      const update = await writeUpdate(tx, open.id, { status: "cancelled", message, openSessionId: null, finishedAt: now });
      await insertEvent(tx, { sessionId: id, at: now, kind: "update_cancelled", message, actorId: asker.userId });
      await audit.record(tx, actorOf(asker), {
        action: "sessions.cancel_update",
        target: { kind: "session", id },
        details: { name: row.name, owner: row.user.username, to: versionWords(open, "to") },
      });
      return { update, events: versionEvents(row), tell };
    });
    tell();
    await bus.publish(...events);
    const names = await findUsernames(database, [update.requestedById]);
    return updateView((await findUpdate(database, update.id)) ?? update, names.get(update.requestedById ?? "") ?? null);
  }

  /** What listeners of the container control contract are told when a version changed; null: the session never had another. */
  async announcement(id: string): Promise<{ containerId: string; oldTag: string; newTag: string; status: UpdateStatus } | null> {
    const [last] = await findUpdatesOf(this.deps.database, id, 1);
    if (!last) return null;
    const { oldTag, newTag, status } = updateView(last, null);
    return { containerId: id, oldTag, newTag, status };
  }

  /** Whether its image is being changed right now: what becomes of it, healthy or not, the update decides. */
  async decides(tx: Tx, id: string): Promise<boolean> {
    const open = await findOpenUpdate(tx, id);
    return open !== null && !isCancellable(open);
  }

  private demandUpdatable(row: SessionRow): string {
    if (isStranded(row)) throw agentRevoked(row.agent?.name ?? "");
    const died = row.desired === "hibernated" && row.observed === "failed";
    const settled =
      row.desired !== "terminated" && (isSettled(row) || died || (row.desired === "hibernated" && row.observed === "removed"));
    if (!settled || !row.agentId || row.generation === 0)
      throw new BerthError(
        "INVALID_STATE_TRANSITION",
        `'${row.name}' is ${sessionState(row)}${settled ? " and was never started" : ""}; only a session that runs or is hibernated can be updated`,
      );
    if (!row.agent?.capabilities.includes(SESSION_VERSIONS))
      throw new BerthError("AGENT_TOO_OLD", `Agent '${row.agent?.name ?? ""}' is too old to update sessions; update it`);
    return row.agentId;
  }

  private async facts(db: Tx | Database, { role }: Asker, row: SessionRow) {
    const [versions, currentVersion, history] = await Promise.all([
      findTemplateVersions(db, row.template.id),
      findCurrentVersion(db, row.template.id),
      findUpdatesOf(db, row.id),
    ]);
    const image = row.image ?? versions.find(({ version }) => version === row.templateVersion)?.image ?? "";
    const had = history.flatMap(({ fromTemplateVersion }) => [fromTemplateVersion]);
    const now = { image: shownImage(image, history), templateVersion: row.templateVersion };
    return { role, session: row.name, template: row.template.name, now, versions, currentVersion, had } satisfies ChoiceFacts;
  }
}

/** An image that is pinned by the engine's own name is shown by the one that it had. */
function shownImage(image: string, history: readonly UpdateRow[]): string {
  const pinned = image.startsWith("sha256:") && history.find(({ fromImageId }) => fromImageId === image);
  return pinned ? pinned.fromImage : image;
}
