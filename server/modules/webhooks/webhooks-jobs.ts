import { type Bus, isUsageAlone } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import type { Log } from "../../platform/log";
import { unseal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import type { AuditService } from "../audit/audit-service";
import { PATIENCE_MS, pauseAfter } from "./webhook-retries";
import type { Sent, WebhookSender } from "./webhook-sender";
import { signatureOf } from "./webhook-signature";
import {
  cancelDeliveries,
  type DeliveryRow,
  deleteDeliveriesBefore,
  type EndpointRow,
  findNextDelivery,
  keepEndpoint,
  type Lease,
  leaveEndpoint,
  takeEndpoint,
  updateDelivery,
  updateEndpoint,
} from "./webhooks-store";

/** Longer than a try may take; after it another control plane sends what this one did not write down. */
export const LEASE_MS = 30_000;
const POLL_MS = 5_000;
/** Events come in bursts. */
const GATHER_MS = 100;
const SWEEP_MS = 3_600_000;
const DAY_MS = 86_400_000;
const ENDPOINTS_AT_ONCE = 8;
/** Then others that wait have their turn. */
const DELIVERIES_IN_A_TURN = 50;
const BATCH = 1_000;

export interface WebhooksJobsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly keys: Keys;
  readonly audit: AuditService;
  readonly sender: Pick<WebhookSender, "send">;
  /** 0: for ever. */
  readonly retentionDays: number;
}

/**
 * Sends what is due: several endpoints at once, at each of them one delivery after the other, in the order in which they were written; one
 * that waits for its next try holds up no other. What was sent and not written down is sent again, under its ids.
 */
export class WebhooksJobs {
  private timers: Timer[] = [];
  private unsubscribe: (() => void) | null = null;
  private gathering: Timer | null = null;
  private readonly turns = new Set<Promise<void>>();
  private running: Promise<void> | null = null;
  private again = false;
  private stopping = new AbortController();

  constructor(private readonly deps: WebhooksJobsDeps) {}

  start(): void {
    const { clock, bus } = this.deps;
    this.stopping = new AbortController();
    this.unsubscribe = bus.subscribe((event) => {
      if (event.kind !== "viewers" && event.kind !== "inside" && event.kind !== "logout" && !isUsageAlone(event)) this.soon();
    });
    this.timers = [clock.every(POLL_MS, () => void this.wake()), clock.every(SWEEP_MS, () => this.forget())];
    void this.wake();
    void this.forget();
  }

  /** Breaks off what is being sent: it is sent again. */
  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.gathering?.cancel();
    for (const timer of this.timers) timer.cancel();
    this.stopping.abort();
    await this.running;
    await Promise.all(this.turns);
  }

  soon(): void {
    this.gathering ??= this.deps.clock.after(GATHER_MS, () => {
      this.gathering = null;
      void this.wake();
    });
  }

  /** Resolves when all that was due at the call was tried. */
  async wake(): Promise<void> {
    this.again = true;
    this.running ??= this.rounds().finally(() => {
      this.running = null;
    });
    await this.running;
    await Promise.all(this.turns);
  }

  /** Says how many deliveries were forgotten. */
  async sweep(): Promise<number> {
    const { database, clock, retentionDays } = this.deps;
    if (retentionDays === 0) return 0;
    const before = new Date(clock.now().getTime() - retentionDays * DAY_MS);
    let deleted = 0;
    while (!this.stopping.signal.aborted) {
      const some = await deleteDeliveriesBefore(database, before, BATCH);
      deleted += some;
      if (some < BATCH) break;
    }
    return deleted;
  }

  private async forget(): Promise<void> {
    await this.sweep().catch((error: unknown) => this.deps.log.warn({ err: error }, "old webhook deliveries could not be deleted"));
  }

  private async rounds(): Promise<void> {
    while (this.again && !this.stopping.signal.aborted) {
      this.again = false;
      try {
        for (let lease = await this.take(); lease; lease = await this.take()) {
          this.begin(lease);
          if (this.turns.size >= ENDPOINTS_AT_ONCE) await Promise.race(this.turns);
        }
      } catch (error) {
        this.deps.log.error({ err: error }, "webhooks could not be sent; trying again at the next poll");
      }
    }
  }

  private begin(lease: Lease): void {
    const turn = this.turn(lease)
      .catch((error: unknown) => this.deps.log.error({ err: error, webhookId: lease.endpointId }, "a webhook's deliveries broke off"))
      .finally(() => {
        this.turns.delete(turn);
        // What was written while the turn ended was nobody's to take.
        if (!this.stopping.signal.aborted) this.soon();
      });
    this.turns.add(turn);
  }

  private take(): Promise<Lease | null> {
    const { database, clock, ids } = this.deps;
    if (this.stopping.signal.aborted) return Promise.resolve(null);
    return takeEndpoint(database, ids.uuid(), clock.now(), this.leaseEnd());
  }

  private async turn(lease: Lease): Promise<void> {
    const { database, clock } = this.deps;
    for (let count = 0; count < DELIVERIES_IN_A_TURN && !this.stopping.signal.aborted; count += 1) {
      if (!(await keepEndpoint(database, lease, this.leaseEnd()))) return;
      const due = await findNextDelivery(database, lease.endpointId, clock.now());
      if (!due) break;
      const sent = await this.send(due.endpoint, due);
      // Broken off: nobody knows whether it arrived.
      if (this.stopping.signal.aborted) break;
      await this.write(due.endpoint, due, sent);
    }
    await leaveEndpoint(database, lease);
  }

  private async send(endpoint: EndpointRow, delivery: DeliveryRow): Promise<Sent> {
    let secret: string;
    try {
      secret = unseal(this.deps.keys.webhooks, endpoint.id, endpoint.secretSealed);
    } catch {
      const problem = "Its secret was sealed by another master key; make a new secret";
      return { delivered: false, status: null, answer: null, problem, durationMs: 0 };
    }
    const { url, allowPrivate } = endpoint;
    const { id, type, body } = delivery;
    const headers = { "berth-delivery": id, "berth-event": type, "berth-signature": signatureOf(secret, this.deps.clock.now(), body) };
    return this.deps.sender.send({ url, allowPrivate, headers, body }, this.stopping.signal);
  }

  private async write(endpoint: EndpointRow, delivery: DeliveryRow, { delivered, ...told }: Sent): Promise<void> {
    const { database, clock } = this.deps;
    const now = clock.now();
    const attempts = delivery.attempts + 1;
    const over = delivered || attempts >= delivery.maxAttempts;
    const nextAttemptAt = new Date(now.getTime() + pauseAfter(attempts, Math.random()));
    await database.$transaction(async (tx) => {
      await updateDelivery(tx, delivery.id, {
        ...told,
        attempts,
        lastAttemptAt: now,
        ...(over ? { state: delivered ? "delivered" : "failed", finishedAt: now } : { nextAttemptAt }),
      });
      if (delivered) {
        await updateEndpoint(tx, endpoint.id, { lastDeliveryAt: now, failingSince: null });
        return;
      }
      if (!endpoint.active) return;
      const since = endpoint.failingSince ?? now;
      const switchOff = now.getTime() - since.getTime() >= PATIENCE_MS;
      await updateEndpoint(tx, endpoint.id, { failingSince: since, ...(switchOff && { active: false, switchedOffAt: now }) });
      if (!switchOff) return;
      await cancelDeliveries(tx, endpoint.id, now, "The webhook was switched off: for days nothing could be delivered to it");
      const details = { name: endpoint.name, failingSince: since.toISOString(), problem: told.problem };
      await this.deps.audit.record(
        tx,
        { kind: "system" },
        { action: "webhooks.switch_off", target: { kind: "webhook", id: endpoint.id }, details },
      );
    });
  }

  private leaseEnd(): Date {
    return new Date(this.deps.clock.now().getTime() + LEASE_MS);
  }
}
