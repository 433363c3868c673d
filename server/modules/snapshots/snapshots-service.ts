import { BerthError } from "@berth/protocol/errors";
import { SNAPSHOTS, snapshotVolume } from "@berth/protocol/snapshots";
import type { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import type { Log } from "../../platform/log";
import { pagination } from "../../platform/paging";
import { enforce } from "../../platform/verdict";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { QuotasService } from "../quotas/quotas-service";
import type { TasksService } from "../tasks/tasks-service";
import type { TemplatesService } from "../templates/templates-service";
import type { Actor } from "../users/users-policy";
import type { Asker } from "../users/users-schema";
import { mayTakeSnapshot } from "./snapshots-policy";
import {
  type createSnapshotInput,
  type listSnapshotsInput,
  type listSnapshotsOfSessionInput,
  type listSnapshotsOutput,
  type Snapshot,
  snapshotIncludeSchema,
  snapshotStateSchema,
} from "./snapshots-schema";
import {
  deleteSnapshot,
  findOfAgent,
  findProgress,
  findSnapshot,
  findSnapshots,
  findSource,
  findUserOf,
  insertSnapshot,
  lockSnapshot,
  moveSnapshot,
  type SnapshotFilter,
  type SnapshotRow,
  updateSnapshot,
} from "./snapshots-store";

const DAY_MS = 86_400_000;
/** An inventory that was taken before a snapshot was whole may come after it. */
const TOO_FRESH_MS = 600_000;

export const snapshotMissing = (id: string): BerthError => new BerthError("SNAPSHOT_NOT_FOUND", `No snapshot with ID '${id}' exists`);

export interface SnapshotsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly audit: AuditService;
  readonly tasks: TasksService;
  readonly quotas: QuotasService;
  readonly templates: TemplatesService;
  /** 0: kept for ever. */
  readonly retentionDays: number;
}

/** What a session that begins from a snapshot needs to know of it. */
export interface ClaimedSnapshot {
  readonly id: string;
  /** UUID. */
  readonly agentId: string;
}

/** Saved homes: made by the agent that has the home, kept when home and session go. */
export class SnapshotsService {
  constructor(private readonly deps: SnapshotsDeps) {}

  list(actor: Actor, { user, search, ...page }: z.output<typeof listSnapshotsInput>): Promise<z.output<typeof listSnapshotsOutput>> {
    return this.find({ userId: actor.role === "admin" ? undefined : actor.userId, username: user, search }, page);
  }

  /** Those that the asking person may see: none of another's. */
  ofSession(
    actor: Actor,
    { sessionId, ...page }: z.output<typeof listSnapshotsOfSessionInput>,
  ): Promise<z.output<typeof listSnapshotsOutput>> {
    return this.find({ sessionId, userId: actor.role === "admin" ? undefined : actor.userId }, page);
  }

  async get(id: string): Promise<Snapshot> {
    const row = await findSnapshot(this.deps.database, id);
    if (!row) throw snapshotMissing(id);
    return this.view(row);
  }

  async ownership(id: string): Promise<{ userId: string }> {
    const row = await findSnapshot(this.deps.database, id);
    if (!row) throw snapshotMissing(id);
    return { userId: row.userId };
  }

  /**
   * Answers once it is written down; the copy is made by the agent. Asks the policy itself. Throws SESSION_NOT_FOUND, SESSION_NOT_RUNNING
   * (it neither runs nor is hibernated), AGENT_OFFLINE, AGENT_TOO_OLD, QUOTA_EXCEEDED, and VALIDATION_FAILED for what this session hasn't got.
   */
  async create(asker: Asker, input: z.output<typeof createSnapshotInput>): Promise<Snapshot> {
    const { database, ids, clock, tasks, audit, quotas, templates, bus } = this.deps;
    const id = ids.uuid();
    const { row, events } = await database.$transaction(async (tx) => {
      const source = await findSource(tx, input.sessionId);
      const missing = () => new BerthError("SESSION_NOT_FOUND", `No session with ID '${input.sessionId}' exists`);
      if (!source) throw missing();
      enforce(mayTakeSnapshot(asker, source), missing, "take a snapshot of another person's session");
      const { agent, home } = demandSource(source);
      const version = await templates.ofVersion(tx, source.template, source.templateVersion);
      if (input.include === "home+filesystem" && version.security !== "compatible")
        throw refused("include", "the file system of this template can't be written to, so there is nothing of it to save; save the home");
      await quotas.demand(tx, asker.userId, { sessions: 0, cpuMillicores: 0, memoryBytes: 0, home: true });
      const now = clock.now();
      const days = input.keepDays === undefined ? this.deps.retentionDays || null : input.keepDays;
      const task = await tasks.enqueue(tx, {
        kind: "snapshot.create",
        agentId: agent.id,
        data: {
          snapshot: id,
          session_id: source.id,
          volume: home.volume,
          image: version.image,
          filesystem: input.include === "home+filesystem",
          freeze: input.freeze,
        },
        createdById: asker.userId,
      });
      const made = await insertSnapshot(tx, {
        id,
        name: input.name,
        userId: source.userId,
        agentId: agent.id,
        sessionId: source.id,
        sessionName: source.name,
        templateId: source.templateId,
        include: input.include,
        state: "creating",
        taskId: task.taskId,
        createdAt: now,
        expiresAt: days === null ? null : new Date(now.getTime() + days * DAY_MS),
      });
      await audit.record(tx, actorOf(asker), {
        action: "snapshots.create",
        target: { kind: "snapshot", id },
        details: { name: input.name, session: source.name, include: input.include },
      });
      return { row: made, events: [task, told(made)] };
    });
    await bus.publish(...events);
    return this.view(row);
  }

  /** Also ends one that is being made. Throws SNAPSHOT_IN_USE where a session can't do without it. */
  async delete(asker: Asker, id: string): Promise<void> {
    const events = await this.deps.database.$transaction(async (tx) => {
      const row = await this.locked(tx, id);
      await this.demandUnused(tx, row);
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "snapshots.delete",
        target: { kind: "snapshot", id },
        details: { name: row.name, owner: row.user.username },
      });
      return this.remove(tx, row, asker.userId);
    });
    await this.deps.bus.publish(...events);
  }

  /** One whose time has come; false where a session still needs it. */
  async expire(id: string): Promise<boolean> {
    const events = await this.deps.database.$transaction(async (tx) => {
      const row = await this.locked(tx, id);
      if (await findUserOf(tx, id, row.include !== "home")) return null;
      return this.remove(tx, row, null);
    });
    await this.deps.bus.publish(...(events ?? []));
    return events !== null;
  }

  /** For a new session of this user. Throws SNAPSHOT_NOT_FOUND for another's, SNAPSHOT_NOT_READY, AGENT_REVOKED, and VALIDATION_FAILED for another template than that of its file system. */
  async claim(tx: Tx, id: string, userId: string, templateId: string): Promise<ClaimedSnapshot> {
    await lockSnapshot(tx, id);
    const row = await findSnapshot(tx, id);
    if (!row || row.userId !== userId) throw snapshotMissing(id);
    if (row.state !== "ready") throw new BerthError("SNAPSHOT_NOT_READY", `The snapshot '${row.name}' ${notReady(row.state)}`);
    if (row.agent.revokedAt)
      throw new BerthError(
        "AGENT_REVOKED",
        `The snapshot '${row.name}' is on '${row.agent.name}', which was revoked; it can be used again once that host was added again`,
      );
    if (row.include === "home+filesystem" && row.templateId !== templateId)
      throw refused("template", `the file system of '${row.name}' is that of the template '${row.template.name}'; launch that`);
    return row;
  }

  /** UUID of the agent that holds it. Throws SNAPSHOT_NOT_FOUND, for another's too. */
  async agentOf(id: string, userId: string): Promise<string> {
    const row = await findSnapshot(this.deps.database, id);
    if (!row || row.userId !== userId) throw snapshotMissing(id);
    return row.agentId;
  }

  /** From an agent's inventory; undefined: it makes none. */
  async reported(agentId: string, volumes: readonly string[] | undefined): Promise<void> {
    if (volumes === undefined) return;
    const { database, clock, bus, log } = this.deps;
    const there = new Set(volumes);
    const ids = volumes.flatMap((volume) => (volume.startsWith(PREFIX) ? [volume.slice(PREFIX.length)] : [])).filter((id) => UUID.test(id));
    const known = await findOfAgent(database, agentId, ids);
    const events: BusEvent[] = [];
    for (const row of known) {
      const has = there.has(snapshotVolume(row.id));
      const fresh = row.readyAt !== null && clock.now().getTime() - row.readyAt.getTime() < TOO_FRESH_MS;
      const state = has && row.state === "lost" ? "ready" : !has && row.state === "ready" && !fresh ? "lost" : row.state;
      if (state === row.state && row.agentId === agentId) continue;
      await moveSnapshot(database, row, { state, agentId });
      events.push(told(row));
    }
    const nobodys = ids.filter((id) => !known.some((row) => row.id === id));
    if (nobodys.length > 0) log.warn({ agentId, snapshots: nobodys.slice(0, 20) }, "an agent has snapshots that nobody knows of");
    await bus.publish(...events);
  }

  private async find(filter: SnapshotFilter, page: Parameters<typeof findSnapshots>[2]): Promise<z.output<typeof listSnapshotsOutput>> {
    const { rows, nextCursor, counted } = await findSnapshots(this.deps.database, filter, page);
    const making = rows.flatMap(({ state, taskId }) => (state === "creating" && taskId ? [taskId] : []));
    const progress = await findProgress(this.deps.database, making);
    return {
      snapshots: rows.map((row) => snapshotView(row, progress.get(row.taskId ?? "") ?? null)),
      pagination: pagination(page, counted, nextCursor),
    };
  }

  private async view(row: SnapshotRow): Promise<Snapshot> {
    const making = row.state === "creating" && row.taskId ? [row.taskId] : [];
    return snapshotView(row, (await findProgress(this.deps.database, making)).get(row.taskId ?? "") ?? null);
  }

  private async locked(tx: Tx, id: string): Promise<SnapshotRow> {
    await lockSnapshot(tx, id);
    const row = await findSnapshot(tx, id);
    if (!row) throw snapshotMissing(id);
    return row;
  }

  private async demandUnused(tx: Tx, row: SnapshotRow): Promise<void> {
    const user = await findUserOf(tx, row.id, row.include !== "home");
    if (user)
      throw new BerthError("SNAPSHOT_IN_USE", `The snapshot '${row.name}' is needed by session '${user.name}'; terminate that first`);
  }

  private async remove(tx: Tx, row: SnapshotRow, actorId: string | null): Promise<BusEvent[]> {
    if (row.state === "deleting") return [];
    if (row.agent.revokedAt) {
      await deleteSnapshot(tx, row.id);
      return [told(row)];
    }
    const data = { snapshot: row.id };
    const task = await this.deps.tasks.enqueue(tx, { kind: "snapshot.delete", agentId: row.agentId, data, createdById: actorId });
    await updateSnapshot(tx, row.id, { state: "deleting", taskId: task.taskId, problem: null });
    return [task, told(row)];
  }
}

const PREFIX = snapshotVolume("");
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Its owner's pages ask again. */
export const told = (row: { readonly sessionId: string; readonly userId: string }): BusEvent => ({
  kind: "inside",
  sessionId: row.sessionId,
  userId: row.userId,
  about: "snapshots",
});

type Source = NonNullable<Awaited<ReturnType<typeof findSource>>>;

function demandSource(source: Source): { agent: NonNullable<Source["agent"]>; home: NonNullable<Source["home"]> } {
  const { agent, home, name } = source;
  const settled =
    (source.desired === "running" && source.observed === "running") ||
    (source.desired === "hibernated" && (source.observed === "stopped" || source.observed === "frozen"));
  if (!agent || agent.revokedAt || !settled)
    throw new BerthError("SESSION_NOT_RUNNING", `'${name}' neither runs nor is hibernated now; a snapshot is taken when it does`);
  if (!home || home.deletingAt) throw refused("sessionId", `'${name}' keeps no home, so there is nothing to save`);
  if (!agent.connectionId)
    throw new BerthError("AGENT_OFFLINE", `Agent '${agent.name}' is not connected; take the snapshot when it is back`);
  if (!agent.capabilities.includes(SNAPSHOTS))
    throw new BerthError("AGENT_TOO_OLD", `Agent '${agent.name}' is too old to take snapshots; update it`);
  return { agent, home };
}

const refused = (field: string, problem: string): BerthError =>
  new BerthError("VALIDATION_FAILED", `${field}: ${problem}`, { details: { fields: { [field]: problem } } });

const notReady = (state: string): string =>
  state === "creating" ? "is still being made" : state === "lost" ? "is not on its host any more" : `is ${state}`;

const snapshotView = (row: SnapshotRow, progress: { percent: number | null; message: string } | null): Snapshot => ({
  id: row.id,
  name: row.name,
  user: row.user.username,
  agentId: row.agent.name,
  sessionId: row.sessionId,
  sessionName: row.sessionName,
  template: row.template.name,
  templateDisplayName: row.template.displayName,
  include: snapshotIncludeSchema.parse(row.include),
  state: snapshotStateSchema.parse(row.state),
  progress,
  problem: row.problem,
  sizeBytes: row.sizeBytes === null ? null : Number(row.sizeBytes),
  imageBytes: row.imageBytes === null ? null : Number(row.imageBytes),
  consistent: row.consistent,
  unreachable: row.agent.revokedAt !== null,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
});
