import type { Database, Tx } from "../../../platform/database";
import type { Prisma } from "../../../platform/db/generated/client";
import { WARM_POOL_OWNER } from "../../users/warm-pool-owner";
import type { SessionSize } from "../session-size";
import { type SessionRow, withParts } from "../sessions-store";

export type PoolHealth = Pick<Prisma.WarmPoolHealthGetPayload<object>, "version" | "failures" | "retryAt" | "problem">;
export interface PooledTemplate {
  readonly id: string;
  readonly name: string;
  readonly currentVersion: number;
  readonly warmPoolSize: number;
  readonly warmPoolHealth: PoolHealth | null;
}

const pooled = { id: true, name: true, currentVersion: true, warmPoolSize: true, warmPoolHealth: true } satisfies Prisma.TemplateSelect;

/** Those that are to have sessions waiting, or still have. */
export const findPooledTemplates = (db: Tx | Database): Promise<PooledTemplate[]> =>
  db.template.findMany({
    where: { OR: [{ warmPoolSize: { gt: 0 } }, { sessions: { some: { userId: WARM_POOL_OWNER } } }] },
    select: pooled,
    orderBy: { name: "asc" },
  });
export const findPooledTemplate = (db: Tx | Database, where: { id: string } | { name: string }): Promise<PooledTemplate | null> =>
  db.template.findUnique({ where, select: pooled });

/** Everything that is a pool's, longest there first: what waits, what comes up and what is being ended. Of one template, or of all. */
export const findMembers = (db: Tx | Database, templateId?: string): Promise<SessionRow[]> =>
  db.session.findMany({
    where: { userId: WARM_POOL_OWNER, templateId },
    include: withParts,
    orderBy: [{ warmAt: "asc" }, { id: "asc" }],
  });

/** How many run and wait, of whatever version and wherever; and how many all templates want. */
export async function countWaiting(db: Database): Promise<{ ready: number; wanted: number }> {
  const ready = await db.session.count({ where: { userId: WARM_POOL_OWNER, desired: "running", observed: "running" } });
  const { _sum } = await db.template.aggregate({ _sum: { warmPoolSize: true } });
  return { ready, wanted: _sum.warmPoolSize ?? 0 };
}

/** Makes one that waits somebody's: false where it doesn't run and wait any more. What was said while it was nobody's is forgotten. */
export async function takeMember(tx: Tx, id: string, data: Prisma.SessionUncheckedUpdateManyInput): Promise<boolean> {
  const { count } = await tx.session.updateMany({
    where: { id, userId: WARM_POOL_OWNER, desired: "running", observed: "running" },
    data: { ...data, warmAt: null },
  });
  if (count === 1) await tx.sessionEvent.deleteMany({ where: { sessionId: id } });
  return count === 1;
}

export const writePoolHealth = (tx: Tx, templateId: string, health: PoolHealth) =>
  tx.warmPoolHealth.upsert({ where: { templateId }, create: { templateId, ...health }, update: health });

export const writeSize = (tx: Tx, sessionId: string, { memoryBytes, cpuMillicores }: SessionSize) =>
  tx.session.update({ where: { id: sessionId }, data: { memoryBytes: BigInt(memoryBytes), cpuMillicores }, select: { id: true } });
