import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { dateText, Keyset, type KeysetColumn, type Order, past, uuidText } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";
import { WARM_POOL_OWNER } from "../users/warm-pool-owner";

const live = {
  NOT: { desired: "terminated", OR: [{ observed: "removed" }, { observed: "failed", failureCode: { not: null } }] },
} satisfies Prisma.SessionWhereInput;
const isFree: Prisma.HomeWhereInput = { deletingAt: null, sessions: { none: live } };
const withNames = {
  user: { select: { username: true } },
  agent: { select: { name: true, revokedAt: true } },
  sessions: { where: live, select: { id: true, name: true }, take: 1 },
} satisfies Prisma.HomeInclude;
export type HomeRow = Prisma.HomeGetPayload<{ include: typeof withNames }>;
/** The newest session that had a home, and how many did. */
export interface HomeHistory {
  readonly last: { id: string; name: string; template: { name: string; displayName: string } };
  readonly count: number;
}

type Column = KeysetColumn<HomeRow, Prisma.HomeWhereInput, Prisma.HomeOrderByWithRelationInput>;
const lastUsed: Column = {
  orderBy: (order) => ({ lastUsedAt: order }),
  of: (row) => row.lastUsedAt.toISOString(),
  is: (text) => ({ lastUsedAt: dateText.parse(text) }),
  beyond: (text, order) => ({ lastUsedAt: past(dateText.parse(text), order) }),
};
const name: Column = {
  orderBy: (order) => ({ name: order }),
  of: (row) => row.name,
  is: (text) => ({ name: text }),
  beyond: (text, order) => ({ name: past(text, order) }),
};
/** What nobody counted yet is last, whichever way round. */
const size: Column = {
  orderBy: (order) => ({ sizeBytes: { sort: order, nulls: "last" } }),
  of: (row) => String(row.sizeBytes ?? ""),
  is: (text) => ({ sizeBytes: text === "" ? null : BigInt(text) }),
  beyond: (text, order) => (text === "" ? { id: { in: [] } } : { OR: [{ sizeBytes: past(BigInt(text), order) }, { sizeBytes: null }] }),
};
const id: Column = {
  orderBy: (order) => ({ id: order }),
  of: (row) => row.id,
  is: (text) => ({ id: uuidText.parse(text) }),
  beyond: (text, order) => ({ id: past(uuidText.parse(text), order) }),
};
const sorts = {
  lastUsed: new Keyset("homes", [lastUsed, id]),
  name: new Keyset("homes by name", [name, id]),
  size: new Keyset("homes by size", [size, id]),
};

export const findHome = (db: Tx | Database, id: string) => db.home.findUnique({ where: { id }, include: withNames });
export interface HomeFilter {
  readonly userId?: string | undefined;
  readonly username?: string | undefined;
  readonly search?: string | undefined;
  readonly free?: boolean | undefined;
}

export async function findHomes(
  db: Database,
  filter: HomeFilter,
  page: Page & { readonly sort: keyof typeof sorts; readonly order: Order },
): Promise<{ rows: HomeRow[]; nextCursor: string | null; counted: number }> {
  const { sort, order } = page;
  const contains = filter.search ? { contains: filter.search, mode: "insensitive" as const } : undefined;
  const where: Prisma.HomeWhereInput = {
    AND: [
      { userId: filter.userId },
      { userId: { not: WARM_POOL_OWNER } },
      filter.username === undefined ? {} : { user: { username: filter.username } },
      filter.free === undefined ? {} : filter.free ? isFree : { NOT: isFree },
      contains ? { OR: [{ name: contains }, { agent: { name: contains } }, { user: { username: contains } }] } : {},
    ],
  };
  const [rows, counted] = await Promise.all([
    db.home.findMany({
      where: { AND: [where, sorts[sort].after(page.cursor, order)] },
      include: withNames,
      orderBy: sorts[sort].orderBy(order),
      ...window(page),
    }),
    db.home.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  return { ...sorts[sort].cut(rows, page.limit, order), counted };
}

/** By home's id. */
export async function findHistories(db: Database, homeIds: readonly string[]): Promise<Map<string, HomeHistory>> {
  const where = { homeId: { in: [...homeIds] } };
  const [newest, counts] = await Promise.all([
    db.session.findMany({
      where,
      orderBy: [{ homeId: "asc" }, { createdAt: "desc" }],
      distinct: ["homeId"],
      select: { homeId: true, id: true, name: true, template: { select: { name: true, displayName: true } } },
    }),
    db.session.groupBy({ by: ["homeId"], where, _count: { _all: true } }),
  ]);
  const countOf = new Map(counts.map((one) => [one.homeId, one._count._all]));
  return new Map(newest.flatMap(({ homeId, ...last }) => (homeId ? [[homeId, { last, count: countOf.get(homeId) ?? 1 }] as const] : [])));
}

export const lockHome = (tx: Tx, id: string) => tx.$executeRaw`SELECT 1 FROM "Home" WHERE "id" = ${id}::uuid FOR UPDATE`;
export const insertHome = (tx: Tx, data: Prisma.HomeUncheckedCreateInput) => tx.home.create({ data });
export const updateHome = (tx: Tx, id: string, data: Prisma.HomeUncheckedUpdateInput) => tx.home.update({ where: { id }, data });
export const findHomeByVolume = (tx: Tx, volume: string) => tx.home.findUnique({ where: { volume } });
export const deleteHome = (tx: Tx, id: string) => tx.home.deleteMany({ where: { id } });

/** Homes that nothing uses, of agents that were revoked, and whose volumes this agent has: it is the same host. Answers which came. */
export const takeOverHomes = (
  db: Database,
  agentId: string,
  volumes: readonly string[],
): Promise<{ id: string; userId: string }[]> => db.$queryRaw`
  UPDATE "Home" SET "agentId" = ${agentId}::uuid FROM "Agent" gone
  WHERE "Home"."volume" = ANY(${[...volumes]}) AND gone."id" = "Home"."agentId" AND gone."revokedAt" IS NOT NULL
    AND EXISTS (SELECT FROM "Agent" a WHERE a."id" = ${agentId}::uuid AND a."revokedAt" IS NULL)
    AND NOT EXISTS (
      SELECT FROM "Session" s WHERE s."homeId" = "Home"."id"
        AND NOT (s."desired" = 'terminated' AND (s."observed" = 'removed' OR (s."observed" = 'failed' AND s."failureCode" IS NOT NULL)))
    )
  RETURNING "Home"."id", "Home"."userId"`;

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
