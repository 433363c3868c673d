import type { Database, Tx } from "../../../platform/database";
import type { Prisma } from "../../../platform/db/generated/client";

export type VariableRow = Prisma.SessionVariableGetPayload<object>;

export const findVariables = (db: Tx | Database, sessionId: string): Promise<VariableRow[]> =>
  db.sessionVariable.findMany({ where: { sessionId }, orderBy: { name: "asc" } });
export const insertVariables = (tx: Tx, rows: readonly VariableRow[]) =>
  tx.sessionVariable.createMany({ data: [...rows], skipDuplicates: true });
export const writeVariable = (tx: Tx, row: VariableRow) => {
  const { sessionId, name, ...columns } = row;
  return tx.sessionVariable.upsert({ where: { sessionId_name: { sessionId, name } }, create: row, update: columns });
};
export const removeVariables = (tx: Tx, sessionId: string, names: readonly string[]) =>
  tx.sessionVariable.deleteMany({ where: { sessionId, name: { in: [...names] } } });
/** The one after it. */
export async function raiseVersion(tx: Tx, sessionId: string): Promise<number> {
  const { environmentVersion } = await tx.session.update({
    where: { id: sessionId },
    data: { environmentVersion: { increment: 1 } },
    select: { environmentVersion: true },
  });
  return environmentVersion;
}
export const writeStarted = (tx: Tx, sessionId: string, environmentStarted: string) =>
  tx.session.update({ where: { id: sessionId }, data: { environmentStarted }, select: { id: true } });

export const findPlain = (tx: Tx, sessionId: string) =>
  tx.session.findUnique({
    where: { id: sessionId },
    select: { id: true, environment: true, environmentStarted: true, generation: true, createdAt: true },
  });
export const emptyPlain = (tx: Tx, sessionId: string, environmentStarted: string | null) =>
  tx.session.update({ where: { id: sessionId }, data: { environment: {}, environmentStarted }, select: { id: true } });
export const findSessionsWithPlain = async (db: Database, limit: number): Promise<string[]> =>
  (await db.$queryRaw<{ id: string }[]>`SELECT "id" FROM "Session" WHERE "environment" <> '{}'::jsonb LIMIT ${limit}`).map(({ id }) => id);

/** Tasks of older versions, whose payload has variables in plain. Ended ones need none. */
export const emptyEndedPayloads = (db: Database, limit: number): Promise<number> =>
  db.$executeRaw`
    UPDATE "Task" SET "payload" = jsonb_set("payload", '{environment}', '{}'::jsonb) WHERE "id" IN (
      SELECT "id" FROM "Task" WHERE "kind" LIKE 'session.%' AND "state" IN ('completed', 'failed', 'cancelled')
        AND coalesce("payload"->'environment', '{}'::jsonb) <> '{}'::jsonb
      LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )`;
export const findOpenPayloads = (db: Database, limit: number): Promise<{ id: string; environment: unknown }[]> =>
  db.$queryRaw<{ id: string; environment: unknown }[]>`
    SELECT "id", "payload"->'environment' AS "environment" FROM "Task"
    WHERE "kind" LIKE 'session.%' AND "state" IN ('queued', 'sent', 'acknowledged')
      AND coalesce("payload"->'environment', '{}'::jsonb) <> '{}'::jsonb
    LIMIT ${limit}`;
export const sealPayload = (db: Database, taskId: string, environmentSealed: string): Promise<number> =>
  db.$executeRaw`
    UPDATE "Task" SET "payload" = jsonb_set("payload", '{environment}', '{}'::jsonb),
      "environmentSealed" = CASE WHEN "state" IN ('queued', 'sent', 'acknowledged') THEN coalesce("environmentSealed", ${environmentSealed}) END
    WHERE "id" = ${taskId}::uuid`;

export async function findNames(db: Database, userIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.user.findMany({ where: { id: { in: [...userIds] } }, select: { id: true, username: true } });
  return new Map(rows.map(({ id, username }) => [id, username]));
}
