import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { bigintText, Keyset, notBefore, past } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";
import type { KnownTask } from "./task-listener";
import { type TaskState, taskKindSchema } from "./tasks-schema";

const withNames = {
  agent: { select: { name: true } },
  session: { select: { id: true, name: true, userId: true } },
} satisfies Prisma.TaskInclude;
export type TaskRow = Prisma.TaskGetPayload<object>;
export type NamedTaskRow = Prisma.TaskGetPayload<{ include: typeof withNames }>;

const open: TaskState[] = ["queued", "sent", "acknowledged"];
const openNow: TaskState[] = ["sent", "acknowledged"];

export const knownTask = (row: TaskRow): KnownTask => ({
  id: row.id,
  kind: taskKindSchema.parse(row.kind),
  agentId: row.agentId,
  sessionId: row.sessionId,
  generation: row.generation,
  payload: row.payload,
});

export const insertTask = (tx: Tx, data: Prisma.TaskUncheckedCreateInput) => tx.task.create({ data });
export const findTask = (db: Tx | Database, id: string) => db.task.findUnique({ where: { id } });
export const findNamedTask = (db: Database, id: string) => db.task.findUnique({ where: { id }, include: withNames });
export const findOpenTasks = (db: Tx | Database, sessionId: string) =>
  db.task.findMany({ where: { sessionId, state: { in: open } }, orderBy: { sequence: "asc" } });

/** The first open task of each session: what its agent is at. */
export async function findTasksUnderWay(db: Tx | Database, sessionIds: readonly string[]): Promise<Map<string, TaskRow>> {
  const rows = await db.task.findMany({
    where: { sessionId: { in: [...sessionIds] }, state: { in: open } },
    orderBy: { sequence: "desc" },
  });
  return new Map(rows.flatMap((row) => (row.sessionId ? [[row.sessionId, row] as const] : [])));
}

const bySequence = new Keyset<NamedTaskRow, Prisma.TaskWhereInput, Prisma.TaskOrderByWithRelationInput>("tasks", [
  {
    orderBy: (order) => ({ sequence: order }),
    of: (row) => String(row.sequence),
    is: (text) => ({ sequence: bigintText.parse(text) }),
    beyond: (text, order) => ({ sequence: past(bigintText.parse(text), order) }),
    from: (text, order) => ({ sequence: notBefore(bigintText.parse(text), order) }),
  },
]);

export async function findTasks(
  db: Database,
  filter: {
    agentName?: string | undefined;
    sessionId?: string | undefined;
    state?: TaskState | undefined;
    kind?: string | undefined;
    ownerId?: string | undefined;
  },
  page: Page,
): Promise<{ rows: NamedTaskRow[]; nextCursor: string | null; counted: number }> {
  const where: Prisma.TaskWhereInput = {
    sessionId: filter.sessionId,
    state: filter.state,
    kind: filter.kind,
    ...(filter.agentName ? { agent: { name: filter.agentName } } : {}),
    ...(filter.ownerId ? { session: { userId: filter.ownerId } } : {}),
  };
  const [rows, counted] = await Promise.all([
    db.task.findMany({
      where: { AND: [where, bySequence.after(page.cursor, "desc")] },
      include: withNames,
      orderBy: bySequence.orderBy("desc"),
      ...window(page),
    }),
    db.task.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  return { ...bySequence.cut(rows, page.limit, "desc"), counted };
}

export async function countOpenTasks(db: Database): Promise<Record<"queued" | "sent" | "acknowledged", number>> {
  const groups = await db.task.groupBy({ by: ["state"], where: { state: { in: open } }, _count: { _all: true } });
  const of = (state: TaskState) => groups.find((group) => group.state === state)?._count._all ?? 0;
  return { queued: of("queued"), sent: of("sent"), acknowledged: of("acknowledged") };
}

/** Agents that have something to be sent now. */
export async function findAgentsWithDueTasks(db: Database, now: Date): Promise<string[]> {
  const rows = await db.task.findMany({ where: due(now), distinct: ["agentId"], select: { agentId: true } });
  return rows.map((row) => row.agentId);
}

const due = (now: Date): Prisma.TaskWhereInput => ({
  AND: [
    { OR: [{ state: "queued" }, { state: { in: openNow }, leaseExpiresAt: { lte: now } }] },
    { OR: [{ notBefore: null }, { notBefore: { lte: now } }] },
  ],
});

/**
 * Takes what is due for these agents, the first open task of each session only, and leases it. Two dispatchers never take the same row;
 * one that dies here leaves rows whose lease runs out.
 */
export function claimDueTasks(db: Database, agentIds: readonly string[], now: Date, leaseMs: number): Promise<TaskRow[]> {
  return db.$queryRaw<TaskRow[]>`
    WITH due AS (
      SELECT t."id" FROM "Task" t
      WHERE t."agentId" = ANY(${[...agentIds]}::uuid[])
        AND (t."state" = 'queued' OR (t."state" IN ('sent', 'acknowledged') AND t."leaseExpiresAt" <= ${now}))
        AND (t."notBefore" IS NULL OR t."notBefore" <= ${now})
        AND NOT EXISTS (
          SELECT 1 FROM "Task" e WHERE e."sessionId" = t."sessionId" AND e."sequence" < t."sequence" AND e."state" IN ('queued', 'sent', 'acknowledged')
        )
      ORDER BY t."sequence"
      LIMIT 200
      FOR UPDATE OF t SKIP LOCKED
    )
    UPDATE "Task" SET
      "state" = 'sent', "attempts" = "attempts" + 1, "sentAt" = coalesce("sentAt", ${now}), "updatedAt" = ${now},
      "leaseExpiresAt" = ${now}::timestamp + make_interval(secs => ${leaseMs / 1000} * power(2, least("attempts", 4)))
    FROM due WHERE "Task"."id" = due."id"
    RETURNING "Task".*`;
}

/** Of these tasks those whose session is to be ended: a stop of it waits behind them. */
export async function findOvertaken(db: Database, rows: readonly TaskRow[]): Promise<ReadonlySet<string>> {
  const sessionIds = rows.flatMap(({ sessionId, kind }) => (sessionId && kind !== "session.stop" ? [sessionId] : []));
  if (sessionIds.length === 0) return new Set();
  const stops = await db.task.findMany({ where: { sessionId: { in: sessionIds }, kind: "session.stop", state: { in: open } } });
  const overtaken = rows.filter((row) => stops.some((stop) => stop.sessionId === row.sessionId && stop.sequence > row.sequence));
  return new Set(overtaken.map((row) => row.id));
}

/** It was not sent after all. */
export const unclaimTask = (db: Database, row: TaskRow) =>
  db.task.updateMany({
    where: { id: row.id, state: "sent", attempts: row.attempts },
    data: {
      attempts: { decrement: 1 },
      leaseExpiresAt: null,
      ...(row.attempts === 1 ? { state: "queued", sentAt: null } : { leaseExpiresAt: new Date(0) }),
    },
  });

/** 0: it is no open task of this agent. */
export async function acknowledgeTask(db: Database, id: string, agentId: string, now: Date, leaseExpiresAt: Date): Promise<TaskRow | null> {
  const { count } = await db.task.updateMany({
    where: { id, agentId, state: { in: openNow } },
    data: { state: "acknowledged", acknowledgedAt: now, leaseExpiresAt },
  });
  return count === 1 ? findTask(db, id) : null;
}

export async function progressTask(
  tx: Tx,
  id: string,
  agentId: string,
  progress: { progress: number | null; progressMessage: string; leaseExpiresAt: Date },
): Promise<boolean> {
  const { count } = await tx.task.updateMany({ where: { id, agentId, state: { in: openNow } }, data: progress });
  return count === 1;
}

/** True for the one who ended it. */
export async function finishTask(
  tx: Tx,
  id: string,
  from: readonly TaskState[],
  data: Prisma.TaskUncheckedUpdateManyInput,
): Promise<boolean> {
  const { count } = await tx.task.updateMany({
    where: { id, state: { in: [...from] } },
    data: { ...data, leaseExpiresAt: null, credentialsSealed: null },
  });
  return count === 1;
}

export const cancelQueuedTasks = (tx: Tx, sessionId: string, kinds: readonly string[], now: Date) =>
  tx.task.updateMany({
    where: { sessionId, kind: { in: [...kinds] }, state: "queued" },
    data: { state: "cancelled", finishedAt: now, errorCode: "COMMAND_CANCELLED", errorMessage: "Cancelled before it was sent" },
  });

/** False: it was sent, or is over. */
export async function cancelQueuedTask(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.task.updateMany({
    where: { id, state: "queued" },
    data: {
      state: "cancelled",
      finishedAt: now,
      credentialsSealed: null,
      errorCode: "COMMAND_CANCELLED",
      errorMessage: "Cancelled before it was sent",
    },
  });
  return count === 1;
}

/** Makes it due, so that its agent is told. False: no agent has it. */
export async function askToCancel(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.task.updateMany({
    where: { id, state: { in: openNow } },
    data: { cancelAskedAt: now, leaseExpiresAt: now },
  });
  return count === 1;
}

/** Open tasks of agents that came back are sent again at once, under their old ids. */
export const expireLeases = (db: Database, agentIds: readonly string[], now: Date) =>
  db.task.updateMany({ where: { agentId: { in: [...agentIds] }, state: { in: openNow } }, data: { leaseExpiresAt: now } });
export const expireLeasesOfSession = (tx: Tx, sessionId: string, now: Date) =>
  tx.task.updateMany({ where: { sessionId, state: { in: openNow } }, data: { leaseExpiresAt: now } });
