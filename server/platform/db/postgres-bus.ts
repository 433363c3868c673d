import { randomUUID } from "node:crypto";
import pg from "pg";
import { z } from "zod";
import { type Bus, type BusEvent, busEventSchema } from "../bus";
import type { Clock } from "../clock";
import { Gathered } from "../gathered";
import type { Log } from "../log";

const channel = "berth_bus";
/** PostgreSQL refuses a NOTIFY of 8000 bytes or more. */
const payloadLimit = 7_900;
const firstBackoffMs = 100;
const longestBackoffMs = 5_000;

export interface PostgresBusOptions {
  readonly url: string;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * The bus over LISTEN and NOTIFY. Resolves once it listens; throws when the database can't be reached. One connection listens and comes back
 * by itself (0.1 s to 5 s between tries): what others said meanwhile is lost, and listeners' slow polls find it. Two more connections publish.
 * What is said here is heard here at once, without that way: it comes back with this bus's own name on it, and is passed over.
 */
export async function openPostgresBus(options: PostgresBusOptions): Promise<Bus> {
  const listener = new Listener(options);
  await listener.connect();
  const pool = new pg.Pool({ connectionString: options.url, max: 2, connectionTimeoutMillis: 10_000, application_name: "berth bus" });
  pool.on("error", (error) => options.log.warn({ problem: error.message }, "a publishing connection of the bus broke"));
  const notified = new Gathered<readonly string[], number>(async (batch) => {
    await pool.query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", [channel, batch.flat()]);
    return batch.map((payloads) => payloads.length);
  });
  return {
    async publish(...events) {
      if (events.length === 0) return;
      const payloads = events.map((event) => encode(event, listener.name));
      listener.tell(events);
      await notified.ask(payloads);
    },
    subscribe: (run) => listener.subscribe(run),
    beforehand: (run) => listener.subscribe(run, true),
    async close() {
      await Promise.all([listener.close(), pool.end()]);
    },
  };
}

function encode(event: BusEvent, from: string): string {
  const payload = JSON.stringify({ ...busEventSchema.parse(event), from });
  if (Buffer.byteLength(payload) > payloadLimit) throw new Error(`A bus event of kind ${event.kind} is too long: it must hold ids only`);
  return payload;
}

class Listener {
  /** Of this bus alone, among all replicas'. */
  readonly name = randomUUID();
  private readonly subscribers = new Set<(event: BusEvent) => void>();
  private readonly early = new Set<(event: BusEvent) => void>();
  private client: pg.Client | null = null;
  private closed = false;
  private failures = 0;

  constructor(private readonly options: PostgresBusOptions) {}

  subscribe(run: (event: BusEvent) => void, early = false): () => void {
    // A wrapper, so that the same function twice is two subscriptions.
    const subscriber = (event: BusEvent) => run(event);
    const all = early ? this.early : this.subscribers;
    all.add(subscriber);
    return () => all.delete(subscriber);
  }

  /** Those who are told beforehand hear all of it before anybody else does. */
  tell(events: readonly BusEvent[]): void {
    for (const subscribers of [this.early, this.subscribers])
      for (const event of events) for (const subscriber of [...subscribers]) this.call(subscriber, event);
  }

  private call(subscriber: (event: BusEvent) => void, event: BusEvent): void {
    try {
      subscriber(event);
    } catch (error) {
      this.options.log.error({ err: error }, "a listener of the bus threw");
    }
  }

  async connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.options.url, keepAlive: true, application_name: "berth bus listener" });
    client.on("notification", (message) => this.deliver(message.payload ?? ""));
    let broken = false;
    const onBreak = (problem: string) => {
      if (broken) return;
      broken = true;
      if (this.client === client) this.reconnect(problem);
    };
    client.on("error", (error) => onBreak(error.message));
    client.on("end", () => onBreak("connection ended"));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    if (this.closed || broken) {
      await client.end().catch(() => {});
      if (!this.closed) throw new Error("the connection broke at once");
      return;
    }
    this.client = client;
    this.failures = 0;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.subscribers.clear();
    this.early.clear();
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => {});
  }

  private reconnect(problem: string): void {
    this.client = null;
    if (this.closed) return;
    const wait = Math.min(longestBackoffMs, firstBackoffMs * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.failures = Math.min(this.failures + 1, 10);
    this.options.log.warn({ problem, retryInMs: Math.round(wait) }, "the bus lost its connection to the database");
    this.options.clock.after(wait, () => {
      if (this.closed) return;
      this.connect().then(
        () => this.options.log.info("the bus listens again"),
        (error: unknown) => this.reconnect(error instanceof Error ? error.message : String(error)),
      );
    });
  }

  private deliver(payload: string): void {
    const said = decode(payload);
    if (!said) {
      this.options.log.warn("an event on the bus was not understood; another version may have sent it");
      return;
    }
    if (said.from !== this.name) this.tell([said.event]);
  }
}

/** Earlier versions do not say who they are. */
const senderSchema = z.object({ from: z.string().optional() });

function decode(payload: string): { event: BusEvent; from: string | undefined } | null {
  try {
    const said: unknown = JSON.parse(payload);
    return { event: busEventSchema.parse(said), from: senderSchema.parse(said).from };
  } catch {
    return null;
  }
}
