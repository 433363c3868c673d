import type { FromAgentOf } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { pagination } from "../../platform/paging";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { TasksService } from "../tasks/tasks-service";
import type { Actor } from "../users/users-policy";
import type { Asker } from "../users/users-schema";
import type { Home, listHomesInput, listHomesOutput } from "./homes-schema";
import {
  deleteHome,
  findHistories,
  findHome,
  findHomes,
  type HomeHistory,
  type HomeRow,
  insertHome,
  lockHome,
  takeOverHomes,
  updateHome,
  writeSizes,
} from "./homes-store";

export const homeMissing = (id: string): BerthError => new BerthError("HOME_NOT_FOUND", `No home with ID '${id}' exists`);

export interface HomesDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: AuditService;
  readonly tasks: TasksService;
}

/** Home volumes: made with a session, kept when it ends, bound to the agent they are on. */
export class HomesService {
  constructor(private readonly deps: HomesDeps) {}

  async list(actor: Actor, input: z.output<typeof listHomesInput>): Promise<z.output<typeof listHomesOutput>> {
    const { user, search, free } = input;
    const userId = actor.role === "admin" ? undefined : actor.userId;
    const { rows, nextCursor, counted } = await findHomes(this.deps.database, { userId, username: user, search, free }, input);
    const histories = await findHistories(
      this.deps.database,
      rows.map((row) => row.id),
    );
    return { homes: rows.map((row) => homeView(row, histories.get(row.id))), pagination: pagination(input, counted, nextCursor) };
  }

  /** UUID of the agent that holds it. Throws HOME_NOT_FOUND, for another's too. */
  async agentOf(id: string, userId: string): Promise<string> {
    const row = await findHome(this.deps.database, id);
    if (!row || row.userId !== userId) throw homeMissing(id);
    return row.agentId;
  }

  async ownership(id: string): Promise<{ userId: string }> {
    const row = await findHome(this.deps.database, id);
    if (!row) throw homeMissing(id);
    return { userId: row.userId };
  }

  /** Throws HOME_IN_USE while a session that has not ended has it. */
  async delete(asker: Asker, id: string): Promise<void> {
    const events = await this.deps.database.$transaction(async (tx) => {
      await lockHome(tx, id);
      const row = await findHome(tx, id);
      if (!row) throw homeMissing(id);
      demandUnused(row);
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "homes.delete",
        target: { kind: "home", id },
        details: { name: row.name, owner: row.user.username },
      });
      return this.remove(tx, row, asker.userId);
    });
    await this.deps.bus.publish(...events);
  }

  /** A new home's row; its volume is made by the agent with the session's first start. */
  async create(tx: Tx, home: { userId: string; agentId: string; name: string }): Promise<{ id: string; agentId: string }> {
    const id = this.deps.ids.uuid();
    const now = this.deps.clock.now();
    return insertHome(tx, { id, ...home, volume: `berth-home-${id}`, createdAt: now, lastUsedAt: now });
  }

  /** The home for a new session of this user. Throws HOME_NOT_FOUND for another's, HOME_IN_USE while a session has it or it is being removed. */
  async claim(tx: Tx, id: string, userId: string): Promise<{ id: string; agentId: string }> {
    await lockHome(tx, id);
    const row = await findHome(tx, id);
    if (!row || row.userId !== userId) throw homeMissing(id);
    demandUnused(row);
    if (row.agent.revokedAt)
      throw new BerthError(
        "AGENT_REVOKED",
        `The home '${row.name}' is on '${row.agent.name}', which was revoked; it can be used again once that host was added again`,
      );
    await updateHome(tx, id, { lastUsedAt: this.deps.clock.now() });
    return row;
  }

  /** A home that was made for a session in a warm pool goes to whoever takes that. */
  async handOver(tx: Tx, id: string, to: { userId: string; name: string }): Promise<void> {
    const now = this.deps.clock.now();
    await updateHome(tx, id, { ...to, createdAt: now, lastUsedAt: now });
  }

  /** With a session that is removed: its home goes too, unless another session has it by now. */
  async removeUnused(tx: Tx, id: string, actorId: string | null): Promise<BusEvent[]> {
    await lockHome(tx, id);
    const row = await findHome(tx, id);
    return row && row.sessions.length === 0 && !row.deletingAt ? this.remove(tx, row, actorId) : [];
  }

  /** With its session, to another agent that has its volume. */
  async move(tx: Tx, home: { id: string; userId: string }, agentId: string): Promise<BusEvent> {
    await updateHome(tx, home.id, { agentId });
    return { kind: "home", homeId: home.id, userId: home.userId };
  }

  /** Its row alone: nobody is asked to remove the volume. */
  async forget(tx: Tx, home: { id: string; userId: string }): Promise<BusEvent> {
    await deleteHome(tx, home.id);
    return { kind: "home", homeId: home.id, userId: home.userId };
  }

  /** From an agent's inventory. */
  async reported(agentId: string, homes: FromAgentOf<"inventory">["homes"]): Promise<void> {
    const now = this.deps.clock.now();
    const came =
      homes.length === 0
        ? []
        : await takeOverHomes(
            this.deps.database,
            agentId,
            homes.map(({ volume }) => volume),
          );
    const sizes = homes.flatMap(({ volume, size_bytes, measured_at }) => {
      if (size_bytes == null) return [];
      const at = new Date(measured_at ?? now);
      return [{ volume, bytes: size_bytes, at: Number.isNaN(at.getTime()) || at > now ? now : at }];
    });
    const told = await writeSizes(this.deps.database, agentId, sizes);
    await this.deps.bus.publish(...[...came, ...told].map(({ id, userId }): BusEvent => ({ kind: "home", homeId: id, userId })));
  }

  private async remove(tx: Tx, row: HomeRow, actorId: string | null): Promise<BusEvent[]> {
    if (row.agent.revokedAt) return [await this.forget(tx, row)];
    await updateHome(tx, row.id, { deletingAt: this.deps.clock.now() });
    const task = await this.deps.tasks.enqueue(tx, {
      kind: "home.delete",
      agentId: row.agentId,
      data: { volume: row.volume },
      createdById: actorId,
    });
    return [task, { kind: "home", homeId: row.id, userId: row.userId }];
  }
}

function demandUnused(row: HomeRow): void {
  const user = row.sessions[0];
  if (row.deletingAt) throw new BerthError("HOME_IN_USE", `The home '${row.name}' is being removed`);
  if (user) throw new BerthError("HOME_IN_USE", `The home '${row.name}' is used by session '${user.name}'; terminate that first`);
}

const homeView = (row: HomeRow, history: HomeHistory | undefined): Home => ({
  id: row.id,
  name: row.name,
  volume: row.volume,
  user: row.user.username,
  agentId: row.agent.name,
  sizeBytes: row.sizeBytes === null ? null : Number(row.sizeBytes),
  sizeMeasuredAt: row.sizeMeasuredAt,
  usedBy: row.sessions[0] ?? null,
  lastSession: history
    ? {
        id: history.last.id,
        name: history.last.name,
        template: history.last.template.name,
        templateDisplayName: history.last.template.displayName,
      }
    : null,
  sessions: history?.count ?? 0,
  deleting: row.deletingAt !== null,
  createdAt: row.createdAt,
  lastUsedAt: row.lastUsedAt,
});
