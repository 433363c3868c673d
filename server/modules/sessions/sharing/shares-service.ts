import { displaySchema } from "@berth/protocol/agent-commands";
import { VIEWER_UPDATE, type ViewerMode, viewerModeSchema } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus, BusEvent } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { hashSecret, type Ids } from "../../../platform/ids";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { AuthService } from "../../users/auth-service";
import { userMissing } from "../../users/user-missing";
import type { Asker } from "../../users/users-schema";
import type { UsersService } from "../../users/users-service";
import { effectivePolicy } from "../effective-policy";
import { sessionMissing } from "../sessions-service";
import { findDisplays, findSession, type SessionRow } from "../sessions-store";
import type { Standing } from "../viewers/viewer-rooms";
import { shareMissing } from "./share-missing";
import type { createShareInput, createShareOutput, listSharesOutput, mySharesOutput, SessionShare } from "./shares-schema";
import {
  countShares,
  deleteExpiredShares,
  deleteShare,
  findInvitation,
  findShare,
  findShares,
  findSharesWith,
  insertShare,
  namesOf,
  type ShareRow,
  upsertInvitation,
} from "./shares-store";

const LINK_SECONDS = 60 * 60;
const MAX_SHARES = 50;

export interface SharesDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: AuditService;
  readonly users: UsersService;
  readonly auth: AuthService;
  readonly publicUrl: URL;
}

/** Who else than its owner may see or use a session's screen, or use its web app. What is taken back is gone, and with it every viewer that came by it. */
export class SharesService {
  constructor(private readonly deps: SharesDeps) {}

  /** The mode that a person is invited to a session with; null: they aren't. */
  async invitationOf(userId: string, sessionId: string): Promise<{ id: string; mode: ViewerMode } | null> {
    const row = await findInvitation(this.deps.database, sessionId, userId, this.deps.clock.now());
    const mode = row && (await this.standing(sessionId))?.shares.get(row.id);
    return mode ? { id: row.id, mode } : null;
  }

  async standing(sessionId: string): Promise<Standing | null> {
    const { database, clock } = this.deps;
    const row = await findSession(database, sessionId);
    const version = row && (await findDisplays(database, [row])).get(row.id);
    if (!row || !version) return null;
    const [shares, epoch] = await Promise.all([findShares(database, sessionId, clock.now()), this.deps.auth.accessEpoch(row.userId)]);
    const policy = effectivePolicy(row, version);
    return {
      open: row.desired === "running" && epoch !== null,
      policy,
      shares: new Map((policy.sharing ? shares : []).map((share) => [share.id, viewerModeSchema.parse(share.mode)])),
    };
  }

  /** Whose session a share belongs to: what its policy is asked about. */
  async sessionOf(id: string): Promise<string> {
    const share = await findShare(this.deps.database, id, this.deps.clock.now());
    if (!share) throw shareMissing();
    return share.sessionId;
  }

  async list(sessionId: string): Promise<z.output<typeof listSharesOutput>> {
    const rows = await findShares(this.deps.database, sessionId, this.deps.clock.now());
    const names = await namesOf(
      this.deps.database,
      rows.map((row) => row.createdById),
    );
    return { shares: rows.map((row) => shareView(row, names.get(row.createdById) ?? null)) };
  }

  async mine(userId: string): Promise<z.output<typeof mySharesOutput>> {
    const rows = await findSharesWith(this.deps.database, userId, this.deps.clock.now());
    return {
      shares: rows.map(({ id, sessionId, mode, session }) => ({
        id,
        sessionId,
        name: session.name,
        owner: session.user.username,
        mode: viewerModeSchema.parse(mode),
      })),
    };
  }

  /** Throws SHARING_OFF, AGENT_TOO_OLD, USER_NOT_FOUND (as a wrong request), INVALID_PARAMETER. */
  async create(asker: Asker, input: z.output<typeof createShareInput>): Promise<z.output<typeof createShareOutput>> {
    const { database, clock, ids } = this.deps;
    const { row, protocol } = await this.shareable(input.sessionId);
    if (protocol === "http" && input.mode === "view")
      throw new BerthError(
        "INVALID_PARAMETER",
        `'${row.name}' is a web app: looking can't be told from using there; share it with mode 'control', or not at all`,
      );
    const person = input.user === undefined ? null : await this.person(row, input.user);
    const now = clock.now();
    const lasts = input.expiresInSeconds ?? (person ? null : LINK_SECONDS);
    const token = person ? null : ids.secret();
    const data = {
      id: ids.uuid(),
      sessionId: row.id,
      mode: input.mode,
      label: input.label,
      createdById: asker.userId,
      createdAt: now,
      expiresAt: lasts === null ? null : new Date(now.getTime() + lasts * 1000),
    };
    const share = await database.$transaction(async (tx) => {
      await deleteExpiredShares(tx, row.id, now);
      if ((await countShares(tx, row.id)) >= MAX_SHARES)
        throw new BerthError("INVALID_PARAMETER", `'${row.name}' has ${MAX_SHARES} invitations already; take one back first`);
      const made = person
        ? await upsertInvitation(tx, { ...data, userId: person.id })
        : await insertShare(tx, { ...data, tokenHash: token && hashSecret(token) });
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "shares.create",
        target: { kind: "session", id: row.id },
        details: {
          share: made.id,
          name: row.name,
          owner: row.user.username,
          mode: input.mode,
          user: person?.username ?? null,
          until: data.expiresAt?.toISOString() ?? null,
        },
      });
      return made;
    });
    await this.deps.bus.publish(viewersEvent(row, share.userId));
    const url = token && new URL(protocol === "http" ? `/shared/app/${token}` : `/shared/${token}`, this.deps.publicUrl).href;
    return { ...shareView(share, asker.username), url };
  }

  /** Every viewer that came by it ends at once. */
  async revoke(asker: Asker, id: string): Promise<void> {
    const event = await this.deps.database.$transaction(async (tx) => {
      const share = await findShare(tx, id, this.deps.clock.now());
      const row = share && (await findSession(tx, share.sessionId));
      if (!share || !row) throw shareMissing();
      await deleteShare(tx, id);
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "shares.revoke",
        target: { kind: "session", id: row.id },
        details: { share: id, name: row.name, owner: row.user.username, user: share.user?.username ?? null },
      });
      return viewersEvent(row, share.userId);
    });
    await this.deps.bus.publish(event);
  }

  private async shareable(id: string): Promise<{ row: SessionRow; protocol: "rfb" | "http" }> {
    const row = await findSession(this.deps.database, id);
    const version = row && (await findDisplays(this.deps.database, [row])).get(row.id);
    if (!row || !version) throw sessionMissing(id);
    const { protocol } = displaySchema.parse(version.display);
    if (!effectivePolicy(row, version).sharing) throw new BerthError("SHARING_OFF", `'${row.name}' may not be shared: its policy says so`);
    if (protocol === "rfb" && row.agent && !row.agent.capabilities.includes(VIEWER_UPDATE))
      throw new BerthError("AGENT_TOO_OLD", `Agent '${row.agent.name}' is too old to share a screen; update it`);
    return { row, protocol };
  }

  private async person(row: SessionRow, username: string): Promise<{ id: string; username: string }> {
    const found = await this.deps.users.findByName(username);
    if (!found?.active) throw userMissing(username).ofRequest();
    if (found.id === row.userId) throw new BerthError("INVALID_PARAMETER", `'${username}' is the owner of this session`);
    return found;
  }
}

const viewersEvent = (row: SessionRow, invited: string | null): BusEvent => ({
  kind: "viewers",
  sessionId: row.id,
  userId: row.userId,
  audience: invited === null ? [] : [invited],
});

const shareView = (row: ShareRow, createdBy: string | null): SessionShare => ({
  id: row.id,
  sessionId: row.sessionId,
  kind: row.userId === null ? "link" : "person",
  mode: viewerModeSchema.parse(row.mode),
  user: row.user?.username ?? null,
  label: row.label,
  createdBy,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  lastUsedAt: row.lastUsedAt,
});
