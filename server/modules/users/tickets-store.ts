import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";

export type TicketRow = Prisma.AccessTicketGetPayload<object>;

export const insertTicket = (tx: Tx, data: Prisma.AccessTicketUncheckedCreateInput) =>
  tx.accessTicket.create({ data, select: { hash: true } });

/** One statement, so that of two who come at once only one gets it. */
export async function takeTicket(db: Database, hash: string): Promise<TicketRow | null> {
  const rows = await db.$queryRaw<TicketRow[]>`DELETE FROM "AccessTicket" WHERE "hash" = ${hash} RETURNING *`;
  return rows[0] ?? null;
}

export const deleteTicketsOfUser = (tx: Tx, userId: string) => tx.accessTicket.deleteMany({ where: { userId } });
export const deleteTicketsOfLogin = (tx: Tx, loginId: string) => tx.accessTicket.deleteMany({ where: { loginId } });
export const deleteExpiredTickets = (db: Database, now: Date) => db.accessTicket.deleteMany({ where: { expiresAt: { lt: now } } });
