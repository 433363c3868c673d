import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usageSeries, usageSummary } from "./usage-series";

const begin = Date.parse("2026-11-22T10:00:00Z");
const sample = (minute: number, cpu: number, disk: number | null = null) => ({
  at: new Date(begin + minute * 60_000).toISOString(),
  cpu,
  memory: 50,
  disk,
  sessions: 2,
});
const series = (samples: ReturnType<typeof sample>[]) => usageSeries({ samples, stepSeconds: 60 });

describe("the line of a host's usage", () => {
  it("breaks where nothing was heard", () => {
    const { times, values } = series([sample(0, 10), sample(1, 20), sample(9, 30)]);
    expect(values.cpu).toEqual([10, 20, null, 30]);
    expect(times.map((at) => at - begin / 1000)).toEqual([0, 60, 120, 540]);
  });

  it("has as many moments as values, rising, whatever is missing", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 1440 })), (minutes) => {
        const { times, values } = series(minutes.sort((a, b) => a - b).map((minute) => sample(minute, 1)));
        expect(values.cpu.length).toBe(times.length);
        expect(times.every((at, index) => index === 0 || at > (times[index - 1] ?? 0))).toBe(true);
        expect(values.cpu.filter((value) => value !== null)).toHaveLength(minutes.length);
      }),
    );
  });

  it("is told in numbers too: the last, the mean, and the highest with its moment", () => {
    const line = series([sample(0, 10), sample(1, 60), sample(5, 20)]);
    expect(usageSummary(line, "cpu")).toEqual({ last: 20, mean: 30, highest: 60, highestAt: begin / 1000 + 60 });
    expect(usageSummary(line, "disk")).toBeNull();
  });
});
