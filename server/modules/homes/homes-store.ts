import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";

const live = {
  NOT: { desired: "terminated", OR: [{ observed: "removed" }, { observed: "failed", failureCode: { not: null } }] },
} satisfies Prisma.SessionWhereInput;
const withNames = {
  user: { select: { username: true } },
  agent: { select: { name: true } },
  sessions: { where: live, select: { id: true, name: true }, take: 1 },
} satisfies Prisma.HomeInclude;
export type HomeRow = Prisma.HomeGetPayload<{ include: typeof withNames }>;

export const findHome = (db: Tx | Database, id: string) => db.home.findUnique({ where: { id }, include: withNames });
export const findHomes = (db: Database, where: { userId?: string | undefined; username?: string | undefined }) =>
  db.home.findMany({
    where: { userId: where.userId, ...(where.username === undefined ? {} : { user: { username: where.username } }) },
    include: withNames,
    orderBy: { lastUsedAt: "desc" },
    take: 1000,
  });
export const lockHome = (tx: Tx, id: string) => tx.$executeRaw`SELECT 1 FROM "Home" WHERE "id" = ${id}::uuid FOR UPDATE`;
export const insertHome = (tx: Tx, data: Prisma.HomeUncheckedCreateInput) => tx.home.create({ data });
export const updateHome = (tx: Tx, id: string, data: Prisma.HomeUncheckedUpdateInput) => tx.home.update({ where: { id }, data });
export const findHomeByVolume = (tx: Tx, volume: string) => tx.home.findUnique({ where: { volume } });
export const deleteHome = (tx: Tx, id: string) => tx.home.deleteMany({ where: { id } });

/** Sizes as an agent measured them, of the homes that are on it and were not measured later; answers whose they are where one is another. */
export async function writeSizes(
  db: Database,
  agentId: string,
  sizes: readonly { volume: string; bytes: number; at: Date }[],
): Promise<{ id: string; userId: string }[]> {
  if (sizes.length === 0) return [];
  const rows = sizes.map(({ volume, bytes, at }) => ({ volume, bytes, at: at.toISOString() }));
  return db.$queryRaw`
    WITH seen AS (
      SELECT h."id", h."sizeBytes" AS "before", s."bytes", s."at"::timestamp AS "at"
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS s("volume" text, "bytes" bigint, "at" text)
      JOIN "Home" h ON h."volume" = s."volume" AND h."agentId" = ${agentId}::uuid
      WHERE h."sizeMeasuredAt" IS NULL OR h."sizeMeasuredAt" < s."at"::timestamp
    ), written AS (
      UPDATE "Home" SET "sizeBytes" = seen."bytes", "sizeMeasuredAt" = seen."at" FROM seen WHERE "Home"."id" = seen."id"
      RETURNING "Home"."id", "Home"."userId"
    )
    SELECT written."id", written."userId" FROM written JOIN seen ON seen."id" = written."id" WHERE seen."before" IS DISTINCT FROM seen."bytes"`;
}
