import { STATS_EVERY_MS, STATS_KEPT } from "@berth/protocol/session-stats";
import { describe, expect, it } from "vitest";
import type { UsageReading } from "../../drivers/driver";
import { createLog } from "../../log";
import { ManualClock } from "../../testing/manual-clock";
import { SessionUsage } from "./session-usage";

const reading = (ms: number, cpuMs: number): UsageReading => ({
  at: new Date(ms),
  cpuNanoseconds: cpuMs * 1e6,
  cores: 2,
  memory: { usedBytes: 10, limitBytes: 100 },
  network: null,
  disk: null,
  pids: { current: 1, limit: null },
});

/** Sessions that use what a test says. */
function sessions(readings: Map<string, UsageReading>) {
  const clock = new ManualClock();
  const driver = {
    usageOf: async (id: string) => readings.get(id) ?? reading(0, 0),
    usages: async () => readings,
  };
  return { clock, usage: new SessionUsage({ driver, clock, log: createLog("silent") }) };
}

describe("what a session uses", () => {
  it("is a share of CPU between two readings, and not known from the first alone", async () => {
    const readings = new Map([["a", reading(0, 0)]]);
    const { usage } = sessions(readings);
    expect((await usage.now("a")).cpu).toEqual({ percent: null, limit: 2 });
    readings.set("a", reading(2000, 3000));
    expect((await usage.now("a")).cpu.percent).toBe(150);
  });

  it("keeps the share where two readings come too close to say anything", async () => {
    const readings = new Map([["a", reading(0, 0)]]);
    const { usage } = sessions(readings);
    await usage.now("a");
    readings.set("a", reading(1000, 100));
    await usage.now("a");
    readings.set("a", reading(1010, 110));
    expect((await usage.now("a")).cpu.percent).toBe(10);
  });

  it("begins anew with another container, whose counters begin at nothing", async () => {
    const readings = new Map([["a", reading(0, 5000)]]);
    const { usage } = sessions(readings);
    await usage.now("a");
    readings.set("a", reading(1000, 10));
    expect((await usage.now("a")).cpu.percent).toBeNull();
  });

  it("keeps an hour of samples of what runs, and nothing of what has ended", async () => {
    const readings = new Map([["a", reading(0, 0)]]);
    const { usage } = sessions(readings);
    for (let sample = 0; sample < STATS_KEPT + 5; sample++) {
      readings.set("a", reading(sample * STATS_EVERY_MS, sample * 300));
      await usage.sample();
    }
    expect(usage.history("a")).toHaveLength(STATS_KEPT);
    expect(usage.history("a").at(-1)?.cpu.percent).toBe(1);
    readings.delete("a");
    await usage.sample();
    expect(usage.history("a")).toEqual([]);
  });

  it("takes its samples by the clock, until it is stopped", async () => {
    const readings = new Map([["a", reading(0, 0)]]);
    const { usage, clock } = sessions(readings);
    usage.start();
    clock.advance(STATS_EVERY_MS);
    await expect.poll(() => usage.history("a").length).toBe(1);
    usage.stop();
    clock.advance(STATS_EVERY_MS * 3);
    expect(usage.history("a")).toHaveLength(1);
  });
});
