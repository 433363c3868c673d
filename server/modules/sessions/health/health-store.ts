import type { Database, Tx } from "../../../platform/database";
import type { Prisma } from "../../../platform/db/generated/client";

const MOST_AT_ONCE = 100;

export type HealthRow = Prisma.SessionHealthGetPayload<object>;
type Written = Omit<Prisma.SessionHealthUncheckedCreateInput, "sessionId">;

export const findHealth = (db: Tx | Database, sessionId: string) => db.sessionHealth.findUnique({ where: { sessionId } });

export const writeHealth = (tx: Tx, sessionId: string, data: Written) =>
  tx.sessionHealth.upsert({ where: { sessionId }, create: { sessionId, ...data }, update: data, select: { sessionId: true } });

/** Of these, those that run on this agent: whom they belong to, and at which generation they are. */
export const findProbed = (db: Database, agentId: string, ids: readonly string[]) =>
  db.session.findMany({
    where: { id: { in: [...ids] }, agentId },
    select: { id: true, generation: true, health: true },
  });

/** Those whose time to be restarted has come, on agents that are connected. */
export const findDueRestarts = async (db: Database, now: Date): Promise<string[]> =>
  (
    await db.sessionHealth.findMany({
      where: { restartAt: { lte: now }, session: { desired: "running", observed: "running", agent: { connectionId: { not: null } } } },
      orderBy: { restartAt: "asc" },
      take: MOST_AT_ONCE,
      select: { sessionId: true },
    })
  ).map(({ sessionId }) => sessionId);

/** True for whoever is first: what was planned is done once. */
export const takeRestart = async (
  tx: Tx,
  row: Pick<HealthRow, "sessionId" | "restartAt">,
  data: Prisma.SessionHealthUncheckedUpdateManyInput,
): Promise<boolean> =>
  (await tx.sessionHealth.updateMany({ where: { sessionId: row.sessionId, restartAt: row.restartAt }, data })).count === 1;
