import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, lock, type Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { KeptBriefly } from "../../platform/kept-briefly";
import { pagination } from "../../platform/paging";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import { limitsGiven, limitsText } from "../quotas/limits-schema";
import type { Account, updateAccountInput } from "./account-schema";
import { themeSchema } from "./account-schema";
import { hashPassword } from "./password";
import { demandPerson } from "./service-account";
import type { TicketsService } from "./tickets-service";
import { userMissing } from "./user-missing";
import { unlessTaken } from "./user-taken";
import type {
  Asker,
  createServiceAccountInput,
  createUserInput,
  listUsersInput,
  listUsersOutput,
  User,
  updateUserInput,
} from "./users-schema";
import { countOtherActiveAdmins, findUser, findUserByName, findUsers, insertUser, type UserRow, updateUser } from "./users-store";

export const userView = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  email: row.email,
  role: row.role,
  kind: row.kind,
  active: row.active,
  displayName: row.displayName,
  hasPassword: row.passwordHash !== null,
  secondFactor: row.totpConfirmedAt !== null,
  invitedUntil: row.invitationExpiresAt,
  quota: limitsText({
    sessions: row.quotaSessions,
    cpuMillicores: row.quotaCpuMillicores,
    memoryBytes: row.quotaMemoryBytes === null ? null : Number(row.quotaMemoryBytes),
    storageBytes: row.quotaStorageBytes === null ? null : Number(row.quotaStorageBytes),
  }),
  createdAt: row.createdAt,
  lastLoginAt: row.lastLoginAt,
  lastLogin: row.lastLoginAt,
});

/** For the audit log: what was set. */
const quotaSet = (quota: z.output<typeof updateUserInput>["quota"] = {}) =>
  Object.fromEntries(Object.entries(quota).flatMap(([key, value]) => (value === undefined ? [] : [[`quota.${key}`, value] as const])));

const keptTheme = themeSchema.nullable().catch(null);
export const accountView = (row: UserRow): Account => ({
  ...userView(row),
  theme: keptTheme.parse(row.theme),
  timeZone: row.timeZone,
  keyboardLayout: row.keyboardLayout,
});

export interface UsersDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
}

export class UsersService {
  private readonly accounts: KeptBriefly<UserRow | null>;

  constructor(private readonly deps: UsersDeps) {
    this.accounts = new KeptBriefly(deps.clock);
    deps.bus.beforehand((event) => {
      if (event.kind === "user" || event.kind === "access") this.accounts.drop(({ id }) => id === event.userId);
    });
  }

  async get(id: string): Promise<User> {
    const row = await findUser(this.deps.database, id);
    if (!row) throw userMissing(id);
    return userView(row);
  }

  /** One's own. */
  async account(id: string): Promise<Account> {
    const row = await this.accounts.of(id, () => findUser(this.deps.database, id));
    if (!row) throw userMissing(id);
    return accountView(row);
  }

  /** What isn't named stays. Preferences are not the audit log's business; how one is called is. */
  async updateAccount(asker: Asker, input: z.output<typeof updateAccountInput>): Promise<Account> {
    const { displayName, theme, timeZone, keyboardLayout } = input;
    const row = await this.deps.database.$transaction(async (tx) => {
      const target = { kind: "user", id: asker.userId };
      if (displayName !== undefined)
        await this.deps.audit.record(tx, actorOf(asker), { action: "users.rename_self", target, details: { displayName } });
      return updateUser(tx, asker.userId, { displayName, theme, timeZone, keyboardLayout });
    });
    await this.deps.bus.publish({ kind: "user", userId: row.id });
    return accountView(row);
  }

  /** Null where nobody has that name. */
  async findByName(username: string): Promise<User | null> {
    const row = await findUserByName(this.deps.database, username);
    return row && userView(row);
  }

  async list(input: z.output<typeof listUsersInput>): Promise<z.output<typeof listUsersOutput>> {
    const { rows, nextCursor, counted } = await findUsers(this.deps.database, input, input);
    return { users: rows.map(userView), pagination: pagination(input, counted, nextCursor) };
  }

  /** Throws USER_ALREADY_EXISTS for a name or e-mail address that someone has. */
  async create(asker: Asker, input: z.output<typeof createUserInput>): Promise<User> {
    const passwordHash = await hashPassword(input.password);
    const row = await unlessTaken(input.username, input.email, () =>
      this.deps.database.$transaction(async (tx) => {
        const made = await insertUser(tx, {
          id: this.deps.ids.uuid(),
          username: input.username,
          email: input.email ?? null,
          role: input.role,
          passwordHash,
        });
        await this.deps.audit.record(tx, actorOf(asker), {
          action: "users.create",
          target: { kind: "user", id: made.id },
          details: { username: made.username, role: made.role },
        });
        return made;
      }),
    );
    await this.deps.bus.publish({ kind: "user", userId: row.id });
    return userView(row);
  }

  /** An account for scripts: nobody signs in with it, it comes by API tokens alone. Throws USER_ALREADY_EXISTS. */
  async createServiceAccount(asker: Asker, input: z.output<typeof createServiceAccountInput>): Promise<User> {
    const { username, role, displayName = null } = input;
    const row = await unlessTaken(username, undefined, () =>
      this.deps.database.$transaction(async (tx) => {
        const made = await insertUser(tx, { id: this.deps.ids.uuid(), kind: "service", username, role, displayName });
        await this.deps.audit.record(tx, actorOf(asker), {
          action: "users.create_service_account",
          target: { kind: "user", id: made.id },
          details: { username, role },
        });
        return made;
      }),
    );
    await this.deps.bus.publish({ kind: "user", userId: row.id });
    return userView(row);
  }

  /** A new role or password, or being disabled, ends every login and socket of the user. The last active administrator stays one. */
  async update(asker: Asker, input: z.output<typeof updateUserInput>): Promise<User> {
    const passwordHash = input.password === undefined ? undefined : await hashPassword(input.password);
    const { row, accessChanged } = await unlessTaken(input.id, input.email, () =>
      this.deps.database.$transaction(async (tx) => {
        await lock(tx, "admins", "");
        const before = await findUser(tx, input.id);
        if (!before) throw userMissing(input.id);
        if (passwordHash !== undefined) demandPerson(before);
        const role = input.role ?? before.role;
        const active = input.active ?? before.active;
        const wasAdmin = before.role === "admin" && before.active;
        if (wasAdmin && !(role === "admin" && active)) await this.demandAnotherAdmin(tx, before);
        const changed = role !== before.role || active !== before.active || passwordHash !== undefined;
        const quota = limitsGiven(input.quota ?? {});
        const after = await updateUser(tx, input.id, {
          email: input.email,
          role,
          active,
          passwordHash,
          quotaSessions: quota.sessions,
          quotaCpuMillicores: quota.cpuMillicores,
          quotaMemoryBytes: quota.memoryBytes,
          quotaStorageBytes: quota.storageBytes,
          ...(passwordHash === undefined ? {} : { invitationHash: null, invitationExpiresAt: null }),
          accessEpoch: changed ? { increment: 1 } : undefined,
        });
        if (changed) await this.deps.tickets.revokeOfUser(tx, input.id);
        await this.deps.audit.record(tx, actorOf(asker), {
          action: "users.update",
          target: { kind: "user", id: after.id },
          details: {
            username: after.username,
            role,
            active,
            ...(before.active && !active ? { disabled: true } : {}),
            passwordSet: passwordHash !== undefined,
            ...quotaSet(input.quota),
          },
        });
        return { row: after, accessChanged: changed };
      }),
    );
    await this.deps.bus.publish({ kind: "user", userId: row.id }, ...(accessChanged ? [{ kind: "access", userId: row.id } as const] : []));
    return userView(row);
  }

  private async demandAnotherAdmin(tx: Tx, user: UserRow): Promise<void> {
    if ((await countOtherActiveAdmins(tx, user.id)) > 0) return;
    const problem = `'${user.username}' is the last active administrator; make another one first`;
    throw new BerthError("VALIDATION_FAILED", problem, { details: { fields: { role: problem } } });
  }
}
