import type { Database, Tx } from "../../../platform/database";
import type { Prisma } from "../../../platform/db/generated/client";

const withVisits = {
  visits: { include: { user: { select: { username: true } } }, orderBy: { lastAt: "desc" }, take: 100 },
} satisfies Prisma.PortShareInclude;
export type PortShareRow = Prisma.PortShareGetPayload<{ include: typeof withVisits }>;

export const findSavedPorts = (db: Tx | Database, sessionId: string) =>
  db.sessionPort.findMany({ where: { sessionId }, orderBy: { port: "asc" }, take: 200 });
export const countSavedPorts = (tx: Tx, sessionId: string) => tx.sessionPort.count({ where: { sessionId } });
export const upsertSavedPort = (tx: Tx, { sessionId, port, name, kind }: { sessionId: string; port: number; name: string; kind: string }) =>
  tx.sessionPort.upsert({
    where: { sessionId_port: { sessionId, port } },
    create: { sessionId, port, name, kind },
    update: { name, kind },
  });
export const deleteSavedPort = async (tx: Tx, sessionId: string, port: number): Promise<boolean> =>
  (await tx.sessionPort.deleteMany({ where: { sessionId, port } })).count > 0;

export const insertPortShare = (tx: Tx, data: Prisma.PortShareUncheckedCreateInput) => tx.portShare.create({ data, include: withVisits });
export const findPortShares = (db: Database, sessionId: string, now: Date) =>
  db.portShare.findMany({ where: { sessionId, expiresAt: { gt: now } }, include: withVisits, orderBy: { createdAt: "asc" }, take: 200 });
export const findPortShareByToken = (db: Database, tokenHash: string, now: Date) =>
  db.portShare.findFirst({ where: { tokenHash, expiresAt: { gt: now } } });
/** Null also where it is of another session or port, or has run out. */
export const findPortShare = (db: Database, { id, sessionId, port }: { id: string; sessionId: string; port: number }, now: Date) =>
  db.portShare.findFirst({ where: { id, sessionId, port, expiresAt: { gt: now } } });
export const countPortShares = (tx: Tx, sessionId: string) => tx.portShare.count({ where: { sessionId } });
export const deleteExpiredPortShares = (tx: Tx, sessionId: string, now: Date) =>
  tx.portShare.deleteMany({ where: { sessionId, expiresAt: { lte: now } } });
/** The one that is gone now; null where there was none. */
export async function deletePortShare(tx: Tx, sessionId: string, id: string) {
  const share = await tx.portShare.findFirst({ where: { id, sessionId } });
  if (!share) return null;
  const { count } = await tx.portShare.deleteMany({ where: { id } });
  return count > 0 ? share : null;
}
export const upsertPortVisit = (tx: Tx, shareId: string, userId: string, at: Date) =>
  tx.portVisit.upsert({
    where: { shareId_userId: { shareId, userId } },
    create: { shareId, userId, firstAt: at, lastAt: at },
    update: { lastAt: at, times: { increment: 1 } },
  });
