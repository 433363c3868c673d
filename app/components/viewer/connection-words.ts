import type { Reading } from "./connection-meter";

/** How the connection feels: three bars, two, one; none while nothing is known. */
export function strengthOf({ latency }: Pick<Reading, "latency">): { bars: 0 | 1 | 2 | 3; words: string } {
  if (latency === null) return { bars: 0, words: "not measured" };
  if (latency < 60) return { bars: 3, words: "good" };
  if (latency < 180) return { bars: 2, words: "fair" };
  return { bars: 1, words: "slow" };
}

/** `38 ms`, `1.4 s`, `–`. */
export function latencyWords(latency: number | null): string {
  if (latency === null) return "–";
  return latency < 1_000 ? `${Math.max(1, Math.round(latency))} ms` : `${(latency / 1_000).toFixed(1)} s`;
}

/** Decimal, as networks are sold: `0 MB/s`, `0.04 MB/s`, `1.2 MB/s`, `24 MB/s`. */
export function rateWords(bytesPerSecond: number): string {
  const megabytes = bytesPerSecond / 1e6;
  if (megabytes < 0.005) return "0 MB/s";
  return `${megabytes < 0.1 ? megabytes.toFixed(2) : megabytes < 10 ? megabytes.toFixed(1) : Math.round(megabytes)} MB/s`;
}
