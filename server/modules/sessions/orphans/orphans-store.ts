import { z } from "zod";
import type { Database, Tx } from "../../../platform/database";
import type { Prisma } from "../../../platform/db/generated/client";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export type FoundOrphan = Omit<Prisma.OrphanUncheckedCreateInput, "agentId" | "firstSeenAt" | "lastSeenAt">;

export const findAgentByRef = (tx: Tx, ref: string) =>
  uuid.test(ref)
    ? tx.agent.findUnique({ where: { id: ref.toLowerCase() } })
    : tx.agent.findFirst({ where: { name: ref, revokedAt: null } });
export type OrphanRow = Prisma.OrphanGetPayload<object>;
const letIn = { revokedAt: null, approvedAt: { not: null } } satisfies Prisma.AgentWhereInput;
const agentColumns = { id: true, name: true, platform: true, lastInventoryAt: true } satisfies Prisma.AgentSelect;
export type AdopterRow = Prisma.AgentGetPayload<{ select: typeof agentColumns }>;

/** Which agent a session could go to whose own was revoked: one that found its container, or one that was enrolled under the same name. */
export async function findAdopter(
  db: Tx | Database,
  session: { readonly id: string; readonly agent: { readonly name: string } | null },
): Promise<{ agent: AdopterRow; orphan: OrphanRow | null } | null> {
  const found = await db.orphan.findFirst({
    where: { sessionId: session.id, agent: letIn },
    orderBy: [{ generation: "desc" }, { lastSeenAt: "desc" }],
    include: { agent: { select: agentColumns } },
  });
  if (found) {
    const { agent, ...orphan } = found;
    return { agent, orphan };
  }
  const agent = session.agent && (await db.agent.findFirst({ where: { name: session.agent.name, ...letIn }, select: agentColumns }));
  return agent ? { agent, orphan: null } : null;
}
/** What was told of a session stays told when it moves. */
export const moveTasks = (tx: Tx, sessionId: string, agentId: string) => tx.task.updateMany({ where: { sessionId }, data: { agentId } });
/** A container that an agent names is no revoked agent's any more. */
const forgetElsewhere = (tx: Tx, containerIds: readonly string[]) =>
  tx.orphan.deleteMany({ where: { containerId: { in: [...containerIds] }, agent: { revokedAt: { not: null } } } });
export const findOrphan = (tx: Tx, agentId: string, containerId: string) =>
  tx.orphan.findUnique({ where: { agentId_containerId: { agentId, containerId } } });
export const deleteOrphan = (tx: Tx, agentId: string, containerId: string) => tx.orphan.deleteMany({ where: { agentId, containerId } });
export const stampInventory = (tx: Tx, agentId: string, at: Date) =>
  tx.agent.update({ where: { id: agentId }, data: { lastInventoryAt: at }, select: { id: true } });

const stampedRows = z.array(z.object({ id: z.string(), clean: z.boolean() }));

/** Of inventories without an orphan: true for each of these agents, in their order, that has none written down either. */
export async function stampCleanInventories(db: Database, agentIds: readonly string[], now: Date): Promise<boolean[]> {
  const written = await db.$queryRaw`
    WITH held AS MATERIALIZED (SELECT "id" AS "heldId" FROM "Agent" WHERE "id" = ANY(${[...agentIds]}::uuid[]) ORDER BY "id" FOR NO KEY UPDATE)
    UPDATE "Agent" SET "lastInventoryAt" = ${now.toISOString()}::timestamp FROM held WHERE "id" = held."heldId"
    RETURNING "id", NOT EXISTS (SELECT 1 FROM "Orphan" o WHERE o."agentId" = "Agent"."id") AS "clean"`;
  const clean = new Map(stampedRows.parse(written).map((row) => [row.id, row.clean]));
  return agentIds.map((agentId) => clean.get(agentId) ?? true);
}

/** What this inventory named replaces what earlier ones did. True where the list is another one now. */
export async function replaceOrphans(db: Database, agentId: string, now: Date, orphans: readonly FoundOrphan[]): Promise<boolean> {
  return db.$transaction(async (tx) => {
    await stampInventory(tx, agentId, now);
    const before = new Set((await tx.orphan.findMany({ where: { agentId }, select: { containerId: true } })).map((one) => one.containerId));
    await tx.orphan.deleteMany({ where: { agentId, containerId: { notIn: orphans.map((one) => one.containerId) } } });
    for (const orphan of orphans) {
      await tx.orphan.upsert({
        where: { agentId_containerId: { agentId, containerId: orphan.containerId } },
        create: { ...orphan, agentId, firstSeenAt: now, lastSeenAt: now },
        update: { ...orphan, lastSeenAt: now },
      });
    }
    if (orphans.length > 0)
      await forgetElsewhere(
        tx,
        orphans.map(({ containerId }) => containerId),
      );
    return before.size !== orphans.length || orphans.some((one) => !before.has(one.containerId));
  });
}
