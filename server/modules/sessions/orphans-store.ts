import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export type FoundOrphan = Omit<Prisma.OrphanUncheckedCreateInput, "agentId" | "firstSeenAt" | "lastSeenAt">;

export const findAgentByRef = (tx: Tx, ref: string) =>
  tx.agent.findUnique({ where: uuid.test(ref) ? { id: ref.toLowerCase() } : { name: ref } });
export const findOrphan = (tx: Tx, agentId: string, containerId: string) =>
  tx.orphan.findUnique({ where: { agentId_containerId: { agentId, containerId } } });
export const deleteOrphan = (tx: Tx, agentId: string, containerId: string) => tx.orphan.deleteMany({ where: { agentId, containerId } });
export const stampInventory = (tx: Tx, agentId: string, at: Date) =>
  tx.agent.update({ where: { id: agentId }, data: { lastInventoryAt: at }, select: { id: true } });

/** Of inventories without an orphan: true for each of these agents, in their order, that has none written down either. */
export async function stampCleanInventories(db: Database, agentIds: readonly string[], now: Date): Promise<boolean[]> {
  await db.agent.updateMany({ where: { id: { in: [...agentIds] } }, data: { lastInventoryAt: now } });
  const kept = await db.orphan.findMany({ where: { agentId: { in: [...agentIds] } }, distinct: ["agentId"], select: { agentId: true } });
  return agentIds.map((agentId) => !kept.some((orphan) => orphan.agentId === agentId));
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
    return before.size !== orphans.length || orphans.some((one) => !before.has(one.containerId));
  });
}
