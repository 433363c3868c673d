import { z } from "zod";
import type { Database, Tx } from "../../../platform/database";

/** One that could not be hibernated is left alone for this long. */
const AGAIN_AFTER_MS = 10 * 60_000;
const MOST_AT_ONCE = 200;

const idRows = z.array(z.object({ id: z.string() }));

/**
 * Running sessions that were last used before `now` less their time-out and `graceMs`, longest ago first. An agent that is away or has
 * just come back may still have to say who typed meanwhile: its sessions are not among them.
 */
export async function findIdleSessions(db: Database, now: Date, graceMs: number): Promise<string[]> {
  const grace = new Date(now.getTime() - graceMs);
  const again = new Date(now.getTime() - AGAIN_AFTER_MS);
  const rows = await db.$queryRaw`
    SELECT s."id" FROM "Session" s
    JOIN "Agent" a ON a."id" = s."agentId" AND a."connectionId" IS NOT NULL AND a."connectedAt" <= ${grace}::timestamp
    CROSS JOIN LATERAL (SELECT coalesce(greatest(s."startedAt", s."lastActivityAt"), s."createdAt") AS "at") used
    WHERE s."desired" = 'running' AND s."observed" = 'running' AND s."idleTimeoutSeconds" > 0 AND s."warmAt" IS NULL
      AND used."at" + s."idleTimeoutSeconds" * interval '1 second' <= ${grace}::timestamp
      AND NOT EXISTS (SELECT 1 FROM "SessionEvent" e WHERE e."sessionId" = s."id" AND e."kind" = 'idle_hibernated'
        AND e."at" > used."at" AND e."at" > ${again}::timestamp)
    ORDER BY used."at" LIMIT ${MOST_AT_ONCE}`;
  return idRows.parse(rows).map(({ id }) => id);
}

export const noteActivity = (tx: Tx, id: string, at: Date) =>
  tx.session.update({ where: { id }, data: { lastActivityAt: at }, select: { id: true } });

/** Whether it was hibernated for want of input when it last was, and was not woken since. */
export async function wentIdle(db: Tx | Database, sessionId: string): Promise<boolean> {
  const asked = await db.sessionEvent.findFirst({
    where: { sessionId, kind: { in: ["idle_hibernated", "hibernate_requested", "requested", "wake_requested"] } },
    orderBy: { id: "desc" },
    select: { kind: true },
  });
  return asked?.kind === "idle_hibernated";
}
