import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { dateText, Keyset, type KeysetColumn, notBefore, nullableText, type Order, past, uuidText } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";

export type AgentRow = Prisma.AgentGetPayload<object>;
export type OrphanRow = Prisma.OrphanGetPayload<object>;

/** What is promised to sessions that are meant to run, or still hold memory. */
export interface Reservation {
  readonly sessions: number;
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** By UUID, revoked or not; a name is that of the one which has it now. */
export const findAgent = (db: Tx | Database, ref: string) =>
  uuid.test(ref)
    ? db.agent.findUnique({ where: { id: ref.toLowerCase() } })
    : db.agent.findFirst({ where: { name: ref, revokedAt: null } });
/** Those that were not revoked. */
export const findAgents = (db: Tx | Database) => db.agent.findMany({ where: { revokedAt: null }, orderBy: { name: "asc" } });
export const findAgentsById = (db: Tx | Database, ids: readonly string[]) => db.agent.findMany({ where: { id: { in: [...ids] } } });

type Column = KeysetColumn<AgentRow, Prisma.AgentWhereInput, Prisma.AgentOrderByWithRelationInput>;
const name: Column = {
  orderBy: (order) => ({ name: order }),
  of: (row) => row.name,
  is: (text) => ({ name: text }),
  beyond: (text, order) => ({ name: past(text, order) }),
  from: (text, order) => ({ name: notBefore(text, order) }),
};
/** Of those that were revoked several may have had one name. */
const id: Column = {
  orderBy: (order) => ({ id: order }),
  of: (row) => row.id,
  is: (text) => ({ id: uuidText.parse(text) }),
  beyond: (text, order) => ({ id: past(uuidText.parse(text), order) }),
};
/** Those that are in none are last, whichever way round. */
const region: Column = {
  orderBy: (order) => ({ region: { sort: order, nulls: "last" } }),
  of: (row) => JSON.stringify(row.region),
  is: (text) => ({ region: nullableText.parse(text) }),
  beyond: (text, order) => {
    const there = nullableText.parse(text);
    return there === null ? { id: { in: [] } } : { OR: [{ region: past(there, order) }, { region: null }] };
  },
};
/** Who was never heard of is last, whichever way round. */
const lastHeartbeat: Column = {
  orderBy: (order) => ({ lastHeartbeatAt: { sort: order, nulls: "last" } }),
  of: (row) => row.lastHeartbeatAt?.toISOString() ?? "",
  is: (text) => ({ lastHeartbeatAt: text === "" ? null : dateText.parse(text) }),
  beyond: (text, order) =>
    text === "" ? { id: { in: [] } } : { OR: [{ lastHeartbeatAt: past(dateText.parse(text), order) }, { lastHeartbeatAt: null }] },
};
const sorts = {
  name: new Keyset("agents", [name, id]),
  region: new Keyset("agents by region", [region, name, id]),
  lastHeartbeat: new Keyset("agents by lastHeartbeat", [lastHeartbeat, name, id]),
};

export interface AgentFilter {
  readonly revoked: boolean;
  readonly ids?: readonly string[] | undefined;
  readonly platform?: "docker" | "kubernetes" | undefined;
  readonly region?: string | undefined;
  readonly capability?: string | undefined;
  readonly search?: string | undefined;
}

export async function findAgentPage(
  db: Database,
  filter: AgentFilter,
  page: Page & { readonly sort: keyof typeof sorts; readonly order: Order },
): Promise<{ rows: AgentRow[]; nextCursor: string | null; counted: number }> {
  const { order } = page;
  const keyset = sorts[page.sort];
  const part = filter.search ? ({ contains: filter.search, mode: "insensitive" } as const) : null;
  const where: Prisma.AgentWhereInput = {
    revokedAt: filter.revoked ? { not: null } : null,
    ...(filter.ids ? { id: { in: [...filter.ids] } } : {}),
    ...(filter.platform ? { platform: filter.platform } : {}),
    ...(filter.region === undefined ? {} : { region: filter.region }),
    ...(filter.capability === undefined ? {} : { capabilities: { has: filter.capability } }),
    ...(part ? { OR: [{ name: part }, { region: part }] } : {}),
  };
  const [rows, counted] = await Promise.all([
    db.agent.findMany({
      where: { AND: [where, keyset.after(page.cursor, order)] },
      orderBy: keyset.orderBy(order),
      ...window(page),
    }),
    db.agent.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  return { ...keyset.cut(rows, page.limit, order), counted };
}
export const insertAgent = (tx: Tx, data: Prisma.AgentUncheckedCreateInput) => tx.agent.create({ data });
export const updateAgent = (db: Tx | Database, id: string, data: Prisma.AgentUncheckedUpdateInput) =>
  db.agent.update({ where: { id }, data });

/** False: it has another key, or doesn't wait. */
export async function approveAgent(tx: Tx, id: string, keyFingerprint: string, approvedAt: Date): Promise<boolean> {
  const { count } = await tx.agent.updateMany({ where: { id, keyFingerprint, approvedAt: null, revokedAt: null }, data: { approvedAt } });
  return count === 1;
}

/** Meant to run, or still holding memory. */
const holdsRoom = {
  OR: [
    { desired: "running" },
    { desired: "hibernated", observed: { in: ["starting", "running", "frozen"] } },
    { desired: "terminated", observed: { in: ["starting", "running", "frozen"] } },
  ],
} satisfies Prisma.SessionWhereInput;
export const countPlacedSessions = (db: Database) => db.session.count({ where: { agentId: { not: null }, ...holdsRoom } });

/** Of every agent, or of these. */
export async function findReservations(db: Tx | Database, agentIds?: readonly string[]): Promise<Map<string, Reservation>> {
  const rows = await db.session.groupBy({
    by: ["agentId"],
    where: {
      agentId: agentIds ? { in: [...agentIds] } : { not: null },
      ...holdsRoom,
    },
    _count: { _all: true },
    _sum: { cpuMillicores: true, memoryBytes: true },
  });
  return new Map(
    rows.flatMap((row) =>
      row.agentId
        ? [
            [
              row.agentId,
              { sessions: row._count._all, cpuMillicores: row._sum.cpuMillicores ?? 0, memoryBytes: Number(row._sum.memoryBytes ?? 0) },
            ] as const,
          ]
        : [],
    ),
  );
}

/** People's: what waits in a warm pool goes when the agent drains or is removed. */
export const findSessionsOn = (db: Tx | Database, agentId: string) =>
  db.session.findMany({
    where: { agentId, warmAt: null },
    include: { user: { select: { username: true } }, template: { select: { name: true } } },
    orderBy: { createdAt: "desc" },
    take: 500,
  });

export const findOrphans = (db: Database, agentId: string) => db.orphan.findMany({ where: { agentId }, orderBy: { firstSeenAt: "asc" } });
export const findOrphan = (db: Tx | Database, agentId: string, containerId: string) =>
  db.orphan.findUnique({ where: { agentId_containerId: { agentId, containerId } } });
export const deleteOrphan = (tx: Tx, agentId: string, containerId: string) => tx.orphan.deleteMany({ where: { agentId, containerId } });
export const findSessionsById = (db: Tx | Database, ids: readonly string[]) =>
  db.session.findMany({
    where: { id: { in: ids.filter((id) => uuid.test(id)) } },
    select: { id: true, agentId: true, desired: true, observed: true, failureCode: true },
  });

export type RegistrationTokenRow = Prisma.RegistrationTokenGetPayload<object>;
const newestToken = new Keyset<RegistrationTokenRow, Prisma.RegistrationTokenWhereInput, Prisma.RegistrationTokenOrderByWithRelationInput>(
  "registration tokens",
  [
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
  ],
);
export async function findRegistrationTokens(
  db: Database,
  page: Page,
): Promise<{ rows: RegistrationTokenRow[]; nextCursor: string | null; counted: number }> {
  const [rows, counted] = await Promise.all([
    db.registrationToken.findMany({
      where: newestToken.after(page.cursor, "desc"),
      orderBy: newestToken.orderBy("desc"),
      ...window(page),
    }),
    db.registrationToken.count({ take: TOTAL_CAP + 1 }),
  ]);
  return { ...newestToken.cut(rows, page.limit, "desc"), counted };
}
export const insertRegistrationToken = (tx: Tx, data: Prisma.RegistrationTokenUncheckedCreateInput) =>
  tx.registrationToken.create({ data });
export const findAgentNames = (db: Database, ids: readonly string[]) =>
  db.agent.findMany({ where: { id: { in: [...ids] } }, select: { id: true, name: true } });

/** One statement, so that a race for one token has one winner. Null: nobody may use it (any more). */
export async function useRegistrationToken(
  tx: Tx,
  tokenHash: string,
  agentId: string,
  agentName: string,
  now: Date,
): Promise<Pick<RegistrationTokenRow, "id" | "labels" | "capabilities" | "approval"> | null> {
  const { count } = await tx.registrationToken.updateMany({
    where: { tokenHash, usedAt: null, revokedAt: null, expiresAt: { gt: now }, OR: [{ agentName: null }, { agentName }] },
    data: { usedAt: now, agentId },
  });
  return count === 1 ? tx.registrationToken.findUniqueOrThrow({ where: { tokenHash } }) : null;
}

export async function revokeRegistrationToken(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.registrationToken.updateMany({ where: { id, usedAt: null, revokedAt: null }, data: { revokedAt: now } });
  return count === 1;
}
export const findRegistrationToken = (tx: Tx, id: string) => tx.registrationToken.findUnique({ where: { id } });
