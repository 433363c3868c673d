import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";

export type LoginRow = Prisma.SignedInLoginGetPayload<object>;

export const insertLogin = (tx: Tx, data: Prisma.SignedInLoginUncheckedCreateInput) =>
  tx.signedInLogin.create({ data, select: { id: true } });

/** Those that are still good, the one that was seen last first. */
export const findLogins = (db: Database, userId: string, accessEpoch: number, now: Date): Promise<LoginRow[]> =>
  db.signedInLogin.findMany({ where: { userId, accessEpoch, expiresAt: { gt: now } }, orderBy: [{ lastSeenAt: "desc" }, { id: "asc" }] });

export const deleteLogin = async (tx: Tx, id: string, userId?: string): Promise<boolean> =>
  (await tx.signedInLogin.deleteMany({ where: { id, userId } })).count === 1;
export const deleteLoginsOfUser = (tx: Tx, userId: string) => tx.signedInLogin.deleteMany({ where: { userId } });
export const deleteExpiredLogins = (db: Database, now: Date) => db.signedInLogin.deleteMany({ where: { expiresAt: { lt: now } } });

export const markLoginsSeen = (db: Database, seen: ReadonlyMap<string, Date>) =>
  db.$executeRaw`UPDATE "SignedInLogin" AS l SET "lastSeenAt" = s.at
    FROM unnest(${[...seen.keys()]}::text[], ${[...seen.values()].map((at) => at.toISOString())}::timestamp[]) AS s(id, at)
    WHERE l.id = s.id AND l."lastSeenAt" < s.at`;
