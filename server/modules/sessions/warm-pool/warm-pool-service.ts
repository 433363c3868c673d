import { RESIZE } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { PlacementStrategy } from "@berth/protocol/placement-strategy";
import { parseDuration, required } from "@berth/protocol/quantities";
import type { z } from "zod";
import type { Bus, BusEvent } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import { type Database, lock, type Tx, tryLock } from "../../../platform/database";
import type { Prisma } from "../../../platform/db/generated/client";
import type { Ids } from "../../../platform/ids";
import type { AgentsService, FleetAgent } from "../../agents/agents-service";
import type { HomesService } from "../../homes/homes-service";
import type { TasksService } from "../../tasks/tasks-service";
import type { warmPoolStatusSchema } from "../../templates/templates-schema";
import type { TemplatesService } from "../../templates/templates-service";
import { WARM_POOL_OWNER } from "../../users/warm-pool-owner";
import { keptPlacement, type PlacementRequest, tryPlace } from "../placement/placement";
import { placementWish } from "../placement/placement-wish";
import type { Room } from "../queue/queue-plan";
import { readQueuePlan } from "../queue/read-queue-plan";
import { renderResize } from "../render-spec";
import type { SessionChanges } from "../session-changes";
import { sessionName } from "../session-name";
import { sizeOf } from "../session-size";
import type { Placement } from "../sessions-schema";
import { deleteSession, findSession, insertEvent, insertSession, type SessionRow } from "../sessions-store";
import { agentWithout, evictions, memberCondition, planRefill } from "./warm-pool-plan";
import {
  countWaiting,
  findMembers,
  findPooledTemplate,
  findPooledTemplates,
  type PooledTemplate,
  takeMember,
  writePoolHealth,
} from "./warm-pool-store";

export interface WarmPoolDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly agents: AgentsService;
  readonly homes: HomesService;
  readonly tasks: TasksService;
  readonly templates: TemplatesService;
  readonly changes: SessionChanges;
  readonly strategy: PlacementStrategy;
}

/** What of a transaction is done after its commit. */
export interface AfterCommit {
  readonly events: readonly BusEvent[];
  readonly tell: () => void;
}
const nothing: AfterCommit = { events: [], tell: () => {} };

export interface Claim {
  readonly template: { readonly id: string; readonly version: number };
  readonly request: PlacementRequest;
  readonly owner: { readonly userId: string };
  readonly name: string;
  /** What the session says otherwise than its template: all that is in the database alone. */
  readonly columns: Prisma.SessionUncheckedUpdateManyInput;
}

/**
 * Sessions that are started before anybody asks. They are rows as all others, of an account that is nobody's, until somebody takes one;
 * one that was taken never comes back. They give way: where people find no room, they are ended first.
 */
export class WarmPoolService {
  constructor(private readonly deps: WarmPoolDeps) {}

  /**
   * One that waits and is all that is wished, as its new owner's; null where there is none. Call under the placement lock. Throws what a
   * unique violation throws where the name is taken.
   */
  async claim(tx: Tx, claim: Claim): Promise<{ row: SessionRow; placement: Placement; events: BusEvent[]; waitedMs: number } | null> {
    const { template, request } = claim;
    const fleet = await this.deps.agents.fleet(tx);
    const statusOf = new Map(fleet.map(({ id, status }) => [id, status]));
    const ready = (await findMembers(tx, template.id)).filter(
      (one) => memberCondition(one, template.version, statusOf) === "ready" && (hasSize(one, request) || mayGetSize(one, request)),
    );
    const left = new Map(ready.map((one) => [one.id, one]));
    while (left.size > 0) {
      // Chosen among their agents as any session would be, each with the room that its oldest gives back.
      const oldest = new Map([...left.values()].toReversed().map((one) => [one.agentId, one]));
      const there = fleet.flatMap((agent) => {
        const member = oldest.get(agent.id);
        return member ? [agentWithout(agent, [member])] : [];
      });
      const chosen = tryPlace(request, there);
      const member = chosen.agent && oldest.get(chosen.agent.id);
      if (!member) return null;
      left.delete(member.id);
      // Whoever holds it is told something of it right now: the next will do.
      if (!(await tryLock(tx, "session", member.id))) continue;
      const taken = await this.take(tx, member, claim, chosen.placement);
      if (taken) return { ...taken, placement: chosen.placement };
    }
    return null;
  }

  /**
   * As `place`, but what waits in pools makes room where there is none. Call under the placement lock, and do what it returns after
   * commit. Throws as `place` does.
   */
  async place(
    tx: Tx,
    request: PlacementRequest,
    fleet: readonly FleetAgent[],
  ): Promise<{ agent: FleetAgent; placement: Placement; after: AfterCommit }> {
    const outcome = tryPlace(request, fleet);
    if (outcome.agent) return { ...outcome, after: nothing };
    const freed = await this.makeRoom(tx, request, { left: fleet, kept: new Set() });
    if (!freed) throw outcome.refusal;
    return freed;
  }

  /**
   * Ends what waits in pools for someone who finds no room without that; null where it wouldn't help. Call under the placement lock, and do
   * `after` after commit.
   */
  async makeRoom(
    tx: Tx,
    request: PlacementRequest,
    room: Room,
  ): Promise<{ agent: FleetAgent; placement: Placement; after: AfterCommit } | null> {
    for (const plan of await this.plansFor(tx, request, room)) {
      const after = await this.endAll(tx, plan.members);
      const { agent, placement } = tryPlace(request, instead(room.left, plan.agent), room.kept);
      if (after && agent) return { agent, placement, after };
    }
    return null;
  }

  /** Where `makeRoom` would put it, for asking only. */
  async couldMakeRoom(db: Database, request: PlacementRequest, room: Room): Promise<Placement | null> {
    const [plan] = await this.plansFor(db, request, room);
    return plan ? tryPlace(request, instead(room.left, plan.agent), room.kept).placement : null;
  }

  async hasMembers(db: Tx | Database): Promise<boolean> {
    return (await findMembers(db)).length > 0;
  }

  /** Brings every pool to its size: removes what is over, ends what shouldn't wait, starts what is missing as far as there is room. */
  async refill(): Promise<void> {
    const { database } = this.deps;
    const templates = await findPooledTemplates(database);
    if (templates.length === 0) return;
    const fleet = await this.deps.agents.fleet(database);
    for (const template of templates) {
      // Read without a lock first: mostly there is nothing to do.
      const { remove, end, start, health } = await this.plan(database, template, fleet);
      if (remove.length > 0 || end.length > 0 || start > 0 || health) await this.tend(template.id);
    }
  }

  /** Of all pools together. */
  tally(): Promise<{ ready: number; wanted: number }> {
    return countWaiting(this.deps.database);
  }

  /** Throws TEMPLATE_NOT_FOUND. */
  async status(name: string): Promise<z.output<typeof warmPoolStatusSchema>> {
    const { database, agents } = this.deps;
    const template = await findPooledTemplate(database, { name });
    if (!template) throw new BerthError("TEMPLATE_NOT_FOUND", `Template '${name}' does not exist`);
    const fleet = await agents.fleet(database);
    const statusOf = new Map(fleet.map(({ id, status }) => [id, status]));
    const conditions = (await findMembers(database, template.id)).map((member) => ({
      agent: member.agent?.name ?? null,
      condition: memberCondition(member, template.currentVersion, statusOf),
    }));
    const count = (condition: string, agent?: string) =>
      conditions.filter((one) => one.condition === condition && (agent === undefined || one.agent === agent)).length;
    const names = [
      ...new Set(conditions.flatMap(({ agent, condition }) => (agent && ["ready", "starting"].includes(condition) ? [agent] : []))),
    ];
    const health = template.warmPoolHealth?.version === template.currentVersion ? template.warmPoolHealth : null;
    return {
      size: template.warmPoolSize,
      ready: count("ready"),
      starting: count("starting"),
      ending: count("ending"),
      agents: names.sort().map((agent) => ({ agent, ready: count("ready", agent), starting: count("starting", agent) })),
      problem: template.warmPoolSize > 0 ? (health?.problem ?? null) : null,
      retryAt: template.warmPoolSize > 0 ? (health?.retryAt ?? null) : null,
    };
  }

  private async take(
    tx: Tx,
    member: SessionRow,
    { owner, name, columns, request }: Claim,
    placement: Placement,
  ): Promise<{ row: SessionRow; events: BusEvent[]; waitedMs: number } | null> {
    const now = this.deps.clock.now();
    const taken = await takeMember(tx, member.id, {
      ...columns,
      userId: owner.userId,
      name,
      memoryBytes: BigInt(request.memoryBytes),
      cpuMillicores: request.cpuMillicores,
      placement: keptPlacement(placement),
      createdAt: now,
      startedAt: now,
      updatedAt: now,
    });
    if (!taken) return null;
    if (member.homeId) await this.deps.homes.handOver(tx, member.homeId, { userId: owner.userId, name });
    const row = await findSession(tx, member.id);
    if (!row) throw new Error(`session ${member.id} vanished while its lock was held`);
    const { agentId } = row;
    const events: BusEvent[] = [
      { kind: "session", sessionId: row.id, userId: owner.userId, agentId },
      // That it left its pool: what is missing now is started.
      { kind: "session", sessionId: row.id, userId: WARM_POOL_OWNER, agentId },
    ];
    if (row.homeId) events.push({ kind: "home", homeId: row.homeId, userId: owner.userId });
    if (agentId && !hasSize(member, request)) {
      const { id: sessionId, generation } = row;
      const task = { kind: "session.resize", agentId, sessionId, generation, data: renderResize(row), createdById: owner.userId } as const;
      events.push(await this.deps.tasks.enqueue(tx, task));
    }
    return { row, events, waitedMs: now.getTime() - (member.startedAt ?? now).getTime() };
  }

  private async plansFor(db: Tx | Database, request: PlacementRequest, { left, kept }: Room) {
    return evictions(await findMembers(db), left, (agent) => tryPlace(request, instead(left, agent), kept).agent?.id === agent.id);
  }

  private async plan(db: Tx | Database, template: PooledTemplate, fleet: readonly FleetAgent[]) {
    const { warmPoolSize: size, currentVersion: version, warmPoolHealth: health } = template;
    const statusOf = new Map(fleet.map((agent) => [agent.id, agent.status]));
    return planRefill(await findMembers(db, template.id), { size, version, health }, statusOf, this.deps.clock.now());
  }

  private async tend(templateId: string): Promise<void> {
    const events: BusEvent[] = [];
    const tells: (() => void)[] = [];
    await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "agent", "placement");
      const template = await findPooledTemplate(tx, { id: templateId });
      if (!template) return;
      const plan = await this.plan(tx, template, await this.deps.agents.fleet(tx));
      for (const member of plan.remove) events.push(...(await this.remove(tx, member)));
      for (const member of plan.end) {
        const ended = await this.endAll(tx, [member]);
        events.push(...(ended?.events ?? []));
        if (ended) tells.push(ended.tell);
      }
      if (plan.health) await writePoolHealth(tx, templateId, plan.health);
      const known = plan.health ?? template.warmPoolHealth;
      for (let missing = plan.start; missing > 0; missing -= 1) {
        const started = await this.start(tx, template);
        if (started instanceof BerthError) {
          const { version = template.currentVersion, failures = 0, retryAt = null, problem = null } = known ?? {};
          if (problem !== started.message) await writePoolHealth(tx, templateId, { version, failures, retryAt, problem: started.message });
          break;
        }
        events.push(...started);
      }
    });
    for (const tell of tells) tell();
    await this.deps.bus.publish(...events);
  }

  /** Placed as a session that asks for nothing in particular; what refuses it is returned. */
  private async start(tx: Tx, { id: templateId, name: templateName, currentVersion }: PooledTemplate): Promise<BusEvent[] | BerthError> {
    const template = await this.deps.templates.ofVersion(tx, { id: templateId }, currentVersion);
    const { memoryBytes, cpuMillicores } = sizeOf({}, template);
    const wish = placementWish({}, template, this.deps.strategy, undefined);
    // Behind all who wait for room: they are somebody.
    const { left, kept } = await readQueuePlan(tx, this.deps);
    const { agent, placement, refusal } = tryPlace({ ...wish, memoryBytes, cpuMillicores }, left, kept);
    if (agent === null) return refusal;
    const name = sessionName("warm", templateName, this.deps.ids.suffix());
    const home = template.persistentHome ? await this.deps.homes.create(tx, { userId: WARM_POOL_OWNER, agentId: agent.id, name }) : null;
    const now = this.deps.clock.now();
    const row = await insertSession(tx, {
      id: this.deps.ids.uuid(),
      name,
      userId: WARM_POOL_OWNER,
      warmAt: now,
      templateId,
      templateVersion: currentVersion,
      agentId: agent.id,
      platform: agent.platform,
      desired: "running",
      observed: "absent",
      generation: 1,
      hibernateMode: template.hibernateMode,
      memoryBytes: BigInt(memoryBytes),
      cpuMillicores,
      persistentHome: template.persistentHome,
      homeId: home?.id ?? null,
      idleTimeoutSeconds: required(parseDuration(template.idleTimeout), template.idleTimeout),
      tags: [],
      placement: keptPlacement(placement),
      createdAt: now,
      updatedAt: now,
    });
    await insertEvent(tx, {
      sessionId: row.id,
      at: now,
      kind: "requested",
      message: `To wait for whoever starts '${templateName}'`,
      actorId: null,
    });
    return [
      { kind: "session", sessionId: row.id, userId: WARM_POOL_OWNER, agentId: agent.id },
      ...(await this.deps.changes.enqueue(tx, row, "start", { actorId: null })),
    ];
  }

  /** All or none: null where one of them is somebody else's business right now. */
  private async endAll(tx: Tx, members: readonly SessionRow[]): Promise<AfterCommit | null> {
    const rows: SessionRow[] = [];
    for (const { id } of members) {
      if (!(await tryLock(tx, "session", id))) return null;
      const row = await findSession(tx, id);
      if (row?.userId === WARM_POOL_OWNER && row.desired !== "terminated") rows.push(row);
    }
    const events: BusEvent[] = [];
    const tells: (() => void)[] = [];
    for (const row of rows) {
      const cancelled = await this.deps.tasks.cancel(tx, row.id, ["session.start", "session.wake", "session.hibernate"]);
      const untouched = !row.agentId || (row.observed === "absent" && !cancelled.sentBefore);
      const context = { actorId: null, graceful: false };
      const changed = await this.deps.changes.apply(tx, row, { kind: untouched ? "never_sent" : "terminate" }, context);
      events.push(...(changed?.events ?? []));
      tells.push(cancelled.tell);
    }
    return {
      events,
      tell: () => {
        for (const tell of tells) tell();
      },
    };
  }

  /** Not while its agent still has something to do for it: the instruction would go with the row. */
  private async remove(tx: Tx, member: SessionRow): Promise<BusEvent[]> {
    if (!(await tryLock(tx, "session", member.id))) return [];
    if (member.agentId && (await this.deps.tasks.openKinds(tx, member.id)).length > 0) return [];
    await deleteSession(tx, member.id);
    return member.homeId ? this.deps.homes.removeUnused(tx, member.homeId, null) : [];
  }
}

const hasSize = (member: SessionRow, { memoryBytes, cpuMillicores }: PlacementRequest): boolean =>
  Number(member.memoryBytes) === memoryBytes && member.cpuMillicores === cpuMillicores;
/** Never less memory: what it uses already might not fit. */
const mayGetSize = (member: SessionRow, { memoryBytes }: PlacementRequest): boolean =>
  member.agent?.capabilities.includes(RESIZE) === true && Number(member.memoryBytes) <= memoryBytes;
const instead = (fleet: readonly FleetAgent[], agent: FleetAgent): FleetAgent[] => fleet.map((one) => (one.id === agent.id ? agent : one));
