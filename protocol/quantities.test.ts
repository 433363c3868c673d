import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cpuQuantitySchema,
  formatCpu,
  formatDuration,
  formatMemory,
  idleTimeoutSchema,
  memoryQuantitySchema,
  parseCpu,
  parseDuration,
  parseMemory,
} from "./quantities";

describe("quantities", () => {
  it("reads memory as Kubernetes does", () => {
    expect(parseMemory("2Gi")).toBe(2 * 2 ** 30);
    expect(parseMemory("512Mi")).toBe(512 * 2 ** 20);
    expect(parseMemory("1.5Gi")).toBe(1.5 * 2 ** 30);
    expect(parseMemory("1000M")).toBe(1e9);
    expect(parseMemory("1048576")).toBe(1_048_576);
  });

  it("reads CPU in millicores and in cores", () => {
    expect(parseCpu("1000m")).toBe(1000);
    expect(parseCpu("2")).toBe(2000);
    expect(parseCpu("0.25")).toBe(250);
  });

  it("reads durations with several units, and 0 as never", () => {
    expect(parseDuration("30m")).toBe(1800);
    expect(parseDuration("1h30m")).toBe(5400);
    expect(parseDuration("0")).toBe(0);
  });

  it.each(["", "Gi", "2 Gi", "-1Gi", "2GiB", "1e3", "0x10", "2gi", "NaN", "Infinity", "1.5.2Gi"])("refuses '%s' as memory", (text) => {
    expect(parseMemory(text)).toBeNull();
  });

  it.each(["", "m", "-1", "1.5m", "1,5", "1000 m", "lots"])("refuses '%s' as CPU", (text) => {
    expect(parseCpu(text)).toBeNull();
  });

  it("names the quantity and shows how to write it when it can't be read", () => {
    expect(memoryQuantitySchema.safeParse("two gigs").error?.issues[0]?.message).toBe(
      "'two gigs' is not a memory quantity; write it as 512Mi or 2Gi",
    );
    expect(cpuQuantitySchema.safeParse("1m").error?.issues[0]?.message).toBe("CPU must be between 10m and 512, not 1m");
    expect(idleTimeoutSchema.safeParse("31d").error?.issues[0]?.message).toBe("duration must be at most 30d, not 31d");
  });

  it("writes what it can read again", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 45 }),
        fc.integer({ min: 1, max: 512_000 }),
        fc.integer({ min: 1, max: 9_000_000 }),
        (bytes, millicores, seconds) => {
          expect(parseMemory(formatMemory(bytes))).toBe(bytes);
          expect(parseCpu(formatCpu(millicores))).toBe(millicores);
          expect(parseDuration(formatDuration(seconds))).toBe(seconds);
        },
      ),
    );
  });

  it("never throws and never gives NaN, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const value of [parseMemory(text), parseCpu(text), parseDuration(text)])
          expect(value === null || Number.isSafeInteger(value)).toBe(true);
      }),
    );
  });
});
