import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";
import type { UserRole } from "../users/users-schema";
import type { Limits } from "./limits-schema";
import type { Amounts } from "./quota-check";

const plain = (value: bigint | null): number | null => (value === null ? null : Number(value));

/** Those that have a row. */
export async function findRoleQuotas(db: Tx | Database): Promise<Map<UserRole, Limits>> {
  const rows = await db.roleQuota.findMany();
  return new Map(
    rows.map(({ role, memoryBytes, storageBytes, ...rest }) => [
      role,
      { ...rest, memoryBytes: plain(memoryBytes), storageBytes: plain(storageBytes) },
    ]),
  );
}

export const writeRoleQuota = (tx: Tx, role: UserRole, columns: Omit<Prisma.RoleQuotaUncheckedCreateInput, "role">) =>
  tx.roleQuota.upsert({ where: { role }, create: { role, ...columns }, update: columns });

/** Null where nobody has that id. */
export async function findOwnLimits(db: Tx | Database, userId: string): Promise<{ username: string; role: UserRole; own: Limits } | null> {
  const row = await db.user.findUnique({
    where: { id: userId },
    select: { username: true, role: true, quotaSessions: true, quotaCpuMillicores: true, quotaMemoryBytes: true, quotaStorageBytes: true },
  });
  if (!row) return null;
  const own = {
    sessions: row.quotaSessions,
    cpuMillicores: row.quotaCpuMillicores,
    memoryBytes: plain(row.quotaMemoryBytes),
    storageBytes: plain(row.quotaStorageBytes),
  };
  return { username: row.username, role: row.role, own };
}

const amountsSchema = z.tuple([
  z.object({ sessions: z.number(), cpuMillicores: z.number(), memoryBytes: z.number(), storageBytes: z.number() }),
]);

/** What a person has now, but for one session. Homes and snapshots that are being removed don't count: their owner has done what they can. */
export async function findAmounts(db: Tx | Database, userId: string, exceptSessionId: string | null): Promise<Amounts> {
  const rows: unknown = await db.$queryRaw`
    SELECT
      count(*) FILTER (WHERE NOT (s."desired" = 'terminated' AND (s."observed" = 'removed' OR s."observed" = 'failed' AND s."failureCode" IS NOT NULL)))::float8
        AS "sessions",
      coalesce(sum(s."cpuMillicores") FILTER (WHERE s."desired" = 'running' OR s."observed" IN ('starting', 'running')), 0)::float8
        AS "cpuMillicores",
      coalesce(sum(s."memoryBytes") FILTER (WHERE s."desired" = 'running' OR s."observed" IN ('starting', 'running', 'frozen')), 0)::float8
        AS "memoryBytes",
      (SELECT coalesce(sum(h."sizeBytes"), 0)::float8 FROM "Home" h WHERE h."userId" = ${userId}::uuid AND h."deletingAt" IS NULL)
        + (SELECT coalesce(sum(coalesce(p."sizeBytes", 0) + coalesce(p."imageBytes", 0)), 0)::float8 FROM "Snapshot" p
           WHERE p."userId" = ${userId}::uuid AND p."state" <> 'deleting')
        AS "storageBytes"
    FROM "Session" s
    WHERE s."userId" = ${userId}::uuid AND ${exceptSessionId === null ? Prisma.sql`TRUE` : Prisma.sql`s."id" <> ${exceptSessionId}::uuid`}`;
  return amountsSchema.parse(rows)[0];
}
