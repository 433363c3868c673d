/** What ours is held to, against the other chains of the same run. */
import type { ChainName } from "./chains";
import type { ChainResult, MetricName } from "./metrics";

export interface Bar {
  readonly bar: string;
  readonly tls: boolean;
  readonly measured: number;
  readonly limit: number;
  readonly atMost: boolean;
  readonly met: boolean;
}

const STALLED_LIMIT_MB = 16;
const IDLE_STREAM_LIMIT_KB = 24;
const NGINX_CPU_FACTOR = 1.25;
const NGINX_THROUGHPUT_FACTOR = 0.8;

export const metricOf = (results: readonly ChainResult[], name: ChainName, tls: boolean, metric: MetricName): number | undefined =>
  results.find((result) => result.name === name && result.tls === tls)?.medians[metric];

/** Bars whose other chain wasn't there to be measured are left out. */
export function judge(results: readonly ChainResult[]): Bar[] {
  const bars: Bar[] = [];
  for (const tls of [false, true]) {
    const of = (name: ChainName, metric: MetricName) => metricOf(results, name, tls, metric);
    const atMost = (bar: string, measured: number | undefined, limit: number | undefined) => {
      if (measured !== undefined && limit !== undefined) bars.push({ bar, tls, measured, limit, atMost: true, met: measured <= limit });
    };
    const scaled = (value: number | undefined, factor: number) => (value === undefined ? undefined : value * factor);
    for (const streams of [1, 16] as const) {
      const cpu = of("berth", `controlPlaneCpuPerGb${streams}`);
      const suffix = streams === 1 ? "1 stream" : "16 streams";
      atMost(`control plane's CPU s per GB below websockify's, ${suffix}`, cpu, of("websockify", `controlPlaneCpuPerGb${streams}`));
      atMost(
        `… within ${NGINX_CPU_FACTOR} × nginx's, ${suffix}`,
        cpu,
        scaled(of("nginx", `controlPlaneCpuPerGb${streams}`), NGINX_CPU_FACTOR),
      );
      const measured = of("berth", `megabytesPerSecond${streams}`);
      const limit = scaled(of("nginx", `megabytesPerSecond${streams}`), NGINX_THROUGHPUT_FACTOR);
      if (measured !== undefined && limit !== undefined) {
        bars.push({
          bar: `MB/s at least ${NGINX_THROUGHPUT_FACTOR} × nginx's chain, ${suffix}`,
          tls,
          measured,
          limit,
          atMost: false,
          met: measured >= limit,
        });
      }
    }
    atMost(
      `control plane grows by less than ${STALLED_LIMIT_MB} MB under a stalled reader`,
      of("berth", "stalledControlPlaneMb"),
      STALLED_LIMIT_MB,
    );
    atMost(`agent grows by less than ${STALLED_LIMIT_MB} MB under a stalled reader`, of("berth", "stalledAgentMb"), STALLED_LIMIT_MB);
    atMost(
      `an idle stream takes less than ${IDLE_STREAM_LIMIT_KB} KB of the control plane`,
      of("berth", "idleStreamControlPlaneKb"),
      IDLE_STREAM_LIMIT_KB,
    );
  }
  return bars;
}
