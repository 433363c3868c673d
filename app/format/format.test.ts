import { describe, expect, it } from "vitest";
import { counted, cpuWords, durationWords, formatBytes, memoryWords } from "./quantity";
import { formatSpan, relativeTime } from "./time";

const now = Date.UTC(2026, 10, 22, 12, 0, 0);

describe("relative times", () => {
  it.each([
    [0, "just now"],
    [12_000, "12 s ago"],
    [59_999, "59 s ago"],
    [60_000, "1 min ago"],
    [3 * 3_600_000, "3 h ago"],
    [2 * 86_400_000, "2 d ago"],
    [90 * 86_400_000, "24 Aug 2026"],
    [-600_000, "in 10 min"],
  ])("%d ms ago reads as %s", (age, words) => {
    expect(relativeTime(now - age, now)).toBe(words);
  });
});

describe("spans", () => {
  it.each([
    [0, "0 ms"],
    [-5, "0 ms"],
    [340.4, "340 ms"],
    [1240, "1.24 s"],
    [12_400, "12.4 s"],
    [185_000, "3 min 5 s"],
    [120_000, "2 min"],
    [7_800_000, "2 h 10 min"],
    [4 * 86_400_000, "4 d"],
  ])("%d ms reads as %s", (span, words) => {
    expect(formatSpan(span)).toBe(words);
  });
});

describe("quantities", () => {
  it("says bytes in binary units without needless digits", () => {
    expect([0, 1023, 512 * 2 ** 20, 1.5 * 2 ** 30, 2 ** 31].map(formatBytes)).toEqual(["0 B", "1023 B", "512 MiB", "1.5 GiB", "2 GiB"]);
  });
  it("says the contract's quantities in words and leaves foreign text alone", () => {
    expect([memoryWords("2Gi"), memoryWords("much"), cpuWords("1500m"), cpuWords("2")]).toEqual(["2 GiB", "much", "1.5 CPU", "2 CPU"]);
    expect(["90m", "40s", "5s", "75s", "0", "soon"].map(durationWords)).toEqual([
      "1 h 30 min",
      "40 s",
      "5 s",
      "1 min 15 s",
      "never",
      "soon",
    ]);
  });
  it("counts things with their plural", () => {
    expect([counted(1, "session"), counted(0, "session"), counted(1200, "entry", "entries")]).toEqual([
      "1 session",
      "0 sessions",
      "1,200 entries",
    ]);
  });
});
