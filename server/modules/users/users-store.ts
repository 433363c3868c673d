import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import type { Prisma, User as UserRow } from "../../platform/db/generated/client";
import { dateText, Keyset, type KeysetColumn, notBefore, type Order, past, wordsPast } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";
import { type UserRole, userRoleSchema } from "./users-schema";
import { WARM_POOL_OWNER } from "./warm-pool-owner";

export type { UserRow };

/** The account of the warm pools is nobody: null for it, too. */
export const findUser = async (db: Tx | Database, id: string) => (id === WARM_POOL_OWNER ? null : db.user.findUnique({ where: { id } }));
export const findUserByName = (db: Tx | Database, username: string) => db.user.findUnique({ where: { username } });
export const findUserByEmail = (db: Tx | Database, email: string) => db.user.findUnique({ where: { email } });
export const findUserByOidc = (db: Tx | Database, oidcSubject: string) => db.user.findUnique({ where: { oidcSubject } });
export const countUsers = (db: Tx | Database) => db.user.count({ where: { id: { not: WARM_POOL_OWNER } } });
export const countOtherActiveAdmins = (db: Tx | Database, exceptId: string) =>
  db.user.count({
    // One who has not come yet, and has nothing to come with, is no help.
    where: { role: "admin", active: true, id: { not: exceptId }, OR: [{ passwordHash: { not: null } }, { oidcSubject: { not: null } }] },
  });
export const findUserByInvitation = (db: Database, invitationHash: string) => db.user.findUnique({ where: { invitationHash } });
/** Uses the link up and sets the password; one statement, so that of two who come at once only one does. */
export const takeInvitation = async (tx: Tx, invitationHash: string, now: Date, passwordHash: string): Promise<boolean> => {
  const { count } = await tx.user.updateMany({
    where: { invitationHash, invitationExpiresAt: { gt: now }, active: true },
    data: { passwordHash, accessEpoch: { increment: 1 }, invitationHash: null, invitationExpiresAt: null },
  });
  return count === 1;
};
export const insertUser = (tx: Tx, data: Prisma.UserUncheckedCreateInput) => tx.user.create({ data });
export const updateUser = (tx: Tx, id: string, data: Prisma.UserUncheckedUpdateInput) => tx.user.update({ where: { id }, data });

type Column = KeysetColumn<UserRow, Prisma.UserWhereInput, Prisma.UserOrderByWithRelationInput>;
const username: Column = {
  orderBy: (order) => ({ username: order }),
  of: (row) => row.username,
  is: (text) => ({ username: text }),
  beyond: (text, order) => ({ username: past(text, order) }),
  from: (text, order) => ({ username: notBefore(text, order) }),
};
const role: Column = {
  orderBy: (order) => ({ role: order }),
  of: (row) => row.role,
  is: (text) => ({ role: userRoleSchema.parse(text) }),
  beyond: (text, order) => ({ role: { in: wordsPast(userRoleSchema.options, userRoleSchema.parse(text), order) } }),
};
/** Who never came is last, whichever way round. */
const lastLogin: Column = {
  orderBy: (order) => ({ lastLoginAt: { sort: order, nulls: "last" } }),
  of: (row) => row.lastLoginAt?.toISOString() ?? "",
  is: (text) => ({ lastLoginAt: text === "" ? null : dateText.parse(text) }),
  beyond: (text, order) =>
    text === "" ? { id: { in: [] } } : { OR: [{ lastLoginAt: past(dateText.parse(text), order) }, { lastLoginAt: null }] },
};
const sorts = {
  username: new Keyset("users", [username]),
  role: new Keyset("users by role", [role, username]),
  lastLogin: new Keyset("users by lastLogin", [lastLogin, username]),
};

export async function findUsers(
  db: Database,
  filter: { role?: UserRole | undefined; search?: string | undefined },
  page: Page & { readonly sort: keyof typeof sorts; readonly order: Order },
): Promise<{ rows: UserRow[]; nextCursor: string | null; counted: number }> {
  const { sort, order } = page;
  const contains = filter.search ? { contains: filter.search, mode: "insensitive" as const } : undefined;
  const where: Prisma.UserWhereInput = {
    id: { not: WARM_POOL_OWNER },
    role: filter.role,
    ...(contains ? { OR: [{ username: contains }, { email: contains }, { displayName: contains }] } : {}),
  };
  const [rows, counted] = await Promise.all([
    db.user.findMany({
      where: { AND: [where, sorts[sort].after(page.cursor, order)] },
      orderBy: sorts[sort].orderBy(order),
      ...window(page),
    }),
    db.user.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  return { ...sorts[sort].cut(rows, page.limit, order), counted };
}

const standingSchema = z.tuple([
  z.object({ username: z.string(), role: userRoleSchema, active: z.boolean(), accessEpoch: z.number().int(), revoked: z.boolean() }),
]);
export type LoginStanding = z.output<typeof standingSchema>[0] & { readonly userId: string; readonly loginId: string };

/** Whose login this is, as they are now, and whether it was ended early. One statement, written by hand because it takes a third of the time so. */
export async function findLogin(db: Database, userId: string, loginId: string): Promise<LoginStanding | null> {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT "username", "role"::text, "active", "accessEpoch", EXISTS (SELECT FROM "RevokedLogin" WHERE "loginId" = ${loginId}) AS "revoked"
    FROM "User" WHERE "id" = ${userId}::uuid`;
  return rows.length === 0 ? null : { userId, loginId, ...standingSchema.parse(rows)[0] };
}

export async function findRevokedLogins(db: Database, loginIds: readonly string[]): Promise<string[]> {
  if (loginIds.length === 0) return [];
  const rows = await db.revokedLogin.findMany({ where: { loginId: { in: [...loginIds] } }, select: { loginId: true } });
  return rows.map(({ loginId }) => loginId);
}

export const insertRevokedLogin = (tx: Tx, loginId: string, expiresAt: Date) =>
  tx.revokedLogin.upsert({ where: { loginId }, create: { loginId, expiresAt }, update: {} });
export const deleteExpiredRevokedLogins = (db: Database, now: Date) => db.revokedLogin.deleteMany({ where: { expiresAt: { lt: now } } });
