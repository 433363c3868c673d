import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linePaths, nearestTime, scaled, timeTicks, valueTicks, zoneOffset } from "./chart-shape";

const same = (value: number) => value;
const noon = Date.UTC(2026, 10, 22, 12, 0, 0) / 1000;

describe("a line over time", () => {
  it("is broken where nothing was heard, and a lone value is a dot", () => {
    const times = [0, 1, 2, 3, 4];
    const { line, area } = linePaths({ times, values: [5, 6, null, 7, null] }, same, (value) => 10 - value);
    expect(line).toBe("M0 5L1 4M3 3h0");
    expect(area).toBe("M0 10L0 5L1 4L1 10ZM3 10L3 3L3 10Z");
  });
  it("is nothing where no value is", () => {
    expect(linePaths({ times: [1], values: [null] }, same, same)).toEqual({ line: "", area: "" });
    expect(linePaths({ times: [], values: [] }, same, same)).toEqual({ line: "", area: "" });
  });
});

describe("the lines of a scale", () => {
  it("are as many as there is room for, from nothing to the top", () => {
    expect(valueTicks(100, 98)).toEqual([0, 50, 100]);
    expect(valueTicks(4, 98)).toEqual([0, 2, 4]);
    expect(valueTicks(1, 98)).toEqual([0, 1]);
  });
  it("never stand closer than asked, and never above the top", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 60, max: 400 }), (top, pixels) => {
        const ticks = valueTicks(top, pixels);
        const y = scaled(0, top, 0, pixels);
        expect(ticks[0]).toBe(0);
        expect(ticks.every((tick) => tick <= top)).toBe(true);
        for (const [index, tick] of ticks.slice(1).entries()) expect(y(tick) - y(ticks[index] ?? 0)).toBeGreaterThanOrEqual(35.9);
      }),
    );
  });
});

describe("the times below a chart", () => {
  it("are round ones of the clock that is shown", () => {
    expect(timeTicks(noon - 3000, noon, 300, 0)).toEqual([noon - 2700, noon - 1800, noon - 900, noon]);
    // Kathmandu is five hours and three quarters ahead: its full hour is a quarter past.
    const ticks = timeTicks(noon - 6 * 3600, noon, 500, zoneOffset(noon, "Asia/Kathmandu"));
    const clock = new Intl.DateTimeFormat("en-GB", { minute: "2-digit", hour: "2-digit", timeZone: "Asia/Kathmandu" });
    expect(ticks.map((at) => clock.format(at * 1000))).toEqual(["12:00", "13:00", "14:00", "15:00", "16:00", "17:00"]);
  });
  it("know how far ahead a zone is, summer and winter", () => {
    expect(zoneOffset(noon, "UTC")).toBe(0);
    expect(zoneOffset(noon, "Europe/Berlin")).toBe(3600);
    expect(zoneOffset(noon - 120 * 86_400, "Europe/Berlin")).toBe(7200);
    expect(zoneOffset(noon + 0.4, "America/St_Johns")).toBe(-12_600);
  });
});

it("the pointer is at the nearest sample", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 1 }),
      fc.integer({ min: -50, max: 10_050 }),
      (some, at) => {
        const times = some.toSorted((a, b) => a - b);
        const found = times[nearestTime(times, at) ?? -1] ?? Number.NaN;
        expect(Math.abs(found - at)).toBe(Math.min(...times.map((time) => Math.abs(time - at))));
      },
    ),
  );
  expect(nearestTime([], 5)).toBeNull();
});
