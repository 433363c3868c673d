import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { dateText, Keyset, past, uuidText } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";

const withNames = {
  user: { select: { username: true } },
  agent: { select: { name: true, revokedAt: true } },
  template: { select: { name: true, displayName: true } },
} satisfies Prisma.SnapshotInclude;
export type SnapshotRow = Prisma.SnapshotGetPayload<{ include: typeof withNames }>;

const ended: Prisma.SessionWhereInput = {
  desired: "terminated",
  OR: [{ observed: "removed" }, { observed: "failed", failureCode: { not: null } }],
};

const newestFirst = new Keyset<SnapshotRow, Prisma.SnapshotWhereInput, Prisma.SnapshotOrderByWithRelationInput>("snapshots", [
  {
    orderBy: (order) => ({ createdAt: order }),
    of: (row) => row.createdAt.toISOString(),
    is: (text) => ({ createdAt: dateText.parse(text) }),
    beyond: (text, order) => ({ createdAt: past(dateText.parse(text), order) }),
  },
  {
    orderBy: (order) => ({ id: order }),
    of: (row) => row.id,
    is: (text) => ({ id: uuidText.parse(text) }),
    beyond: (text, order) => ({ id: past(uuidText.parse(text), order) }),
  },
]);

export interface SnapshotFilter {
  readonly userId?: string | undefined;
  readonly username?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly search?: string | undefined;
}

export async function findSnapshots(
  db: Database,
  { userId, username, sessionId, search }: SnapshotFilter,
  page: Page,
): Promise<{ rows: SnapshotRow[]; nextCursor: string | null; counted: number }> {
  const contains = search ? { contains: search, mode: "insensitive" as const } : undefined;
  const where: Prisma.SnapshotWhereInput = {
    AND: [
      { userId, sessionId },
      username === undefined ? {} : { user: { username } },
      contains
        ? { OR: [{ name: contains }, { sessionName: contains }, { agent: { name: contains } }, { user: { username: contains } }] }
        : {},
    ],
  };
  const [rows, counted] = await Promise.all([
    db.snapshot.findMany({
      where: { AND: [where, newestFirst.after(page.cursor, "desc")] },
      include: withNames,
      orderBy: newestFirst.orderBy("desc"),
      ...window(page),
    }),
    db.snapshot.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  return { ...newestFirst.cut(rows, page.limit, "desc"), counted };
}

export const findSnapshot = (db: Tx | Database, id: string) => db.snapshot.findUnique({ where: { id }, include: withNames });
export const lockSnapshot = (tx: Tx, id: string) => tx.$executeRaw`SELECT 1 FROM "Snapshot" WHERE "id" = ${id}::uuid FOR UPDATE`;
export const insertSnapshot = (tx: Tx, data: Prisma.SnapshotUncheckedCreateInput) => tx.snapshot.create({ data, include: withNames });
export const updateSnapshot = (tx: Tx, id: string, data: Prisma.SnapshotUncheckedUpdateInput) =>
  tx.snapshot.update({ where: { id }, data, include: withNames });
export const deleteSnapshot = (tx: Tx, id: string) => tx.snapshot.deleteMany({ where: { id } });

/** A session that can't do without it: its file system is the snapshot's, or its home is still to be copied. */
export const findUserOf = (db: Tx | Database, id: string, withImage: boolean) =>
  db.session.findFirst({
    where: { snapshotId: id, NOT: ended, ...(withImage ? {} : { startedAt: null }) },
    select: { name: true },
  });

/** Of the session that a snapshot is to be taken of. */
export const findSource = (db: Tx | Database, id: string) =>
  db.session.findUnique({
    where: { id },
    select: {
      id: true,
      name: true,
      userId: true,
      desired: true,
      observed: true,
      templateId: true,
      templateVersion: true,
      template: { select: { id: true, name: true } },
      home: { select: { volume: true, deletingAt: true } },
      agent: { select: { id: true, name: true, capabilities: true, connectionId: true, revokedAt: true } },
    },
  });

/** How far their tasks are, by the tasks' ids. */
export async function findProgress(
  db: Database,
  taskIds: readonly string[],
): Promise<Map<string, { percent: number | null; message: string }>> {
  if (taskIds.length === 0) return new Map();
  const rows = await db.task.findMany({
    where: { id: { in: [...taskIds] } },
    select: { id: true, progress: true, progressMessage: true, state: true },
  });
  return new Map(
    rows.map((row) => [
      row.id,
      { percent: row.progress, message: row.progressMessage ?? (row.state === "queued" ? "It waits for its agent" : "It begins") },
    ]),
  );
}

export const findExpired = (db: Database, now: Date, limit: number) =>
  db.snapshot.findMany({
    where: { expiresAt: { lte: now }, state: { in: ["ready", "failed", "lost"] } },
    select: { id: true },
    orderBy: { expiresAt: "asc" },
    take: limit,
  });

/** Of one agent, and those of revoked agents whose volumes it has: it is the same host. */
export const findOfAgent = (db: Database, agentId: string, ids: readonly string[]) =>
  db.snapshot.findMany({
    where: { OR: [{ agentId }, { id: { in: [...ids] }, agent: { revokedAt: { not: null } } }] },
    select: { id: true, agentId: true, state: true, readyAt: true, userId: true, sessionId: true },
  });

/** Only where its state is still as it was read. */
export const moveSnapshot = (
  db: Database,
  row: { readonly id: string; readonly state: string },
  data: { state: string; agentId: string },
) => db.snapshot.updateMany({ where: { id: row.id, state: row.state }, data });
