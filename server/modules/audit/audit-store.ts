import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { TOTAL_CAP } from "../../platform/paging";

export type AuditRow = Prisma.AuditEntryGetPayload<object>;

export const insertAuditEntry = (tx: Tx | Database, data: Prisma.AuditEntryUncheckedCreateInput) =>
  tx.auditEntry.create({ data, select: { id: true } });

export async function findAuditEntries(
  database: Database,
  filter: { targetId?: string | undefined; action?: string | undefined },
  page: { page: number; limit: number },
): Promise<{ rows: AuditRow[]; counted: number }> {
  const where = { targetId: filter.targetId, action: filter.action };
  const [rows, counted] = await Promise.all([
    database.auditEntry.findMany({ where, orderBy: { id: "desc" }, skip: (page.page - 1) * page.limit, take: page.limit }),
    database.auditEntry.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  return { rows, counted };
}
