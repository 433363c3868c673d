import type { SessionStats } from "@berth/protocol/session-stats";

/** Two samples further apart than this have nothing between them. */
const GAP_SECONDS = 90;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export interface StatsSeries {
  /** Seconds since 1970, rising. */
  readonly times: readonly number[];
  readonly cpu: readonly (number | null)[];
  readonly memory: readonly (number | null)[];
  /** Bytes a second, both ways together; null where nothing can be said. */
  readonly network: readonly (number | null)[];
  readonly disk: readonly (number | null)[];
  readonly processes: readonly (number | null)[];
}

/** How fast a counter rises, a second; null without one before, for one that went back (another container's), and over a gap. */
export function rate(before: number | undefined, now: number | undefined, seconds: number): number | null {
  if (before === undefined || now === undefined || now < before || seconds <= 0 || seconds > GAP_SECONDS) return null;
  return (now - before) / seconds;
}

const lines = ["cpu", "memory", "network", "disk", "processes"] as const;
const inAll = ({ network }: SessionStats) => (network ? network.receivedBytes + network.sentBytes : undefined);
const onDisk = ({ disk }: SessionStats) => (disk ? disk.readBytes + disk.writtenBytes : undefined);

/** What charts draw: where samples are missing stands one without a value, so that the line breaks. */
export function statsSeries(samples: readonly SessionStats[]): StatsSeries {
  const times: number[] = [];
  const drawn: Record<(typeof lines)[number], (number | null)[]> = { cpu: [], memory: [], network: [], disk: [], processes: [] };
  let before: SessionStats | null = null;
  for (const sample of samples) {
    const at = Date.parse(sample.at) / 1000;
    const last = times.at(-1);
    if (last !== undefined && at <= last) continue;
    const seconds = last === undefined ? 0 : at - last;
    if (last !== undefined && seconds > GAP_SECONDS) {
      times.push(last + 1);
      for (const line of lines) drawn[line].push(null);
    }
    times.push(at);
    drawn.cpu.push(sample.cpu.percent);
    drawn.memory.push(sample.memory.usedBytes);
    drawn.network.push(before && rate(inAll(before), inAll(sample), seconds));
    drawn.disk.push(before && rate(onDisk(before), onDisk(sample), seconds));
    drawn.processes.push(sample.pids.current);
    before = sample;
  }
  return { times, ...drawn };
}
/** A unit in which the largest of them is no more than three digits, for a chart's scale. */
export function unitFor(values: readonly (number | null)[]): { readonly word: (typeof UNITS)[number]; readonly bytes: number } {
  const highest = Math.max(0, ...values.map((value) => value ?? 0));
  let at = 0;
  while (highest / 1024 ** at >= 1000 && at < UNITS.length - 1) at += 1;
  return { word: UNITS[at] ?? "B", bytes: 1024 ** at };
}
