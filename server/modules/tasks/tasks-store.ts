import type { Database, Tx } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";
import { bigintText, intText, Keyset, type KeysetColumn, notBefore, type Order, past } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";
import type { RegistryLogin } from "../registries/registries-service";
import type { KnownTask } from "./task-listener";
import { type NextLogLines, writeNextLines } from "./task-logs-store";
import { type TaskState, taskKindSchema } from "./tasks-schema";

const withNames = {
  agent: { select: { name: true } },
  session: { select: { id: true, name: true, userId: true } },
} satisfies Prisma.TaskInclude;
export type TaskRow = Prisma.TaskGetPayload<object>;
/** One that an agent has, or had before it was to be tried again. */
export type HandedTaskRow = TaskRow & {
  readonly agentId: string;
  /** For its image's registry; of no column: looked up whenever it is handed out. */
  readonly registryLogin?: RegistryLogin;
};
export type NamedTaskRow = Prisma.TaskGetPayload<{ include: typeof withNames }>;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const open: TaskState[] = ["queued", "sent", "acknowledged"];
const openNow: TaskState[] = ["sent", "acknowledged"];

export const knownTask = (row: HandedTaskRow): KnownTask => ({
  id: row.id,
  kind: taskKindSchema.parse(row.kind),
  agentId: row.agentId,
  sessionId: row.sessionId,
  generation: row.generation,
  payload: row.payload,
});

export const insertTask = (tx: Tx, data: Prisma.TaskUncheckedCreateInput) => tx.task.create({ data });
export const findTask = (db: Tx | Database, id: string) => db.task.findUnique({ where: { id } });
export const findNamedTask = (db: Tx | Database, id: string) => db.task.findUnique({ where: { id }, include: withNames });
/** The task that this maker asked for with this key before. */
export const findTaskOfKey = (db: Tx | Database, createdById: string, idempotencyKey: string) =>
  db.task.findUnique({ where: { createdById_idempotencyKey: { createdById, idempotencyKey } }, include: withNames });
export const findOpenTasks = (db: Tx | Database, sessionId: string) =>
  db.task.findMany({ where: { sessionId, state: { in: open } }, orderBy: { sequence: "asc" } });

export const findOpenTasksOf = (db: Database, agentId: string) =>
  db.task.findMany({ where: { agentId, state: { in: open } }, orderBy: { sequence: "asc" }, select: { id: true } });

/** How far the first open task of each session is: what its agent is at. */
export async function findProgress(
  db: Tx | Database,
  sessionIds: readonly string[],
): Promise<Map<string, { progress: number | null; progressMessage: string | null }>> {
  const rows = await db.task.findMany({
    where: { sessionId: { in: [...sessionIds] }, state: { in: open } },
    orderBy: { sequence: "desc" },
    select: { sessionId: true, progress: true, progressMessage: true },
  });
  return new Map(rows.flatMap((row) => (row.sessionId ? [[row.sessionId, row] as const] : [])));
}

type Column = KeysetColumn<NamedTaskRow, Prisma.TaskWhereInput, Prisma.TaskOrderByWithRelationInput>;
const sequence: Column = {
  orderBy: (order) => ({ sequence: order }),
  of: (row) => String(row.sequence),
  is: (text) => ({ sequence: bigintText.parse(text) }),
  beyond: (text, order) => ({ sequence: past(bigintText.parse(text), order) }),
  from: (text, order) => ({ sequence: notBefore(bigintText.parse(text), order) }),
};
const priority: Column = {
  orderBy: (order) => ({ priority: order }),
  of: (row) => String(row.priority),
  is: (text) => ({ priority: intText.parse(text) }),
  beyond: (text, order) => ({ priority: past(intText.parse(text), order) }),
};
/** `createdAt`: by the number that a task gets as it is made, which no two have. */
const sorts = {
  createdAt: new Keyset("tasks", [sequence]),
  priority: new Keyset("tasks by priority", [priority, sequence]),
};

export async function findTasks(
  db: Database,
  filter: {
    /** Name or UUID. */
    agentName?: string | undefined;
    sessionId?: string | undefined;
    state?: TaskState | undefined;
    kind?: string | undefined;
    ownerId?: string | undefined;
  },
  page: Page & { readonly sort: keyof typeof sorts; readonly order: Order },
): Promise<{ rows: NamedTaskRow[]; nextCursor: string | null; counted: number }> {
  const { order } = page;
  const keyset = sorts[page.sort];
  const where: Prisma.TaskWhereInput = {
    sessionId: filter.sessionId,
    state: filter.state,
    kind: filter.kind,
    ...(filter.agentName ? (uuid.test(filter.agentName) ? { agentId: filter.agentName } : { agent: { name: filter.agentName } }) : {}),
    ...(filter.ownerId ? { session: { userId: filter.ownerId } } : {}),
  };
  const [rows, counted] = await Promise.all([
    db.task.findMany({
      where: { AND: [where, keyset.after(page.cursor, order)] },
      include: withNames,
      orderBy: keyset.orderBy(order),
      ...window(page),
    }),
    db.task.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  return { ...keyset.cut(rows, page.limit, order), counted };
}

export async function countOpenTasks(db: Database): Promise<Record<"queued" | "sent" | "acknowledged", number>> {
  const groups = await db.task.groupBy({ by: ["state"], where: { state: { in: open } }, _count: { _all: true } });
  const of = (state: TaskState) => groups.find((group) => group.state === state)?._count._all ?? 0;
  return { queued: of("queued"), sent: of("sent"), acknowledged: of("acknowledged") };
}

/** Of these tasks those whose session is to be ended: a stop of it waits behind them. */
export async function findOvertaken(db: Database, rows: readonly TaskRow[]): Promise<ReadonlySet<string>> {
  const sessionIds = rows.flatMap(({ sessionId, kind }) => (sessionId && kind !== "session.stop" ? [sessionId] : []));
  if (sessionIds.length === 0) return new Set();
  const stops = await db.task.findMany({ where: { sessionId: { in: sessionIds }, kind: "session.stop", state: { in: open } } });
  const overtaken = rows.filter((row) => stops.some((stop) => stop.sessionId === row.sessionId && stop.sequence > row.sequence));
  return new Set(overtaken.map((row) => row.id));
}

/** What an agent speaks of. Without `generation` it is the run that the task is in; the tasks of sessions have none. */
export interface SpokenOf {
  readonly id: string;
  readonly agentId: string;
  readonly generation: number | undefined;
}

const isHeld = ({ id, agentId, generation }: SpokenOf): Prisma.Sql => Prisma.sql`
  "id" = ${id}::uuid AND "agentId" = ${agentId}::uuid AND "state" IN ('sent', 'acknowledged')
  AND (${generation ?? null}::int IS NULL OR "kind" NOT LIKE 'docker.%' OR "generation" = ${generation ?? null}::int)`;

/**
 * `taken`: it is at it. `offered`: it wants it, and may begin once it is sent, which is due at once and for this agent alone. Null: it is no
 * open task of this agent, or in another run.
 */
export async function acknowledgeTask(
  db: Database,
  said: SpokenOf,
  now: Date,
  leaseExpiresAt: Date,
): Promise<{ readonly what: "taken" | "offered"; readonly sessionId: string | null } | null> {
  const [row] = await db.$queryRaw<{ taken: boolean; sessionId: string | null }[]>`
    UPDATE "Task" SET
      "state" = CASE WHEN "offered" THEN "state" ELSE 'acknowledged' END,
      "acknowledgedAt" = CASE WHEN "offered" THEN "acknowledgedAt" ELSE ${now}::timestamp END,
      "leaseExpiresAt" = CASE WHEN "offered" THEN ${now}::timestamp ELSE ${leaseExpiresAt}::timestamp END,
      "deadlineAt" = CASE WHEN "offered" THEN ${now}::timestamp + make_interval(secs => "timeoutSeconds") ELSE "deadlineAt" END,
      "offered" = false, "updatedAt" = ${now}
    WHERE ${isHeld(said)}
    RETURNING "state" = 'acknowledged' AS "taken", "sessionId"`;
  return row ? { what: row.taken ? "taken" : "offered", sessionId: row.sessionId } : null;
}

/** The kind of the engine's task that its agent completed by this. Null: it is no such task, or not this agent's to end. */
export async function completeOrder(db: Database, said: SpokenOf, result: Record<string, unknown>, now: Date): Promise<string | null> {
  const [row] = await db.$queryRaw<{ kind: string }[]>`
    UPDATE "Task" SET "state" = 'completed', "finishedAt" = ${now}, "updatedAt" = ${now}, "result" = ${JSON.stringify(result)}::jsonb,
      "errorCode" = NULL, "errorMessage" = NULL, "leaseExpiresAt" = NULL, "deadlineAt" = NULL, "offered" = false,
      "credentialsSealed" = NULL, "environmentSealed" = NULL
    WHERE ${isHeld(said)} AND "kind" LIKE 'docker.%'
    RETURNING "kind"`;
  return row?.kind ?? null;
}

export interface HeardOfTask {
  readonly now: Date;
  readonly leaseExpiresAt: Date;
  readonly progress?: { readonly percent: number | null; readonly message: string };
  /** What it wrote. */
  readonly log?: NextLogLines;
}

/** An agent that speaks of a task has it. Null: as when it is acknowledged. `engine`: only where it is a task of an engine. */
export async function hearOfTask(
  tx: Tx | Database,
  said: SpokenOf,
  { now, leaseExpiresAt, progress, log }: HeardOfTask,
  { engine = false } = {},
): Promise<{ readonly sessionId: string | null } | null> {
  const far = progress ? Prisma.sql`"progress" = ${progress.percent}::float8, "progressMessage" = ${progress.message},` : Prisma.empty;
  const more = log ? Prisma.sql`"logLines" = "logLines" + ${log.lines.length}::int,` : Prisma.empty;
  const heard = Prisma.sql`
    UPDATE "Task" SET ${far} ${more} "leaseExpiresAt" = ${leaseExpiresAt}, "updatedAt" = ${now},
      "state" = CASE WHEN "acknowledgedAt" IS NULL AND "deliveredBy" IS DISTINCT FROM 'channel' THEN 'acknowledged' ELSE "state" END,
      "acknowledgedAt" = CASE WHEN "deliveredBy" IS DISTINCT FROM 'channel' THEN coalesce("acknowledgedAt", ${now}::timestamp) ELSE "acknowledgedAt" END
    WHERE ${isHeld(said)} AND ("kind" LIKE 'docker.%' OR NOT ${engine}::boolean)
    RETURNING "id", "sessionId", "logLines"`;
  const [row] = await tx.$queryRaw<{ sessionId: string | null }[]>(
    log ? Prisma.sql`WITH heard AS (${heard}), written AS (${writeNextLines(log)}) SELECT "sessionId" FROM heard` : heard,
  );
  return row ?? null;
}

/** Handed out, and its time is over. */
export async function findOverdue(db: Database, now: Date): Promise<HandedTaskRow[]> {
  const rows = await db.task.findMany({
    where: { state: { in: openNow }, deadlineAt: { lte: now } },
    orderBy: { deadlineAt: "asc" },
    take: 200,
  });
  return rows.flatMap((row) => (row.agentId === null ? [] : [{ ...row, agentId: row.agentId }]));
}

/** Open tasks of engines whose agent was revoked, but for those that another agent may get. */
export async function findTasksOfRevoked(db: Database): Promise<HandedTaskRow[]> {
  const rows = await db.task.findMany({
    where: { state: { in: open }, kind: { startsWith: "docker." }, offered: false, agent: { revokedAt: { not: null } } },
    take: 200,
  });
  return rows.flatMap((row) => (row.agentId === null ? [] : [{ ...row, agentId: row.agentId }]));
}

/** Those that ended before then, with their logs, so many at most. Says how many. */
export const deleteEndedTasks = (db: Database, before: Date, limit: number): Promise<number> =>
  db.$executeRaw`
    DELETE FROM "Task" WHERE "id" IN (
      SELECT "id" FROM "Task" WHERE "finishedAt" < ${before} AND "state" IN ('completed', 'failed', 'cancelled') LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )`;

/** True for the one who ended it. */
export async function finishTask(
  tx: Tx,
  id: string,
  from: readonly TaskState[],
  data: Prisma.TaskUncheckedUpdateManyInput,
  /** In this run, with this agent alone. */
  guard: { readonly generation?: number | null; readonly agentId?: string } = {},
): Promise<boolean> {
  const { count } = await tx.task.updateMany({
    where: { id, state: { in: [...from] }, ...guard },
    data: { ...data, leaseExpiresAt: null, deadlineAt: null, offered: false, credentialsSealed: null, environmentSealed: null },
  });
  return count === 1;
}

export const cancelQueuedTasks = (tx: Tx, sessionId: string, kinds: readonly string[], now: Date) =>
  tx.task.updateMany({
    where: { sessionId, kind: { in: [...kinds] }, state: "queued" },
    data: {
      state: "cancelled",
      finishedAt: now,
      environmentSealed: null,
      errorCode: "COMMAND_CANCELLED",
      errorMessage: "Cancelled before it was sent",
    },
  });

/** False: an agent may be at it, or it is over. One that was only offered is not begun before its acknowledgement is taken. */
export async function cancelUnbegunTask(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.task.updateMany({
    where: { id, OR: [{ state: "queued" }, { state: { in: openNow }, offered: true }] },
    data: {
      state: "cancelled",
      finishedAt: now,
      leaseExpiresAt: null,
      offered: false,
      credentialsSealed: null,
      errorCode: "COMMAND_CANCELLED",
      errorMessage: "Cancelled before it was sent",
    },
  });
  return count === 1;
}

/**
 * Back to the queue, as the next run: false where it is in none of these states, or in another run by now. A task for any agent that fits
 * goes to whichever, unless `agentId` says that it stays where it was.
 */
export async function runAgain(
  tx: Tx,
  row: TaskRow,
  from: readonly TaskState[],
  data: { retried: number; credentialsSealed?: string | null; notBefore?: Date; errorCode?: string; errorMessage?: string; stays?: true },
): Promise<boolean> {
  const { stays, ...columns } = data;
  const moves = row.selector !== null && row.agentId !== null && !stays;
  const { count } = await tx.task.updateMany({
    where: { id: row.id, state: { in: [...from] }, generation: row.generation },
    data: {
      notBefore: null,
      errorCode: null,
      errorMessage: null,
      ...columns,
      ...(moves ? { agentId: null, pastAgentIds: [...new Set([...row.pastAgentIds, ...(row.agentId ? [row.agentId] : [])])] } : {}),
      state: "queued",
      generation: { increment: 1 },
      attempts: 0,
      deliveredBy: null,
      offered: false,
      credentialsWithheld: false,
      leaseExpiresAt: null,
      deadlineAt: null,
      sentAt: null,
      acknowledgedAt: null,
      finishedAt: null,
      cancelAskedAt: null,
      progress: null,
      progressMessage: null,
      result: Prisma.DbNull,
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
/** Those of which nothing was heard since they were handed out by its stream. */
export const expireUnheard = (db: Database, agentId: string, now: Date) =>
  db.task.updateMany({ where: { agentId, state: "sent", deliveredBy: "stream", acknowledgedAt: null }, data: { leaseExpiresAt: now } });
export const expireLeasesOfSession = (tx: Tx, sessionId: string, now: Date) =>
  tx.task.updateMany({ where: { sessionId, state: { in: openNow } }, data: { leaseExpiresAt: now } });
