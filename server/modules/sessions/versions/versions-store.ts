import type { Database, Tx } from "../../../platform/database";
import { Prisma } from "../../../platform/db/generated/client";

export type UpdateRow = Prisma.SessionUpdateGetPayload<object>;
/** What people are shown of a session's history. */
const LISTED = 100;
const LISTED_IMAGES = 100;

export const insertUpdate = (tx: Tx, data: Prisma.SessionUpdateUncheckedCreateInput) => tx.sessionUpdate.create({ data });
export const findUpdate = (db: Tx | Database, id: string) => db.sessionUpdate.findUnique({ where: { id } });
export const findOpenUpdate = (db: Tx | Database, sessionId: string) =>
  db.sessionUpdate.findUnique({ where: { openSessionId: sessionId } });
export const findUpdateOfPull = (db: Tx | Database, pullTaskId: string, sessionId: string) =>
  db.sessionUpdate.findFirst({ where: { pullTaskId, openSessionId: sessionId } });
export const findOpenUpdates = (db: Database) =>
  db.sessionUpdate.findMany({
    where: { openSessionId: { not: null } },
    select: { id: true, sessionId: true, status: true },
    orderBy: { number: "asc" },
  });
export const findUpdatesOf = (db: Tx | Database, sessionId: string, take = LISTED) =>
  db.sessionUpdate.findMany({ where: { sessionId }, orderBy: { number: "desc" }, take });
export const writeUpdate = (tx: Tx, id: string, data: Prisma.SessionUpdateUncheckedUpdateInput) =>
  tx.sessionUpdate.update({ where: { id }, data });

/** Where the session's state stays what it is. */
export const writeVersion = (tx: Tx, id: string, data: { image: string | null; templateVersion: number; updatedAt: Date }) =>
  tx.session.update({ where: { id }, data, select: { id: true } });

export const findTemplateVersions = (db: Tx | Database, templateId: string) =>
  db.templateVersion.findMany({
    where: { templateId },
    orderBy: { version: "desc" },
    select: { version: true, image: true, note: true, createdAt: true },
  });
export const findCurrentVersion = async (db: Tx | Database, templateId: string): Promise<number> =>
  (await db.template.findUniqueOrThrow({ where: { id: templateId }, select: { currentVersion: true } })).currentVersion;

export async function findUsernames(db: Database, ids: readonly (string | null)[]): Promise<Map<string, string>> {
  const users = await db.user.findMany({ where: { id: { in: ids.flatMap((id) => id ?? []) } }, select: { id: true, username: true } });
  return new Map(users.map(({ id, username }) => [id, username]));
}

/** References that were pulled there for sessions or by tasks, the last first. */
export async function findImagesOn(db: Database, agentId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ image: string }[]>(Prisma.sql`
    SELECT "image" FROM (
      SELECT u."toImage" AS "image", u."pulledAt" AS "at" FROM "SessionUpdate" u JOIN "Session" s ON s."id" = u."sessionId"
      WHERE s."agentId" = ${agentId}::uuid AND u."pulledAt" IS NOT NULL
      UNION ALL
      SELECT (t."payload"->>'image') || CASE WHEN t."payload" ? 'digest' THEN '@' || (t."payload"->>'digest') ELSE ':' || coalesce(t."payload"->>'tag', 'latest') END, t."finishedAt"
      FROM "Task" t WHERE t."agentId" = ${agentId}::uuid AND t."kind" = 'docker.pull' AND t."state" = 'completed'
    ) AS known WHERE "image" IS NOT NULL GROUP BY "image" ORDER BY max("at") DESC LIMIT ${LISTED_IMAGES}`);
  return rows.map(({ image }) => image);
}
