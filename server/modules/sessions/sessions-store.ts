import type { Database, Tx } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";
import type { StoredSession } from "./session-status";
import type { SessionEventKind } from "./sessions-schema";

export const withParts = {
  user: { select: { id: true, username: true } },
  template: { select: { id: true, name: true, displayName: true, icon: true } },
  agent: {
    select: {
      id: true,
      name: true,
      capabilities: true,
      connectionId: true,
      connectedAt: true,
      disconnectedAt: true,
      disconnectReason: true,
      lastHeartbeatAt: true,
      heartbeatIntervalSeconds: true,
      draining: true,
      drainStartedAt: true,
      approvedAt: true,
      degradedReason: true,
      revokedAt: true,
      createdAt: true,
    },
  },
  home: { select: { id: true, volume: true, name: true } },
  snapshot: { select: { id: true, include: true } },
  health: { select: { generation: true, health: true, reason: true, since: true, restartAt: true, gaveUpAt: true } },
} satisfies Prisma.SessionInclude;
export type SessionRow = Prisma.SessionGetPayload<{ include: typeof withParts }>;
export type BareSessionRow = Prisma.SessionGetPayload<object>;
export type DisplayRow = { display: Prisma.JsonValue; security: string; policy: Prisma.JsonValue; accessParameters: Prisma.JsonValue };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const findSession = async (db: Tx | Database, id: string): Promise<SessionRow | null> =>
  uuid.test(id) ? db.session.findUnique({ where: { id }, include: withParts }) : null;
export const findSessionsById = (db: Database, ids: readonly string[]): Promise<SessionRow[]> =>
  db.session.findMany({ where: { id: { in: ids.filter((id) => uuid.test(id)) } }, include: withParts });
export const findOwner = async (db: Tx | Database, id: string): Promise<string | null> =>
  uuid.test(id) ? ((await db.session.findUnique({ where: { id }, select: { userId: true } }))?.userId ?? null) : null;
/** Of these, those that there are, whatever became of them. */
export async function findSessionIds(db: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const known = ids.filter((id) => uuid.test(id));
  const rows = known.length === 0 ? [] : await db.session.findMany({ where: { id: { in: known } }, select: { id: true } });
  return new Set(rows.map(({ id }) => id));
}
export const insertSession = (tx: Tx, data: Prisma.SessionUncheckedCreateInput) => tx.session.create({ data, include: withParts });
export const deleteSession = (tx: Tx, id: string) => tx.session.delete({ where: { id } });

/** Writes only where the session is still as it was read. */
export async function changeSession(
  tx: Tx,
  id: string,
  from: StoredSession,
  data: Prisma.SessionUncheckedUpdateManyInput,
): Promise<boolean> {
  const { count } = await tx.session.updateMany({
    where: { id, desired: from.desired, observed: from.observed, generation: from.generation },
    data,
  });
  return count === 1;
}

/** As `isOver` has it. */
const over: Prisma.SessionWhereInput = {
  desired: "terminated",
  OR: [{ observed: "removed" }, { observed: "failed", failureCode: { not: null } }],
};
const live: Prisma.SessionWhereInput = { NOT: over };

/** Display and security of the versions that these sessions were started from, by session id. */
export async function findDisplays(
  db: Tx | Database,
  sessions: readonly Pick<BareSessionRow, "id" | "templateId" | "templateVersion">[],
): Promise<Map<string, DisplayRow>> {
  const keys = new Map(
    sessions.map(({ templateId, templateVersion }) => [`${templateId}/${templateVersion}`, { templateId, version: templateVersion }]),
  );
  const versions = await db.templateVersion.findMany({
    where: { OR: [...keys.values()] },
    select: { templateId: true, version: true, display: true, security: true, policy: true, accessParameters: true },
  });
  const byKey = new Map(versions.map((version) => [`${version.templateId}/${version.version}`, version]));
  return new Map(
    sessions.flatMap((session) => {
      const version = byKey.get(`${session.templateId}/${session.templateVersion}`);
      return version ? [[session.id, version] as const] : [];
    }),
  );
}

/** Of its template's version: the home, and which folders are open beside it (`accessParametersSchema`). */
export const findFolders = (db: Database, { templateId, templateVersion }: Pick<BareSessionRow, "templateId" | "templateVersion">) =>
  db.templateVersion.findUniqueOrThrow({
    where: { templateId_version: { templateId, version: templateVersion } },
    select: { homePath: true, accessParameters: true },
  });

export const countByCondition = (db: Database, userId: string | undefined) =>
  db.session.groupBy({
    by: ["desired", "observed", "generation", "failureCode", "agentId"],
    where: { userId, warmAt: null, AND: [live] },
    _count: { _all: true },
  });
export const countFailedStarts = (db: Database, userId: string | undefined) =>
  db.session.count({ where: { userId, warmAt: null, desired: "terminated", observed: "failed", failureCode: { not: null } } });

/** Sessions on the agent that an inventory should know of. */
export const findLiveSessionsOn = (db: Tx | Database, agentIds: readonly string[]) =>
  db.session.findMany({ where: { AND: [{ agentId: { in: [...agentIds] } }, live] } });
/** Agents with sessions that are on their way somewhere since before `since`. */
export const findAgentsWithUnsettledSessions = (db: Database, since: Date) =>
  db.session.findMany({
    where: {
      agentId: { not: null },
      updatedAt: { lt: since },
      OR: [
        { desired: "running", observed: { not: "running" } },
        { desired: "hibernated", observed: { in: ["running", "starting"] } },
        { desired: "terminated", NOT: over },
      ],
    },
    distinct: ["agentId"],
    select: { agentId: true },
  });
export const findOwners = (db: Database, ids: readonly string[]) =>
  db.session.findMany({ where: { id: { in: ids.filter((id) => uuid.test(id)) } }, select: { id: true, userId: true } });

interface NewEvent {
  readonly sessionId: string;
  readonly at: Date;
  readonly kind: SessionEventKind;
  readonly message: string;
  readonly actorId: string | null;
}
export const insertEvent = (tx: Tx | Database, event: NewEvent) => tx.sessionEvent.create({ data: event, select: { id: true } });
/** In this order. */
export const insertEvents = (tx: Tx, events: readonly NewEvent[]) => tx.sessionEvent.createMany({ data: [...events] });

/** The newest thousand, oldest first, with who did it. */
export async function findEvents(db: Database, sessionId: string) {
  const rows = await db.sessionEvent.findMany({ where: { sessionId }, orderBy: { id: "desc" }, take: 1000 });
  const actors = await db.user.findMany({
    where: { id: { in: rows.flatMap((row) => row.actorId ?? []) } },
    select: { id: true, username: true },
  });
  const nameOf = new Map(actors.map(({ id, username }) => [id, username]));
  return rows.reverse().map((row) => ({ ...row, actor: row.actorId ? (nameOf.get(row.actorId) ?? null) : null }));
}

/** The session's event of that kind since it was last asked to start. */
const sinceStart = (sessionId: string, kind: SessionEventKind): Prisma.Sql => Prisma.sql`
  SELECT FROM "SessionEvent" e WHERE e."sessionId" = ${sessionId}::uuid AND e."kind" = ${kind} AND e."id" > coalesce((
    SELECT max(b."id") FROM "SessionEvent" b
    WHERE b."sessionId" = ${sessionId}::uuid AND b."kind" IN ('requested', 'wake_requested', 'version_replaced')), 0)`;

/** Whether the timeline has this word since the session was last asked to start. */
export async function saidSinceStart(tx: Tx | Database, sessionId: string, kind: SessionEventKind): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ said: boolean }[]>`SELECT EXISTS (${sinceStart(sessionId, kind)}) AS "said"`;
  return row?.said === true;
}

/** Unless it was said since the session was last asked to start. */
export const insertEventOnce = (tx: Tx, { sessionId, at, kind, message, actorId }: NewEvent) =>
  tx.$executeRaw`
    INSERT INTO "SessionEvent" ("sessionId", "at", "kind", "message", "actorId")
    SELECT ${sessionId}::uuid, ${at}::timestamp, ${kind}, ${message}, ${actorId}::uuid WHERE NOT EXISTS (${sinceStart(sessionId, kind)})`;

/** Adds `word` to the timeline of the agent's live sessions, unless it is the last of the two that was said. */
export async function insertAgentEvents(
  db: Database,
  agentIds: readonly string[],
  word: "agent_lost" | "agent_returned",
  message: string,
  at: Date,
): Promise<void> {
  const first = word === "agent_returned" ? Prisma.sql`FALSE` : Prisma.sql`TRUE`;
  await db.$executeRaw`
    INSERT INTO "SessionEvent" ("sessionId", "at", "kind", "message")
    SELECT s."id", ${at}::timestamp, ${word}, ${message} FROM "Session" s
    WHERE s."agentId" = ANY(${[...agentIds]}::uuid[])
      AND NOT (s."desired" = 'terminated' AND (s."observed" = 'removed' OR s."observed" = 'failed'))
      AND coalesce((SELECT e."kind" <> ${word} FROM "SessionEvent" e
        WHERE e."sessionId" = s."id" AND e."kind" IN ('agent_lost', 'agent_returned') ORDER BY e."id" DESC LIMIT 1), ${first})`;
}

/** Once for each live session of an agent that was revoked at that moment. */
export async function insertRevocationEvents(db: Database, agentId: string, message: string, revokedAt: Date): Promise<void> {
  await db.$executeRaw`
    INSERT INTO "SessionEvent" ("sessionId", "at", "kind", "message")
    SELECT s."id", ${revokedAt}::timestamp, 'agent_revoked', ${message} FROM "Session" s
    WHERE s."agentId" = ${agentId}::uuid AND NOT (s."desired" = 'terminated' AND (s."observed" = 'removed' OR s."observed" = 'failed'))
      AND NOT EXISTS (SELECT FROM "SessionEvent" e WHERE e."sessionId" = s."id" AND e."kind" = 'agent_revoked' AND e."at" = ${revokedAt}::timestamp)`;
}

export async function writeActivity(db: Database, agentId: string, at: ReadonlyMap<string, Date>): Promise<void> {
  const rows = [...at].filter(([id]) => uuid.test(id)).map(([id, time]) => ({ id, at: time.toISOString() }));
  if (rows.length === 0) return;
  await db.$executeRaw`
    UPDATE "Session" SET "lastActivityAt" = greatest(coalesce("Session"."lastActivityAt", seen."at"::timestamp), seen."at"::timestamp)
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS seen("id" uuid, "at" text)
    WHERE "Session"."id" = seen."id" AND "Session"."agentId" = ${agentId}::uuid`;
}
