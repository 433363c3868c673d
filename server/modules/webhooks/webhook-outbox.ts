import type { Clock } from "../../platform/clock";
import type { Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import type { AuditActor } from "../audit/audit-actor";
import type { AuditRecord } from "../audit/audit-service";
import { eventOfDeed, type WebhookEvent } from "./webhook-events";
import { findListeningEndpoints, insertDeliveries } from "./webhooks-store";

/** Writes events down in the transaction of the change, a delivery for each endpoint that wants them: neither is there without the other. */
export class WebhookOutbox {
  constructor(private readonly deps: { readonly clock: Clock; readonly ids: Ids }) {}

  async write(tx: Tx, event: WebhookEvent): Promise<void> {
    await this.writeAll(tx, [event]);
  }

  /** Asks once for each type who listens. */
  async writeAll(tx: Tx, events: readonly WebhookEvent[]): Promise<void> {
    for (const type of new Set(events.map((event) => event.type))) {
      const endpointIds = await findListeningEndpoints(tx, type);
      if (endpointIds.length === 0) continue;
      const createdAt = this.deps.clock.now();
      for (const event of events)
        if (event.type === type)
          await insertDeliveries(tx, endpointIds, { ...letterOf(this.deps.ids.uuid(), event, createdAt), createdAt });
    }
  }

  /** Of what was just written into the audit log. */
  async heard(tx: Tx, actor: AuditActor, record: AuditRecord): Promise<void> {
    const event = eventOfDeed(actor, record);
    if (event) await this.write(tx, event);
  }
}

/** The body is made once and kept as it is: what is signed must not change between tries. */
export const letterOf = (eventId: string, { type, data }: { type: string; data: unknown }, createdAt: Date) => ({
  eventId,
  type,
  body: JSON.stringify({ id: eventId, type, createdAt: createdAt.toISOString(), data }),
});
