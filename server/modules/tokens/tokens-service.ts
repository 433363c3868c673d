import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { KeptBriefly } from "../../platform/kept-briefly";
import { enforce } from "../../platform/verdict";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import { LOGIN_SECONDS } from "../users/login-length";
import type { TicketsService } from "../users/tickets-service";
import { userMissing } from "../users/user-missing";
import type { Asker, Login } from "../users/users-schema";
import { scopedRole } from "./token-scope";
import { hashOfToken, loginOfToken, shownOf, tokenText } from "./token-text";
import { mayTokens } from "./tokens-policy";
import { type apiTokenSchema, type createTokenInput, type createTokenOutput, MAX_TOKENS } from "./tokens-schema";
import {
  countTokensLocked,
  deleteTokensOverSince,
  findOwner,
  findToken,
  findTokenByHash,
  findTokens,
  findTokensOfUser,
  insertToken,
  markTokensUsed,
  revokeToken,
  type TokenRow,
} from "./tokens-store";

const LISTED_MS = 30 * 86_400_000;

export interface TokensDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
}

interface Use {
  readonly at: Date;
  readonly address: string;
}

/** Tokens by which scripts come in as their owners. A row is believed for a second at most, and until the bus says that it changed: one that is revoked is out at once. */
export class TokensService {
  /** When and from where each was used last, as far as it isn't written yet. */
  private used = new Map<string, Use>();
  private readonly rows: KeptBriefly<TokenRow | null>;

  constructor(private readonly deps: TokensDeps) {
    this.rows = new KeptBriefly(deps.clock);
    deps.bus.beforehand((event) => {
      if (event.kind === "user" || event.kind === "access") this.rows.drop(({ userId }) => userId === event.userId);
      if (event.kind === "logout") this.rows.drop(({ id }) => loginOfToken(id) === event.loginId);
    });
  }

  /** Of `asker`, or of another where they may see them. Throws USER_NOT_FOUND. */
  async list(asker: Asker, userId: string = asker.userId): Promise<z.output<typeof apiTokenSchema>[]> {
    const missing = () => userMissing(userId).ofRequest();
    const owner = await findOwner(this.deps.database, userId);
    if (!owner) throw missing();
    enforce(mayTokens(asker, "see", owner), missing, "see these tokens");
    const since = this.deps.clock.now().getTime() - LISTED_MS;
    const rows = await findTokensOfUser(this.deps.database, userId);
    return rows.map((row) => this.view(row)).filter(({ state, createdAt }) => state === "active" || createdAt.getTime() > since);
  }

  /** The value is told here and kept nowhere. Throws USER_NOT_FOUND, API_TOKEN_LIMIT, and AUTH_INSUFFICIENT_PERMISSIONS for another person's. */
  async create(asker: Asker, input: z.output<typeof createTokenInput>): Promise<z.output<typeof createTokenOutput>> {
    const { database, ids, clock, audit } = this.deps;
    const userId = input.userId ?? asker.userId;
    const value = tokenText(ids.secret());
    const now = clock.now();
    const missing = () => userMissing(userId).ofRequest();
    const row = await database.$transaction(async (tx) => {
      const owner = await findOwner(tx, userId);
      if (!owner) throw missing();
      enforce(mayTokens(asker, "create", owner), missing, "make tokens for another person, only for service accounts");
      if ((await countTokensLocked(tx, owner, now)) >= MAX_TOKENS)
        throw new BerthError("API_TOKEN_LIMIT", `'${owner.username}' has ${MAX_TOKENS} API tokens; revoke one that is not used any more`);
      const days = input.expiresInDays ?? null;
      const made = await insertToken(tx, {
        id: ids.uuid(),
        userId,
        name: input.name,
        hash: hashOfToken(value) ?? "",
        prefix: shownOf(value),
        scope: input.scope,
        accessEpoch: owner.accessEpoch,
        createdById: asker.userId,
        createdAt: now,
        expiresAt: days === null ? null : new Date(now.getTime() + days * 86_400_000),
      });
      await audit.record(tx, actorOf(asker), {
        action: "tokens.create",
        target: { kind: "user", id: userId },
        details: { name: made.name, scope: made.scope, prefix: made.prefix, expiresAt: made.expiresAt?.toISOString() ?? null },
      });
      return made;
    });
    await this.deps.bus.publish({ kind: "user", userId });
    return { ...this.view(row), value };
  }

  /** At once: what it opened ends too. One that was revoked already stays so. Throws API_TOKEN_NOT_FOUND. */
  async revoke(asker: Asker, id: string): Promise<void> {
    const { database, clock, audit, tickets, bus } = this.deps;
    const missing = () => new BerthError("API_TOKEN_NOT_FOUND", `You have no API token with the id '${id}'`);
    const row = await findToken(database, id);
    if (!row) throw missing();
    enforce(mayTokens(asker, "revoke", row.user), missing, "revoke this token");
    await database.$transaction(async (tx) => {
      if (!(await revokeToken(tx, id, clock.now()))) return;
      await tickets.revokeOfLogin(tx, loginOfToken(id));
      const details = { name: row.name, scope: row.scope, prefix: row.prefix };
      await audit.record(tx, actorOf(asker), { action: "tokens.revoke", target: { kind: "user", id: row.userId }, details });
    });
    await bus.publish({ kind: "logout", loginId: loginOfToken(id) }, { kind: "user", userId: row.userId });
  }

  /** Who comes with this token, from `address`. Throws AUTH_TOKEN_EXPIRED or AUTH_TOKEN_INVALID. */
  async login(text: string, address: string): Promise<Login> {
    const hash = hashOfToken(text);
    const row = hash === null ? null : await this.rows.of(hash, () => findTokenByHash(this.deps.database, hash));
    const state = row && this.stateOf(row);
    if (row && state === "expired") throw new BerthError("AUTH_TOKEN_EXPIRED", `The API token '${row.name}' has expired; make a new one`);
    if (!row || state !== "active")
      throw new BerthError("AUTH_TOKEN_INVALID", "This API token isn't valid (any more); make a new one under Settings");
    this.used.set(row.id, { at: this.deps.clock.now(), address });
    return this.loginOf(row);
  }

  /** As it is now, for what was let in by it before: a ticket, an app's cookie, a subscription. Null once it is over. */
  async current(tokenId: string, claimed: Pick<Login, "userId" | "accessEpoch">): Promise<Login | null> {
    const row = await findToken(this.deps.database, tokenId);
    const good = row && this.stateOf(row) === "active" && row.userId === claimed.userId && row.user.accessEpoch === claimed.accessEpoch;
    return good ? this.loginOf(row) : null;
  }

  /** Which of these tokens let nobody in any more. */
  async over(tokenIds: readonly string[]): Promise<string[]> {
    if (tokenIds.length === 0) return [];
    const rows = await findTokens(this.deps.database, tokenIds);
    const good = new Set(rows.filter((row) => this.stateOf(row) === "active").map(({ id }) => id));
    return tokenIds.filter((id) => !good.has(id));
  }

  /** Writes down when tokens were used, all in one statement, and forgets those that have been over for long. */
  async flush(): Promise<void> {
    const used = this.used;
    this.used = new Map();
    if (used.size > 0) await markTokensUsed(this.deps.database, used);
    await deleteTokensOverSince(this.deps.database, new Date(this.deps.clock.now().getTime() - LISTED_MS));
  }

  private stateOf(row: TokenRow): z.output<typeof apiTokenSchema>["state"] {
    if (row.revokedAt) return "revoked";
    if (!row.user.active || row.accessEpoch !== row.user.accessEpoch) return "ended";
    return row.expiresAt && row.expiresAt <= this.deps.clock.now() ? "expired" : "active";
  }

  private loginOf({ id, name, scope, user, expiresAt }: TokenRow): Login {
    const soon = new Date(this.deps.clock.now().getTime() + LOGIN_SECONDS * 1000);
    return {
      loginId: loginOfToken(id),
      userId: user.id,
      username: user.username,
      role: scopedRole(user.role, scope),
      via: "bearer",
      accessEpoch: user.accessEpoch,
      expiresAt: expiresAt && expiresAt < soon ? expiresAt : soon,
      token: { id, name, scope },
    };
  }

  private view(row: TokenRow): z.output<typeof apiTokenSchema> {
    const { id, userId, name, prefix, scope, createdAt, expiresAt } = row;
    const use = this.used.get(id);
    return {
      id,
      userId,
      name,
      prefix,
      scope,
      state: this.stateOf(row),
      createdAt,
      expiresAt,
      lastUsedAt: use?.at ?? row.lastUsedAt,
      lastUsedAddress: use?.address ?? row.lastUsedAddress,
    };
  }
}
