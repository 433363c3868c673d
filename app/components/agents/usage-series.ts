import type { Outputs } from "../../trpc/client";

type Usage = Outputs["agents"]["usage"];
export type UsageKind = "cpu" | "memory" | "disk" | "sessions";

export interface UsageSeries {
  /** Seconds since 1970, rising. */
  readonly times: readonly number[];
  /** Null where nothing was heard: the line breaks there. */
  readonly values: Readonly<Record<UsageKind, readonly (number | null)[]>>;
}

/** What a chart draws of an agent's samples: where one or more are missing stands one without a value. */
export function usageSeries({ samples, stepSeconds }: Pick<Usage, "samples" | "stepSeconds">): UsageSeries {
  const times: number[] = [];
  const values: Record<UsageKind, (number | null)[]> = { cpu: [], memory: [], disk: [], sessions: [] };
  for (const sample of samples) {
    const at = Date.parse(sample.at) / 1000;
    const before = times.at(-1);
    if (before !== undefined && at - before > stepSeconds * 1.5) {
      times.push(before + stepSeconds);
      for (const kind of kinds) values[kind].push(null);
    }
    times.push(at);
    for (const kind of kinds) values[kind].push(sample[kind]);
  }
  return { times, values };
}

const kinds: readonly UsageKind[] = ["cpu", "memory", "disk", "sessions"];

export interface UsageSummary {
  readonly last: number;
  readonly mean: number;
  readonly highest: number;
  /** Seconds since 1970. */
  readonly highestAt: number;
}

/** A line in numbers, for whoever doesn't see it; null where it has no value at all. */
export function usageSummary({ times, values }: UsageSeries, kind: UsageKind): UsageSummary | null {
  let summary: UsageSummary | null = null;
  let sum = 0;
  let count = 0;
  for (const [index, value] of values[kind].entries()) {
    const at = times[index];
    if (value === null || at === undefined) continue;
    sum += value;
    count += 1;
    const highest: boolean = summary === null || value > summary.highest;
    summary = {
      last: value,
      mean: sum / count,
      highest: highest || summary === null ? value : summary.highest,
      highestAt: highest || summary === null ? at : summary.highestAt,
    };
  }
  return summary;
}
