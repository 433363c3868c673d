import { median, rounded } from "../measure/statistics";
import type { ChainName } from "./chains";

/** What is measured of each chain. 1 and 16: streams at once. */
export const metricNames = [
  "megabytesPerSecond1",
  "megabytesPerSecond16",
  /** Seconds of CPU for each GB (10⁹ bytes) that reached the browser. */
  "controlPlaneCpuPerGb1",
  "controlPlaneCpuPerGb16",
  "agentCpuPerGb1",
  "agentCpuPerGb16",
  /** 64 bytes there and back, in microseconds; loaded: while four other streams carry 25 MB/s each. */
  "idleP50",
  "idleP99",
  "loadedP50",
  "loadedP99",
  /** The most that a process grew while a reader stood still. */
  "stalledControlPlaneMb",
  "stalledAgentMb",
  /** Bytes / 1024 for each open stream that carries nothing. */
  "idleStreamControlPlaneKb",
  "idleStreamAgentKb",
] as const;
export type MetricName = (typeof metricNames)[number];

export interface ChainKey {
  readonly name: ChainName;
  readonly tls: boolean;
}
export interface ChainResult extends ChainKey {
  /** Medians of the rounds. A metric that a chain has no part for is absent. */
  readonly medians: Readonly<Partial<Record<MetricName, number>>>;
  readonly rounds: Readonly<Partial<Record<MetricName, readonly number[]>>>;
}

export class Measurements {
  readonly #values = new Map<string, Map<MetricName, number[]>>();
  readonly #keys = new Map<string, ChainKey>();

  add({ name, tls }: ChainKey, metric: MetricName, value: number | null): void {
    if (value === null) return;
    const key = `${name}/${tls}`;
    this.#keys.set(key, { name, tls });
    const metrics = this.#values.get(key) ?? new Map<MetricName, number[]>();
    this.#values.set(key, metrics);
    metrics.set(metric, [...(metrics.get(metric) ?? []), rounded(value)]);
  }

  results(): ChainResult[] {
    return [...this.#keys].map(([key, chain]) => {
      const metrics = [...(this.#values.get(key) ?? [])];
      return {
        ...chain,
        medians: Object.fromEntries(metrics.map(([metric, values]) => [metric, rounded(median(values))])),
        rounds: Object.fromEntries(metrics),
      };
    });
  }
}
