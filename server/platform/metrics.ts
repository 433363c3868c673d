import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { DatabaseWatch } from "./db/watched-adapter";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const DISPATCH_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];

/** A value with its labels, in the order of the names that they were described with. */
export type Sample = readonly [value: number, ...labels: string[]];

export interface Described {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/**
 * What `/metrics` says of this process. Labels hold names of ours alone (routes, procedures, kinds, codes), never what came in a request:
 * the number of series is bounded, and nobody's ids are in them. What all replicas read from the one database is called `berth_fleet_…`:
 * each says the same, so take the maximum; all else is this replica's own, so take the sum.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = this.counter("berth_http_requests_total", "HTTP requests of this replica that were answered.", [
    "route",
    "method",
    "status",
  ]);
  private readonly requestSeconds = this.histogram(
    "berth_http_request_duration_seconds",
    "From a request's first line to the end of its answer, this replica. Event streams are left out.",
    ["route"],
  );
  private readonly calls = this.counter(
    "berth_procedure_calls_total",
    "Procedures called on this replica, by tRPC, REST or a page; code is OK or the error's.",
    ["procedure", "code"],
  );
  private readonly callSeconds = this.histogram(
    "berth_procedure_duration_seconds",
    "Time that procedures take on this replica. Subscriptions are left out.",
    ["procedure"],
  );
  private readonly tasksEnded = this.counter("berth_tasks_ended_total", "Tasks whose result came to this replica.", ["kind", "outcome"]);
  private readonly dispatchSeconds = this.histogram(
    "berth_task_dispatch_seconds",
    "From writing a task to its first sending by this replica, the time for which its agent was away included.",
    ["kind"],
    DISPATCH_SECONDS,
  );
  private readonly statements = this.histogram(
    "berth_database_statement_seconds",
    "Statements of this replica, the wait for a connection included.",
    ["outcome"],
  );

  private readPool: (() => { total: number; idle: number; waiting: number }) | null = null;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.gauge({ name: "berth_database_connections", help: "The pool's connections of this replica.", labels: ["state"] }, () => {
      const pool = this.readPool?.();
      if (!pool) return [];
      return [
        [pool.total - pool.idle, "used"],
        [pool.idle, "idle"],
        [pool.waiting, "waited for"],
      ];
    });
  }

  readonly contentType = this.registry.contentType;

  /** All of it in Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** `route` is a name from the table of paths. */
  answered(route: string, method: string, status: string, seconds: number | null): void {
    this.requests.inc({ route, method, status });
    if (seconds !== null) this.requestSeconds.observe({ route }, seconds);
  }

  called(procedure: string, code: string, seconds: number | null): void {
    this.calls.inc({ procedure, code });
    if (seconds !== null) this.callSeconds.observe({ procedure }, seconds);
  }

  taskSent(kind: string, seconds: number): void {
    this.dispatchSeconds.observe({ kind }, Math.max(0, seconds));
  }

  taskEnded(kind: string, outcome: string): void {
    this.tasksEnded.inc({ kind, outcome });
  }

  readonly database: DatabaseWatch = {
    pool: (read) => {
      this.readPool = read;
    },
    statement: (seconds, ok) => this.statements.observe({ outcome: ok ? "ok" : "failed" }, seconds),
  };

  /** Read anew at each scrape; what isn't said any more is gone. `read` must not throw. */
  gauge({ name, help, labels = [] }: Described, read: () => readonly Sample[] | Promise<readonly Sample[]>): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      async collect() {
        const samples = await read();
        gauge.reset();
        for (const [value, ...words] of samples) gauge.set(labelled(labels, words), value);
      },
    });
  }

  /** A total that something else keeps; it never shrinks while this process lives. */
  total({ name, help, labels = [] }: Described, read: () => readonly Sample[]): void {
    const counter: Counter = new Counter({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      collect() {
        counter.reset();
        for (const [value, ...words] of read()) counter.inc(labelled(labels, words), value);
      },
    });
  }

  private counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: readonly number[] = SECONDS,
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [this.registry] });
  }
}

const labelled = (labels: readonly string[], words: readonly string[]): Record<string, string> =>
  Object.fromEntries(labels.map((label, at) => [label, words[at] ?? ""]));
