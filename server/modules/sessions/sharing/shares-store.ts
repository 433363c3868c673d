import type { Database, Tx } from "../../../platform/database";
import type { Prisma } from "../../../platform/db/generated/client";
import { effectivePolicy } from "../effective-policy";
import { findDisplays } from "../sessions-store";

const withUser = { user: { select: { username: true } } } satisfies Prisma.SessionShareInclude;
export type ShareRow = Prisma.SessionShareGetPayload<{ include: typeof withUser }>;

const good = (now: Date): Prisma.SessionShareWhereInput => ({ OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] });

export const findShare = (db: Tx | Database, id: string, now: Date) =>
  db.sessionShare.findFirst({ where: { id, AND: [good(now)] }, include: withUser });
export const findShareByToken = (db: Database, tokenHash: string, now: Date) =>
  db.sessionShare.findFirst({ where: { tokenHash, AND: [good(now)] }, include: withUser });
export const findInvitation = (db: Tx | Database, sessionId: string, userId: string, now: Date) =>
  db.sessionShare.findFirst({ where: { sessionId, userId, AND: [good(now)] }, include: withUser });
export const findShares = (db: Database, sessionId: string, now: Date) =>
  db.sessionShare.findMany({ where: { sessionId, AND: [good(now)] }, include: withUser, orderBy: { createdAt: "asc" }, take: 200 });
export const countShares = (tx: Tx, sessionId: string) => tx.sessionShare.count({ where: { sessionId } });
/** Of sessions that are not over, newest first. */
export const findSharesWith = (db: Database, userId: string, now: Date) =>
  db.sessionShare.findMany({
    where: { userId, session: { desired: { not: "terminated" } }, AND: [good(now)] },
    include: {
      session: { select: { name: true, policy: true, templateId: true, templateVersion: true, user: { select: { username: true } } } },
    },
    orderBy: { createdAt: "desc" },
    take: 100,
  });
/** Sessions that are not over and to whose screens this person is invited now, by id, as far as their policies allow sharing. */
export async function findSessionsSharedWith(db: Database, userId: string, now: Date): Promise<string[]> {
  const rows = await db.sessionShare.findMany({
    where: { userId, session: { desired: { not: "terminated" } }, AND: [good(now)] },
    select: { session: { select: { id: true, policy: true, templateId: true, templateVersion: true } } },
    orderBy: { createdAt: "desc" },
    take: 1000,
  });
  if (rows.length === 0) return [];
  const sessions = rows.map(({ session }) => session);
  const versions = await findDisplays(db, sessions);
  return sessions.flatMap((session) => {
    const version = versions.get(session.id);
    return version && effectivePolicy(session, version).sharing ? [session.id] : [];
  });
}
export const insertShare = (tx: Tx, data: Prisma.SessionShareUncheckedCreateInput) => tx.sessionShare.create({ data, include: withUser });
export const upsertInvitation = (tx: Tx, data: Prisma.SessionShareUncheckedCreateInput & { userId: string }) =>
  tx.sessionShare.upsert({
    where: { sessionId_userId: { sessionId: data.sessionId, userId: data.userId } },
    create: data,
    update: { mode: data.mode, label: data.label, expiresAt: data.expiresAt ?? null },
    include: withUser,
  });
export const deleteShare = (tx: Tx, id: string) => tx.sessionShare.deleteMany({ where: { id } });
export const deleteExpiredShares = (tx: Tx, sessionId: string, now: Date) =>
  tx.sessionShare.deleteMany({ where: { sessionId, expiresAt: { lte: now } } });
export const touchShare = (db: Database, id: string, lastUsedAt: Date) =>
  db.sessionShare.updateMany({ where: { id }, data: { lastUsedAt } });
export const writePolicy = (tx: Tx, sessionId: string, policy: Prisma.InputJsonValue) =>
  tx.session.update({ where: { id: sessionId }, data: { policy }, select: { id: true } });
export const namesOf = async (db: Database, ids: readonly string[]): Promise<Map<string, string>> => {
  const rows = await db.user.findMany({ where: { id: { in: [...ids] } }, select: { id: true, username: true } });
  return new Map(rows.map(({ id, username }) => [id, username]));
};
