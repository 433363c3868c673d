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

const limitsSchema = z.object({
  sessions: z.number().nullable(),
  cpuMillicores: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  storageBytes: z.number().nullable(),
});
const ownLimitsSchema = z.tuple([z.object({ username: z.string(), own: limitsSchema, role: limitsSchema.nullable() })]);

/** Their own, and their role's where it has any. Null where nobody has that id. */
export async function findLimits(
  db: Tx | Database,
  userId: string,
): Promise<{ username: string; own: Limits; role: Limits | null } | null> {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT u."username",
      json_build_object('sessions', u."quotaSessions", 'cpuMillicores', u."quotaCpuMillicores", 'memoryBytes', u."quotaMemoryBytes",
        'storageBytes', u."quotaStorageBytes") AS "own",
      CASE WHEN r."role" IS NOT NULL THEN json_build_object('sessions', r."sessions", 'cpuMillicores', r."cpuMillicores",
        'memoryBytes', r."memoryBytes", 'storageBytes', r."storageBytes") END AS "role"
    FROM "User" u LEFT JOIN "RoleQuota" r ON r."role" = u."role" WHERE u."id" = ${userId}::uuid`;
  return rows.length === 0 ? null : ownLimitsSchema.parse(rows)[0];
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
