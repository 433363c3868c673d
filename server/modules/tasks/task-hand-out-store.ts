import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import type { TaskState, TaskWay } from "./tasks-schema";
import type { HandedTaskRow, TaskRow } from "./tasks-store";

const openNow: TaskState[] = ["sent", "acknowledged"];

const due = (now: Date): Prisma.TaskWhereInput => ({
  AND: [
    { OR: [{ state: "queued" }, { state: { in: openNow }, leaseExpiresAt: { lte: now } }] },
    { OR: [{ notBefore: null }, { notBefore: { lte: now } }] },
  ],
});

/** Agents that have something to be sent now, and whether anything waits for an agent to be chosen. */
export async function findDue(db: Database, now: Date): Promise<{ agentIds: string[]; unplaced: boolean }> {
  const rows = await db.task.findMany({ where: due(now), distinct: ["agentId", "offered"], select: { agentId: true, offered: true } });
  return {
    agentIds: rows.flatMap(({ agentId, offered }) => (agentId === null || offered ? [] : [agentId])),
    unplaced: rows.some(({ agentId, offered }) => agentId === null || offered),
  };
}

/** Tasks for any agent that fits which no agent has, or was offered in vain: the first in line. */
export const findUnplaced = (db: Database, now: Date, limit: number): Promise<TaskRow[]> =>
  db.task.findMany({
    where: { AND: [due(now), { OR: [{ agentId: null }, { offered: true }] }] },
    orderBy: [{ priority: "desc" }, { sequence: "asc" }],
    take: limit,
  });

/** How much each of these agents was handed out and has not ended. */
export async function countOpenOf(db: Database, agentIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.task.groupBy({
    by: ["agentId"],
    where: { agentId: { in: [...agentIds] }, state: { in: ["queued", ...openNow] } },
    _count: { _all: true },
  });
  return new Map(rows.flatMap(({ agentId, _count }) => (agentId === null ? [] : [[agentId, _count._all] as const])));
}

/** A task that waits for an agent, and the one that was chosen. `offer`: it has to say that it has it before it begins. */
export interface Placed {
  readonly id: string;
  readonly agent: string;
  readonly offer: boolean;
}

export interface Claim {
  readonly way: TaskWay;
  /** What is due of theirs. */
  readonly agentIds: readonly string[];
  readonly picks: readonly Placed[];
  readonly now: Date;
  /** From handing out until it is handed out again; doubled with each attempt, up to 16 times. */
  readonly leaseMs: number;
  readonly limit: number;
}

/**
 * The one place where tasks are handed out, whichever way asks: takes what is due, by priority and then age, the first open task of each
 * session only (a pull is done beside the others), and leases it. Two that ask at once never take the same row; one that dies here leaves rows whose lease runs out. By poll
 * and heartbeat nothing comes again whose end was asked for: their answers name it (`findToEnd`).
 */
export function claimTasks(db: Database, { way, agentIds, picks, now, leaseMs, limit }: Claim): Promise<HandedTaskRow[]> {
  const cancellable = way === "channel" || way === "stream";
  return db.$queryRaw<HandedTaskRow[]>`
    WITH due AS (
      SELECT t."id", coalesce(pick."agent", t."agentId") AS "agent", coalesce(pick."offer", false) AS "offer" FROM "Task" t
      LEFT JOIN jsonb_to_recordset(${JSON.stringify(picks)}::jsonb) AS pick("id" uuid, "agent" uuid, "offer" boolean) ON pick."id" = t."id"
      WHERE (t."state" = 'queued' OR (t."state" IN ('sent', 'acknowledged') AND t."leaseExpiresAt" <= ${now}))
        AND (
          (t."agentId" = ANY(${[...agentIds]}::uuid[]) AND NOT t."offered")
          OR (pick."id" IS NOT NULL AND t."selector" IS NOT NULL AND (t."agentId" IS NULL OR t."offered"))
        )
        AND (t."notBefore" IS NULL OR t."notBefore" <= ${now})
        AND (t."cancelAskedAt" IS NULL OR ${cancellable})
        AND NOT EXISTS (
          SELECT 1 FROM "Task" e WHERE e."sessionId" = t."sessionId" AND e."sequence" < t."sequence" AND e."state" IN ('queued', 'sent', 'acknowledged')
            AND e."kind" <> 'session.pull' AND t."kind" <> 'session.pull'
        )
      ORDER BY t."priority" DESC, t."sequence"
      LIMIT ${limit}
      FOR UPDATE OF t SKIP LOCKED
    )
    UPDATE "Task" SET
      "state" = 'sent', "attempts" = "attempts" + 1, "sentAt" = coalesce("sentAt", ${now}), "updatedAt" = ${now},
      "agentId" = due."agent", "deliveredBy" = ${way}::"TaskWay", "offered" = due."offer",
      "pastAgentIds" = CASE WHEN "agentId" IS NULL OR "agentId" = due."agent" THEN "pastAgentIds" ELSE array_append("pastAgentIds", "agentId") END,
      "deadlineAt" = CASE WHEN due."offer" THEN NULL ELSE coalesce("deadlineAt", ${now}::timestamp + make_interval(secs => "timeoutSeconds")) END,
      "credentialsWithheld" = "credentialsWithheld" OR ("acknowledgedAt" IS NOT NULL AND "credentialsSealed" IS NOT NULL),
      "leaseExpiresAt" = ${now}::timestamp + make_interval(secs => ${leaseMs / 1000} * CASE WHEN due."offer" THEN 1 ELSE power(2, least("attempts", 4)) END)
    FROM due WHERE "Task"."id" = due."id"
    RETURNING "Task".*`;
}

/** Of a task that was cancelled by force, until its agent says something of it after all. */
export const FORCED = "Cancelled by force: what the agent had done of it by then is not known";

/** How long an agent that asks is told of what was cancelled by force: nobody waits for its word, so nothing says that it heard. */
const FORCED_TOLD_MS = 5 * 60_000;

/** What this agent was handed and is to end: cancelled, or over its time. */
export const findToEnd = (db: Database, agentId: string, now: Date): Promise<Pick<TaskRow, "id" | "kind" | "generation">[]> =>
  db.task.findMany({
    where: {
      agentId,
      offered: false,
      OR: [
        { state: { in: openNow }, OR: [{ cancelAskedAt: { not: null } }, { deadlineAt: { lte: now } }] },
        { state: "cancelled", errorMessage: FORCED, finishedAt: { gte: new Date(now.getTime() - FORCED_TOLD_MS) } },
      ],
    },
    orderBy: { sequence: "asc" },
    take: 200,
    select: { id: true, kind: true, generation: true },
  });

/** It was not sent after all. */
export const unclaimTask = (db: Tx | Database, row: HandedTaskRow) =>
  db.task.updateMany({
    where: { id: row.id, agentId: row.agentId, state: "sent", attempts: row.attempts },
    data: {
      attempts: { decrement: 1 },
      leaseExpiresAt: null,
      ...(row.attempts === 1
        ? {
            state: "queued",
            sentAt: null,
            deliveredBy: null,
            deadlineAt: null,
            offered: false,
            ...(row.selector === null ? {} : { agentId: null }),
          }
        : { leaseExpiresAt: new Date(0) }),
    },
  });
