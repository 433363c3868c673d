import type { SessionStats } from "@berth/protocol/session-stats";
import { describe, expect, it } from "vitest";
import { rate, statsSeries, unitFor } from "./stats-series";

const sample = (seconds: number, received: number, rest: Partial<SessionStats> = {}): SessionStats => ({
  at: new Date(seconds * 1000).toISOString(),
  cpu: { percent: 10, limit: 2 },
  memory: { usedBytes: 100, limitBytes: 1000 },
  network: { receivedBytes: received, sentBytes: 0 },
  disk: null,
  pids: { current: 3, limit: null },
  ...rest,
});

describe("what charts draw of a session's statistics", () => {
  it("is a rate between two readings of a counter, and nothing where one is missing or went back", () => {
    expect(statsSeries([sample(0, 0), sample(30, 300), sample(60, 100), sample(90, 160)]).network).toEqual([null, 10, null, 2]);
    expect(statsSeries([sample(0, 0), sample(30, 0)]).disk).toEqual([null, null]);
    expect([rate(undefined, 5, 1), rate(5, 10, 0)]).toEqual([null, null]);
  });

  it("breaks where samples are missing, and overlooks what is no later than the one before", () => {
    const { times, cpu } = statsSeries([sample(0, 0), sample(0, 5), sample(300, 9)]);
    expect(times).toEqual([0, 1, 300]);
    expect(cpu).toEqual([10, null, 10]);
  });

  it("has a scale of three digits at most", () => {
    expect(unitFor([null, 999])).toEqual({ word: "B", bytes: 1 });
    expect(unitFor([1000 * 1024])).toEqual({ word: "MiB", bytes: 1024 ** 2 });
    expect(unitFor([])).toEqual({ word: "B", bytes: 1 });
  });
});
