import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { pagination } from "../../platform/paging";
import { seal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import { literalAddress, refusalOf } from "./webhook-address";
import { letterOf } from "./webhook-outbox";
import {
  type createWebhookInput,
  type listDeliveriesInput,
  type listDeliveriesOutput,
  MAX_ENDPOINTS,
  TEST_EVENT,
  type updateWebhookInput,
  type Webhook,
  type WebhookDelivery,
  webhookEventTypeSchema,
  type webhookWithSecretSchema,
} from "./webhooks-schema";
import {
  cancelDeliveries,
  countDeliveries,
  countEndpoints,
  countUndelivered,
  type DeliveryRow,
  deleteEndpoint,
  type EndpointRow,
  findDelivery,
  findDeliveryPage,
  findEndpoint,
  findEndpoints,
  findSwitchedOff,
  insertEndpoint,
  insertTest,
  updateDelivery,
  updateEndpoint,
} from "./webhooks-store";

export interface WebhooksDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keys: Keys;
  readonly audit: AuditService;
}

/** Endpoints that events are posted to, and what was posted. The secret is told when it is made and kept sealed. */
export class WebhooksService {
  /** Whoever sends, told that there is something to send. */
  private due: () => void = () => {};

  constructor(private readonly deps: WebhooksDeps) {}

  whenDue(told: () => void): void {
    this.due = told;
  }

  undelivered(): Promise<Record<"pending" | "failed", number>> {
    return countUndelivered(this.deps.database);
  }

  async list(): Promise<Webhook[]> {
    return (await findEndpoints(this.deps.database)).map(webhookView);
  }

  /** Throws WEBHOOK_NOT_FOUND, as all that take an id. */
  async get(id: string): Promise<Webhook> {
    return webhookView(await this.demand(this.deps.database, id));
  }

  /** Throws WEBHOOK_LIMIT, and VALIDATION_FAILED for an address that it may not be at. */
  async create(asker: Asker, input: z.output<typeof createWebhookInput>): Promise<z.output<typeof webhookWithSecretSchema>> {
    const { database, ids, clock } = this.deps;
    demandAllowed(input);
    const id = ids.uuid();
    const { secret, secretSealed } = this.fresh(id);
    const now = clock.now();
    const row = await database.$transaction(async (tx) => {
      if ((await countEndpoints(tx)) >= MAX_ENDPOINTS)
        throw new BerthError("WEBHOOK_LIMIT", `There are ${MAX_ENDPOINTS} webhooks; delete one that is not used any more`);
      const made = await insertEndpoint(tx, { id, ...input, secretSealed, createdById: asker.userId, createdAt: now, updatedAt: now });
      await this.audit(tx, asker, "webhooks.create", made, factsOf(made));
      return made;
    });
    return { ...webhookView(row), secret };
  }

  /** One that is switched off is sent nothing any more, also of what waits. Switched on, it starts with a clean slate. */
  async update(asker: Asker, { id, ...input }: z.output<typeof updateWebhookInput>): Promise<Webhook> {
    const { database, clock } = this.deps;
    const row = await database.$transaction(async (tx) => {
      const before = await this.demand(tx, id);
      demandAllowed({ url: input.url ?? before.url, allowPrivate: input.allowPrivate ?? before.allowPrivate });
      const now = clock.now();
      const fresh = input.active === true && !before.active ? { switchedOffAt: null, failingSince: null } : {};
      const after = await updateEndpoint(tx, id, { ...input, ...fresh, updatedAt: now });
      if (before.active && !after.active) await cancelDeliveries(tx, id, now, "The webhook was switched off");
      await this.audit(tx, asker, "webhooks.update", after, factsOf(after));
      return after;
    });
    return webhookView(row);
  }

  /** With its deliveries. */
  async remove(asker: Asker, id: string): Promise<void> {
    await this.deps.database.$transaction(async (tx) => {
      const row = await this.demand(tx, id);
      await deleteEndpoint(tx, id);
      await this.audit(tx, asker, "webhooks.delete", row);
    });
  }

  /** From here on all is signed with the new one, what waits too. */
  async rotateSecret(asker: Asker, id: string): Promise<z.output<typeof webhookWithSecretSchema>> {
    const { secret, secretSealed } = this.fresh(id);
    const row = await this.deps.database.$transaction(async (tx) => {
      await this.demand(tx, id);
      const after = await updateEndpoint(tx, id, { secretSealed, updatedAt: this.deps.clock.now() });
      await this.audit(tx, asker, "webhooks.rotate_secret", after);
      return after;
    });
    return { ...webhookView(row), secret };
  }

  async deliveries(input: z.output<typeof listDeliveriesInput>): Promise<z.output<typeof listDeliveriesOutput>> {
    const { database } = this.deps;
    await this.demand(database, input.id);
    const [{ rows, nextCursor }, counted] = await Promise.all([
      findDeliveryPage(database, input.id, input),
      countDeliveries(database, input.id),
    ]);
    return { deliveries: rows.map(deliveryView), pagination: pagination(input, counted, nextCursor) };
  }

  /** Sends an event that says nothing, once, also to one that is switched off. */
  async test(asker: Asker, id: string): Promise<WebhookDelivery> {
    const { database, ids, clock } = this.deps;
    const row = await database.$transaction(async (tx) => {
      const endpoint = await this.demand(tx, id);
      const createdAt = clock.now();
      const letter = letterOf(
        ids.uuid(),
        { type: TEST_EVENT, data: { webhook: { id, name: endpoint.name }, by: { kind: "user", name: asker.username } } },
        createdAt,
      );
      await this.audit(tx, asker, "webhooks.test", endpoint);
      return insertTest(tx, id, { ...letter, createdAt });
    });
    this.due();
    return deliveryView(row);
  }

  /** Under its ids, now: one that waits goes on as before, one that is over is tried once more. Throws WEBHOOK_DELIVERY_NOT_FOUND. */
  async sendAgain(asker: Asker, id: string, deliveryId: string): Promise<WebhookDelivery> {
    const row = await this.deps.database.$transaction(async (tx) => {
      const endpoint = await this.demand(tx, id);
      const found = await findDelivery(tx, id, deliveryId);
      if (!found) throw new BerthError("WEBHOOK_DELIVERY_NOT_FOUND", `'${endpoint.name}' has no delivery with the ID '${deliveryId}'`);
      await this.audit(tx, asker, "webhooks.send_again", endpoint, { delivery: deliveryId, event: found.type });
      const over = found.state !== "pending";
      return updateDelivery(tx, deliveryId, {
        nextAttemptAt: this.deps.clock.now(),
        ...(over && { state: "pending", finishedAt: null, maxAttempts: found.attempts + 1 }),
      });
    });
    this.due();
    return deliveryView(row);
  }

  /** What administrators should know. */
  async notices(): Promise<string[]> {
    return (await findSwitchedOff(this.deps.database)).map(
      ({ name }) => `The webhook '${name}' was switched off: for days nothing could be delivered to it. See Settings, Webhooks.`,
    );
  }

  private async demand(db: Tx | Database, id: string): Promise<EndpointRow> {
    const row = await findEndpoint(db, id);
    if (!row) throw new BerthError("WEBHOOK_NOT_FOUND", `No webhook with ID '${id}' exists`);
    return row;
  }

  private fresh(id: string): { secret: string; secretSealed: string } {
    const secret = `whsec_${this.deps.ids.secret()}`;
    return { secret, secretSealed: seal(this.deps.keys.webhooks, id, secret) };
  }

  private audit(
    tx: Tx,
    asker: Asker,
    action: string,
    row: EndpointRow,
    details: Record<string, string | boolean | string[]> = {},
  ): Promise<void> {
    return this.deps.audit.record(tx, actorOf(asker), {
      action,
      target: { kind: "webhook", id: row.id },
      details: { name: row.name, ...details },
    });
  }
}

/** Paths may hold a secret of the other side's. */
const factsOf = ({ url, events, active, allowPrivate }: EndpointRow) => ({ origin: new URL(url).origin, events, active, allowPrivate });

/** What can be told before any name is looked up; the rest is refused when it is sent. */
function demandAllowed({ url, allowPrivate }: { url: string; allowPrivate: boolean }): void {
  const parsed = new URL(url);
  const here = /(?:^|\.)localhost\.?$/.test(parsed.hostname) ? "127.0.0.1" : literalAddress(parsed);
  const refusal = here === null ? null : refusalOf(here, allowPrivate);
  if (refusal === null) return;
  const problem = `${refusal}${allowPrivate ? "" : "; allow private addresses for it, or name a public one"}`;
  throw new BerthError("VALIDATION_FAILED", `url: ${problem}`, { details: { fields: { url: problem } } });
}

const webhookView = (row: EndpointRow): Webhook => ({
  id: row.id,
  name: row.name,
  url: row.url,
  events: row.events.flatMap((type) => webhookEventTypeSchema.safeParse(type).data ?? []),
  active: row.active,
  allowPrivate: row.allowPrivate,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  lastDeliveryAt: row.lastDeliveryAt,
  failingSince: row.failingSince,
  switchedOffAt: row.switchedOffAt,
});

const deliveryView = (row: DeliveryRow): WebhookDelivery => ({
  id: row.id,
  eventId: row.eventId,
  type: row.type,
  state: row.state,
  attempts: row.attempts,
  createdAt: row.createdAt,
  lastAttemptAt: row.lastAttemptAt,
  nextAttemptAt: row.state === "pending" ? row.nextAttemptAt : null,
  status: row.status,
  answer: row.answer,
  problem: row.problem,
  durationMs: row.durationMs,
  body: row.body,
});
