import { BerthError } from "@berth/protocol/errors";
import type { PlacementStrategy } from "@berth/protocol/placement-strategy";
import { formatDuration, parseDuration, required } from "@berth/protocol/quantities";
import type { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, isUniqueViolation, lock, type Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { InTurn } from "../../platform/in-turn";
import type { AgentsService } from "../agents/agents-service";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { HomesService } from "../homes/homes-service";
import type { Ask } from "../quotas/quota-check";
import type { QuotasService } from "../quotas/quotas-service";
import type { SnapshotsService } from "../snapshots/snapshots-service";
import type { Template } from "../templates/templates-schema";
import type { TemplatesService } from "../templates/templates-service";
import { userMissing } from "../users/user-missing";
import type { Asker } from "../users/users-schema";
import type { UsersService } from "../users/users-service";
import type { SessionEnvironment } from "./environment/session-environment";
import { keptPlacement, tryPlace } from "./placement/placement";
import { placementWish } from "./placement/placement-wish";
import { mayWait, type SessionQueue } from "./queue/session-queue";
import type { SessionChanges } from "./session-changes";
import { sessionName } from "./session-name";
import { policyFor } from "./session-policies";
import { sizeOf } from "./session-size";
import type { CreateSessionInput, explainPlacementInput, explainPlacementOutput, Placement, SessionDetail } from "./sessions-schema";
import type { SessionsService } from "./sessions-service";
import { insertEvent, insertEvents, insertSession, type SessionRow } from "./sessions-store";
import type { WarmPoolService } from "./warm-pool/warm-pool-service";

export interface Owner {
  readonly userId: string;
  readonly username: string;
}

export interface SessionCreationDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: AuditService;
  readonly users: UsersService;
  readonly quotas: QuotasService;
  readonly agents: AgentsService;
  readonly homes: HomesService;
  readonly snapshots: SnapshotsService;
  readonly templates: TemplatesService;
  readonly changes: SessionChanges;
  readonly environment: SessionEnvironment;
  readonly sessions: SessionsService;
  readonly queue: SessionQueue;
  readonly warmPool: WarmPoolService;
  /** Where neither request nor template says. */
  readonly strategy: PlacementStrategy;
}

/** From the form to a row, its home, its first task and the first lines of its timeline: one transaction. */
export class SessionCreation {
  /** Each holds the placement lock to its end. */
  private readonly turns = new InTurn();

  constructor(private readonly deps: SessionCreationDeps) {}

  /** Whose session it is to be: the asker's, unless another is named. Throws USER_NOT_FOUND to those who may know it. */
  async futureOwner(asker: Asker, username: string | undefined): Promise<Owner> {
    if (username === undefined || username === asker.username) return { userId: asker.userId, username: asker.username };
    const found = await this.deps.users.findByName(username);
    if (found?.active) return { userId: found.id, username: found.username };
    if (asker.role === "admin") throw userMissing(username).ofRequest();
    return { userId: "", username };
  }

  /** What isn't there makes the request wrong: 400. Throws TEMPLATE_NOT_FOUND, SESSION_ALREADY_EXISTS, HOME_IN_USE, QUOTA_EXCEEDED (the owner's), and what `place` throws but where the session may `queue` for room. */
  async create(asker: Asker, owner: Owner, input: CreateSessionInput): Promise<SessionDetail> {
    try {
      return await this.make(asker, owner, input);
    } catch (error) {
      throw error instanceof BerthError ? error.ofRequest() : error;
    }
  }

  /** What `create` would do with these wishes now, in words. Throws TEMPLATE_NOT_FOUND and HOME_NOT_FOUND. */
  async explain(owner: Owner, input: z.output<typeof explainPlacementInput>): Promise<z.output<typeof explainPlacementOutput>> {
    const template = await this.deps.templates.get(input.template);
    const { database, queue, quotas, strategy, warmPool } = this.deps;
    const homeAgentId = input.homeId
      ? await this.deps.homes.agentOf(input.homeId, owner.userId)
      : input.snapshotId && (await this.deps.snapshots.agentOf(input.snapshotId, owner.userId));
    const fleet = await this.deps.agents.fleet(database);
    const there = {
      waiting: await queue.waiting(database),
      regions: [...new Set(fleet.flatMap(({ region }) => region ?? []))].sort(),
      platforms: [...new Set(fleet.map(({ platform }) => platform))].sort(),
    };
    try {
      await quotas.explain(owner.userId, askOf({ ...input, state: "running" }, template));
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      // Which agent would take it doesn't matter: none gets to.
      const { code, message } = error;
      return { placement: { chosen: null, considered: [], omitted: 0 }, problem: { code, message }, mayWait: false, ...there };
    }
    const request = { ...placementWish(input, template, strategy, homeAgentId), ...sizeOf(input, template) };
    const room = await queue.roomLeft(database);
    const outcome = tryPlace(request, room.left, room.kept);
    const freed = outcome.agent ? null : await warmPool.couldMakeRoom(database, request, room);
    if (freed) return { placement: freed, problem: null, mayWait: false, ...there };
    const problem = outcome.refusal && { code: outcome.refusal.code, message: outcome.refusal.message };
    return { placement: outcome.placement, problem, mayWait: mayWait(outcome), ...there };
  }

  private async make(asker: Asker, owner: Owner, input: CreateSessionInput): Promise<SessionDetail> {
    if (input.homeId !== undefined && input.snapshotId !== undefined) {
      const problem = "an old home has its own files; leave homeId out and a new home begins as the snapshot's copy";
      throw new BerthError("VALIDATION_FAILED", `snapshotId: ${problem}`, { details: { fields: { snapshotId: problem } } });
    }
    const [template, account] = await Promise.all([this.deps.templates.get(input.template), this.deps.users.account(owner.userId)]);
    const name = input.name ?? sessionName(owner.username, template.name, this.deps.ids.suffix());
    const given = { ...input, environment: { ...environmentOf(account, template), ...input.environment } };
    try {
      const { row, events, tell } = await this.turns.run(() =>
        this.deps.database.$transaction((tx) => this.write(tx, asker, owner, given, template, name)),
      );
      tell();
      await this.deps.bus.publish(...events);
      return this.deps.sessions.detail(row, asker);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new BerthError("SESSION_ALREADY_EXISTS", `A session named '${name}' exists already; choose another name`);
    }
  }

  private async write(
    tx: Tx,
    asker: Asker,
    owner: Owner,
    input: CreateSessionInput & { environment: Record<string, string> },
    template: Template,
    name: string,
  ): Promise<{ row: SessionRow; events: BusEvent[]; tell: () => void }> {
    // One at a time: two that come at once must not both get the last slot.
    await lock(tx, "agent", "placement");
    const id = this.deps.ids.uuid();
    const persistentHome = hasHome(input, template);
    const { memoryBytes, cpuMillicores } = sizeOf(input, template);
    await this.deps.quotas.demand(tx, owner.userId, askOf(input, template));
    const claimed = await this.claim(tx, asker, owner, input, template, name);
    if (claimed) return claimed;
    const home = input.homeId === undefined ? null : await this.deps.homes.claim(tx, input.homeId, owner.userId);
    const snapshot =
      input.snapshotId === undefined ? null : await this.deps.snapshots.claim(tx, input.snapshotId, owner.userId, template.id);
    const wish = placementWish(input, template, this.deps.strategy, home?.agentId ?? snapshot?.agentId);
    const request = { ...wish, cpuMillicores, memoryBytes };
    const { room, outcome } = await this.deps.queue.seat(tx, id, request);
    const freed = outcome.agent ? null : await this.deps.warmPool.makeRoom(tx, request, room);
    const { agent, placement } = freed ?? outcome;
    if (outcome.agent === null && !freed && !(input.queue && input.state === "running" && mayWait(outcome))) throw outcome.refusal;
    const made =
      home ?? (persistentHome && agent ? await this.deps.homes.create(tx, { userId: owner.userId, agentId: agent.id, name }) : null);
    const now = this.deps.clock.now();
    const { environment } = input;
    const starts = agent !== null && input.state === "running";
    const row = await insertSession(tx, {
      id,
      name,
      userId: owner.userId,
      templateId: template.id,
      templateVersion: template.version,
      agentId: agent?.id ?? null,
      platform: agent?.platform ?? input.platform ?? "docker",
      desired: input.state,
      observed: "absent",
      generation: agent && input.state === "running" ? 1 : 0,
      memoryBytes: BigInt(memoryBytes),
      cpuMillicores,
      persistentHome,
      homeId: made?.id ?? null,
      snapshotId: snapshot?.id ?? null,
      ...ownColumns(asker, input, template),
      placement: keptPlacement(placement),
      ...(starts ? { environmentStarted: this.deps.environment.fingerprint(environment) } : {}),
      createdAt: now,
      updatedAt: now,
    });
    await this.deps.environment.begin(tx, row, input.environment, asker.userId);
    await this.announce(tx, asker, row, placement, template);
    const queued = agent === null && outcome.refusal ? [await this.deps.queue.join(tx, row, wish, outcome.refusal.message)] : null;
    const task =
      queued ??
      (starts ? await this.deps.changes.enqueue(tx, row, "start", { actorId: asker.userId, begun: { environment, template } }) : []);
    const events: BusEvent[] = [
      ...(freed?.after.events ?? []),
      { kind: "session", sessionId: id, userId: owner.userId, agentId: row.agentId },
      ...task,
    ];
    if (made && !home) events.push({ kind: "home", homeId: made.id, userId: owner.userId });
    return { row, events, tell: freed?.after.tell ?? (() => {}) };
  }

  /** One that waits in the template's pool, where nothing is wished that its container would have to be made for. */
  private async claim(
    tx: Tx,
    asker: Asker,
    owner: Owner,
    input: CreateSessionInput & { environment: Record<string, string> },
    template: Template,
    name: string,
  ): Promise<{ row: SessionRow; events: BusEvent[]; tell: () => void } | null> {
    const cold =
      template.warmPool.size === 0 ||
      input.state !== "running" ||
      input.homeId !== undefined ||
      input.snapshotId !== undefined ||
      hasHome(input, template) !== template.persistentHome ||
      Object.keys(input.environment).length > 0;
    if (cold) return null;
    const request = { ...placementWish(input, template, this.deps.strategy, undefined), ...sizeOf(input, template) };
    const columns = ownColumns(asker, input, template);
    const claimed = await this.deps.warmPool.claim(tx, { template, request, owner, name, columns });
    if (!claimed) return null;
    const { row, placement, events, waitedMs } = claimed;
    await this.announce(tx, asker, row, placement, template);
    const said = { sessionId: row.id, at: this.deps.clock.now(), actorId: null };
    const message = `Claimed a session that was waiting, started ${formatDuration(Math.round(waitedMs / 1000))} before`;
    await insertEvent(tx, { ...said, kind: "claimed", message });
    await insertEvent(tx, { ...said, kind: "running", message: "The session is running" });
    await this.deps.changes.claimed(tx, row);
    return { row, events, tell: () => {} };
  }

  private async announce(tx: Tx, asker: Asker, row: SessionRow, placement: Placement, template: Template): Promise<void> {
    const at = this.deps.clock.now();
    const reason = placement.considered.find((one) => one.chosen)?.reason ?? "";
    const requested = `${template.displayName} was asked for by ${asker.username}`;
    await insertEvents(tx, [
      { sessionId: row.id, at, kind: "requested", message: requested, actorId: asker.userId },
      ...(placement.chosen
        ? [{ sessionId: row.id, at, kind: "placed", message: `Placed on '${placement.chosen}': ${reason}`, actorId: null } as const]
        : []),
    ]);
    await this.deps.audit.record(tx, actorOf(asker), {
      action: "sessions.create",
      target: { kind: "session", id: row.id },
      details: { name: row.name, owner: row.user.username, template: template.name, agent: placement.chosen },
    });
  }
}

/** What a desktop is told of whoever it is made for. */
const environmentOf = ({ keyboardLayout }: { readonly keyboardLayout: string | null }, { display }: Template): Record<string, string> =>
  keyboardLayout && display.protocol === "rfb" ? { BERTH_KEYBOARD_LAYOUT: keyboardLayout } : {};

/** What a session says otherwise than its template, and its container doesn't know of. */
function ownColumns(asker: Asker, input: CreateSessionInput, template: Template) {
  const idleTimeout = input.idleTimeout ?? template.idleTimeout;
  return {
    hibernateMode: input.hibernateMode ?? template.hibernateMode,
    idleTimeoutSeconds: required(parseDuration(idleTimeout), idleTimeout),
    tags: input.tags,
    ...(input.policy ? { policy: policyFor(asker, input.policy, template.policy, template.policy) } : {}),
  };
}

const hasHome = (
  { homeId, snapshotId, persistentHome }: Pick<CreateSessionInput, "homeId" | "snapshotId" | "persistentHome">,
  template: Template,
): boolean => homeId !== undefined || snapshotId !== undefined || (persistentHome ?? template.persistentHome);

/** One that begins hibernated takes no cores and no memory until it is woken, and is asked about again then. */
function askOf(
  input: Pick<CreateSessionInput, "state" | "resources" | "homeId" | "snapshotId" | "persistentHome">,
  template: Template,
): Ask {
  const size = input.state === "running" ? sizeOf(input, template) : { cpuMillicores: 0, memoryBytes: 0 };
  return { sessions: 1, ...size, home: hasHome(input, template) };
}
