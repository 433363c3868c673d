import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { bigintText, Keyset, past } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";

export type EndpointRow = Prisma.WebhookEndpointGetPayload<object>;
export type DeliveryRow = Prisma.WebhookDeliveryGetPayload<object>;

const ids = z.array(z.object({ id: z.string() })).transform((rows) => rows.map(({ id }) => id));

/** Locked against being deleted until the transaction ends: what is written for them would otherwise fail, and the change with it. */
export const findListeningEndpoints = async (tx: Tx, type: string): Promise<string[]> =>
  ids.parse(await tx.$queryRaw`SELECT "id" FROM "WebhookEndpoint" WHERE "active" AND ${type} = ANY("events") ORDER BY "id" FOR KEY SHARE`);

export const insertDeliveries = (
  tx: Tx,
  endpointIds: readonly string[],
  { eventId, type, body, createdAt }: Pick<DeliveryRow, "eventId" | "type" | "body" | "createdAt">,
) =>
  tx.webhookDelivery.createMany({
    data: endpointIds.map((endpointId) => ({ endpointId, eventId, type, body, createdAt, nextAttemptAt: createdAt })),
  });

export const insertTest = (
  tx: Tx,
  endpointId: string,
  letter: Pick<DeliveryRow, "eventId" | "type" | "body" | "createdAt">,
): Promise<DeliveryRow> => tx.webhookDelivery.create({ data: { ...letter, endpointId, nextAttemptAt: letter.createdAt, maxAttempts: 1 } });

export const findEndpoints = (db: Database): Promise<EndpointRow[]> =>
  db.webhookEndpoint.findMany({ orderBy: [{ createdAt: "asc" }, { id: "asc" }] });
export const findEndpoint = (db: Tx | Database, id: string): Promise<EndpointRow | null> =>
  db.webhookEndpoint.findUnique({ where: { id } });
export const countEndpoints = (tx: Tx): Promise<number> => tx.webhookEndpoint.count();
export const insertEndpoint = (tx: Tx, data: Prisma.WebhookEndpointUncheckedCreateInput): Promise<EndpointRow> =>
  tx.webhookEndpoint.create({ data });
export const updateEndpoint = (tx: Tx, id: string, data: Prisma.WebhookEndpointUncheckedUpdateInput): Promise<EndpointRow> =>
  tx.webhookEndpoint.update({ where: { id }, data });
export const deleteEndpoint = (tx: Tx, id: string) => tx.webhookEndpoint.delete({ where: { id } });
export const findSwitchedOff = (db: Database) =>
  db.webhookEndpoint.findMany({ where: { switchedOffAt: { not: null }, active: false }, select: { name: true }, orderBy: { name: "asc" } });

const newestFirst = new Keyset<DeliveryRow, Prisma.WebhookDeliveryWhereInput, Prisma.WebhookDeliveryOrderByWithRelationInput>(
  "deliveries",
  [
    {
      orderBy: (order) => ({ sequence: order }),
      of: (row) => String(row.sequence),
      is: (text) => ({ sequence: bigintText.parse(text) }),
      beyond: (text, order) => ({ sequence: past(bigintText.parse(text), order) }),
    },
  ],
);

export async function findDeliveryPage(
  db: Database,
  endpointId: string,
  page: Page,
): Promise<{ rows: DeliveryRow[]; nextCursor: string | null }> {
  const rows = await db.webhookDelivery.findMany({
    where: { AND: [{ endpointId }, newestFirst.after(page.cursor, "desc")] },
    orderBy: newestFirst.orderBy("desc"),
    ...window(page),
  });
  return newestFirst.cut(rows, page.limit, "desc");
}

export const countDeliveries = (db: Database, endpointId: string): Promise<number> =>
  db.webhookDelivery.count({ where: { endpointId }, take: TOTAL_CAP + 1 });

/** To be sent still, and given up as long as they are kept. */
export async function countUndelivered(db: Database): Promise<Record<"pending" | "failed", number>> {
  const [pending, failed] = await Promise.all([
    db.webhookDelivery.count({ where: { state: "pending" } }),
    db.webhookDelivery.count({ where: { state: "failed" } }),
  ]);
  return { pending, failed };
}
export const findDelivery = (db: Tx | Database, endpointId: string, id: string): Promise<DeliveryRow | null> =>
  db.webhookDelivery.findFirst({ where: { id, endpointId } });
export const updateDelivery = (db: Tx | Database, id: string, data: Prisma.WebhookDeliveryUncheckedUpdateInput): Promise<DeliveryRow> =>
  db.webhookDelivery.update({ where: { id }, data });
/** What an endpoint that is switched off would have been sent. */
export const cancelDeliveries = (tx: Tx, endpointId: string, finishedAt: Date, problem: string) =>
  tx.webhookDelivery.updateMany({ where: { endpointId, state: "pending" }, data: { state: "cancelled", finishedAt, problem } });

export interface Lease {
  readonly endpointId: string;
  readonly token: string;
}

/** Takes one endpoint that has something due and that nobody sends for. Null: there is none. */
export async function takeEndpoint(db: Database, token: string, now: Date, until: Date): Promise<Lease | null> {
  const taken = ids.parse(
    await db.$queryRaw`
    UPDATE "WebhookEndpoint" SET "leaseToken" = ${token}::uuid, "leaseExpiresAt" = ${until.toISOString()}::timestamp
    WHERE "id" = (
      SELECT e."id" FROM "WebhookEndpoint" e
      WHERE (e."leaseExpiresAt" IS NULL OR e."leaseExpiresAt" <= ${now.toISOString()}::timestamp)
        AND EXISTS (
          SELECT 1 FROM "WebhookDelivery" d
          WHERE d."endpointId" = e."id" AND d."state" = 'pending' AND d."nextAttemptAt" <= ${now.toISOString()}::timestamp
        )
      LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING "id"`,
  );
  return taken[0] === undefined ? null : { endpointId: taken[0], token };
}

/** False: it was lost, to one that came when it had run out. */
export const keepEndpoint = async (db: Database, { endpointId, token }: Lease, leaseExpiresAt: Date): Promise<boolean> =>
  (await db.webhookEndpoint.updateMany({ where: { id: endpointId, leaseToken: token }, data: { leaseExpiresAt } })).count === 1;

export const leaveEndpoint = (db: Database, { endpointId, token }: Lease) =>
  db.webhookEndpoint.updateMany({ where: { id: endpointId, leaseToken: token }, data: { leaseToken: null, leaseExpiresAt: null } });

/** What is due at an endpoint and was written first, with the endpoint as it is now. */
export const findNextDelivery = (db: Database, endpointId: string, now: Date) =>
  db.webhookDelivery.findFirst({
    where: { endpointId, state: "pending", nextAttemptAt: { lte: now } },
    orderBy: { sequence: "asc" },
    include: { endpoint: true },
  });

export const deleteDeliveriesBefore = (db: Database, before: Date, atMost: number): Promise<number> =>
  db.$executeRaw`
    DELETE FROM "WebhookDelivery" WHERE "id" IN (
      SELECT "id" FROM "WebhookDelivery" WHERE "createdAt" < ${before.toISOString()}::timestamp AND "state" <> 'pending'
      ORDER BY "createdAt" LIMIT ${atMost} FOR UPDATE SKIP LOCKED
    )`;
