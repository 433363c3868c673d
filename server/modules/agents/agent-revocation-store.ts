import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";

/** False: it was revoked before. Its certificates go with it, and what it had before there were certificates. */
export async function markRevoked(tx: Tx, id: string, at: Date, reason: string): Promise<boolean> {
  const { count } = await tx.agent.updateMany({
    where: { id, revokedAt: null },
    data: { revokedAt: at, connectionId: null, disconnectedAt: at, disconnectReason: reason, secretHash: null, draining: false },
  });
  if (count === 0) return false;
  await tx.agentCertificate.updateMany({ where: { agentId: id, revokedAt: null }, data: { revokedAt: at } });
  return true;
}

const over: Prisma.SessionWhereInput = {
  desired: "terminated",
  OR: [{ observed: "removed" }, { observed: "failed", failureCode: { not: null } }],
};
const open = { state: { in: ["queued", "sent", "acknowledged"] } } satisfies Prisma.TaskWhereInput;

export const findRevoked = async (db: Database): Promise<{ id: string; name: string; revokedAt: Date }[]> => {
  const rows = await db.agent.findMany({ where: { revokedAt: { not: null } }, select: { id: true, name: true, revokedAt: true } });
  return rows.flatMap(({ revokedAt, ...row }) => (revokedAt ? [{ ...row, revokedAt }] : []));
};

/** It was asked for something that has not ended, or has sessions that nobody will end. */
export async function hasOpenEnds(db: Database, agentId: string): Promise<boolean> {
  const toEnd = { OR: [{ warmAt: { not: null } }, { desired: "terminated", NOT: over }] } satisfies Prisma.SessionWhereInput;
  return (
    (await db.task.findFirst({ where: { agentId, ...open }, select: { id: true } })) !== null ||
    (await db.session.findFirst({ where: { agentId, ...toEnd }, select: { id: true } })) !== null
  );
}

/**
 * The row of a revoked agent, with its history, once nothing is told of by it any more: no session that has not ended, no home, no
 * orphan, and no task that ended after `since`. Sessions that ended stay, on no agent.
 */
export const forgetRevoked = (db: Database, id: string, since: Date) =>
  db.agent.deleteMany({
    where: {
      id,
      revokedAt: { not: null },
      sessions: { every: over },
      homes: { none: {} },
      snapshots: { none: {} },
      orphans: { none: {} },
      tasks: { none: { OR: [open, { finishedAt: { gt: since } }] } },
    },
  });

const idRows = z.array(z.object({ id: z.string() }));

/** Of these UUIDs those of no agent, or of one that was revoked. */
export const findGone = async (db: Database, ids: readonly string[]): Promise<string[]> =>
  idRows
    .parse(
      await db.$queryRaw`
        SELECT asked."id"::text FROM unnest(${[...ids]}::uuid[]) AS asked("id")
        WHERE NOT EXISTS (SELECT FROM "Agent" a WHERE a."id" = asked."id" AND a."revokedAt" IS NULL)`,
    )
    .map(({ id }) => id);
