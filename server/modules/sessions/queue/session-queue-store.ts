import type { QueuePlace } from "@berth/protocol/queue-words";
import { z } from "zod";
import type { Database, Tx } from "../../../platform/database";
import type { PlacementWish } from "../placement/placement-wish";
import { isWaiting, type StoredSession } from "../session-status";

/** Of a longer queue the others wait until these have gone. */
const MAX_LOOKED_AT = 1_000;

export interface QueueRow {
  readonly sessionId: string;
  readonly at: Date;
  /** `placementWishSchema`. */
  readonly wish: unknown;
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
}

export const insertIntoQueue = (tx: Tx, sessionId: string, wish: PlacementWish, at: Date) =>
  tx.queuedSession.create({ data: { sessionId, wish, at }, select: { number: true } });
export const removeFromQueue = (tx: Tx, sessionId: string) => tx.queuedSession.deleteMany({ where: { sessionId } });
export const countQueue = (db: Tx | Database) => db.queuedSession.count();

/** In order of arrival, without those whose owners may not use anything now. */
export async function findQueue(db: Tx | Database): Promise<QueueRow[]> {
  const rows = await db.queuedSession.findMany({
    where: { session: { user: { active: true } } },
    orderBy: { number: "asc" },
    take: MAX_LOOKED_AT,
    include: { session: { select: { cpuMillicores: true, memoryBytes: true } } },
  });
  return rows.map(({ sessionId, at, wish, session }) => ({
    sessionId,
    at,
    wish,
    cpuMillicores: session.cpuMillicores,
    memoryBytes: Number(session.memoryBytes),
  }));
}

const placesSchema = z.array(z.object({ id: z.string(), position: z.number(), of: z.number() }));

/** The places of those of these sessions that wait. Asks nothing where none does. */
export async function findQueuePlaces(
  db: Tx | Database,
  sessions: readonly (StoredSession & { readonly id: string; readonly agentId: string | null })[],
): Promise<ReadonlyMap<string, QueuePlace>> {
  const ids = sessions.filter(isWaiting).map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const rows: unknown = await db.$queryRaw`
    SELECT queue."id", queue."position", queue."of" FROM (
      SELECT "sessionId"::text AS "id", row_number() OVER (ORDER BY "number")::float8 AS "position", count(*) OVER ()::float8 AS "of"
      FROM "QueuedSession"
    ) queue
    WHERE queue."id" = ANY(${ids})`;
  return new Map(placesSchema.parse(rows).map(({ id, position, of }) => [id, { position, of }]));
}
