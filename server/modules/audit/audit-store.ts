import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { bigintText, Keyset, past } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";

export type AuditRow = Prisma.AuditEntryGetPayload<object>;

export const insertAuditEntry = (tx: Tx | Database, data: Prisma.AuditEntryUncheckedCreateInput) =>
  tx.auditEntry.create({ data, select: { id: true } });

const newestFirst = new Keyset<AuditRow, Prisma.AuditEntryWhereInput, Prisma.AuditEntryOrderByWithRelationInput>("audit", [
  {
    orderBy: (order) => ({ id: order }),
    of: (row) => String(row.id),
    is: (text) => ({ id: bigintText.parse(text) }),
    beyond: (text, order) => ({ id: past(bigintText.parse(text), order) }),
  },
]);

export async function findAuditEntries(
  database: Database,
  filter: { actorId?: string | undefined; targetId?: string | undefined; action?: string | undefined },
  page: Page,
): Promise<{ rows: AuditRow[]; nextCursor: string | null; counted: number }> {
  const where = { actorId: filter.actorId, targetId: filter.targetId, action: filter.action };
  const [rows, counted] = await Promise.all([
    database.auditEntry.findMany({
      where: { AND: [where, newestFirst.after(page.cursor, "desc")] },
      orderBy: newestFirst.orderBy("desc"),
      ...window(page),
    }),
    database.auditEntry.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  return { ...newestFirst.cut(rows, page.limit, "desc"), counted };
}
