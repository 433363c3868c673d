import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";
import { bigintText, dateText, Keyset, notBefore, past } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";
import type { AuditFilter } from "./audit-schema";

export type AuditRow = Prisma.AuditEntryGetPayload<object>;

export const insertAuditEntry = (tx: Tx | Database, data: Prisma.AuditEntryUncheckedCreateInput) =>
  tx.auditEntry.create({ data, select: { id: true } });

const newestFirst = new Keyset<AuditRow, Prisma.AuditEntryWhereInput, Prisma.AuditEntryOrderByWithRelationInput>("audit", [
  {
    orderBy: (order) => ({ at: order }),
    of: (row) => row.at.toISOString(),
    is: (text) => ({ at: dateText.parse(text) }),
    beyond: (text, order) => ({ at: past(dateText.parse(text), order) }),
    from: (text, order) => ({ at: notBefore(dateText.parse(text), order) }),
  },
  {
    orderBy: (order) => ({ id: order }),
    of: (row) => String(row.id),
    is: (text) => ({ id: bigintText.parse(text) }),
    beyond: (text, order) => ({ id: past(bigintText.parse(text), order) }),
  },
]);

/** PostgreSQL knows no time before 4713 BC, and nothing was written before 1970. */
const timeOf = (text: string): Date => new Date(Math.max(0, Date.parse(text)));

const whereOf = ({ actor, from, to, ...same }: AuditFilter): Prisma.AuditEntryWhereInput => ({
  actorId: same.actorId,
  actorName: actor,
  action: same.action,
  targetKind: same.targetKind,
  targetId: same.targetId,
  address: same.address,
  result: same.result,
  ...((from || to) && { at: { ...(from && { gte: timeOf(from) }), ...(to && { lt: timeOf(to) }) } }),
});

/** Newest first, from the cursor on. */
export async function findAuditPage(
  database: Database,
  filter: AuditFilter,
  page: Page,
): Promise<{ rows: AuditRow[]; nextCursor: string | null }> {
  const rows = await database.auditEntry.findMany({
    where: { AND: [whereOf(filter), newestFirst.after(page.cursor, "desc")] },
    orderBy: newestFirst.orderBy("desc"),
    ...window(page),
  });
  return newestFirst.cut(rows, page.limit, "desc");
}

export const countAuditEntries = (database: Database, filter: AuditFilter): Promise<number> =>
  database.auditEntry.count({ where: whereOf(filter), take: TOTAL_CAP + 1 });

/** Every value of a column that has an index: one step along the index for each, however many rows there are. */
async function wordsOf(database: Database, column: "action" | "targetKind"): Promise<string[]> {
  const name = Prisma.raw(`"${column}"`);
  const rows = await database.$queryRaw`
    WITH RECURSIVE words(word) AS (
      (SELECT min(${name}) FROM "AuditEntry")
      UNION ALL
      SELECT (SELECT min(${name}) FROM "AuditEntry" WHERE ${name} > words.word) FROM words WHERE words.word IS NOT NULL
    )
    SELECT word FROM words WHERE word IS NOT NULL LIMIT 1000`;
  return z
    .array(z.object({ word: z.string() }))
    .parse(rows)
    .map(({ word }) => word);
}

export async function findAuditWords(database: Database): Promise<{ actions: string[]; targetKinds: string[] }> {
  const [actions, targetKinds] = await Promise.all([wordsOf(database, "action"), wordsOf(database, "targetKind")]);
  return { actions, targetKinds };
}

/** Deletes the oldest entries from before this time, at most so many; says how many. Two that do it at once take different ones. */
export const deleteAuditBefore = (database: Database, before: Date, atMost: number): Promise<number> =>
  database.$executeRaw`
    DELETE FROM "AuditEntry" WHERE "id" IN (
      SELECT "id" FROM "AuditEntry" WHERE "at" < ${before} ORDER BY "at", "id" LIMIT ${atMost} FOR UPDATE SKIP LOCKED
    )`;
