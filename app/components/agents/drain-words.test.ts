import { describe, expect, it } from "vitest";
import { drainProgress } from "./drain-words";

const draining = (sessions: number, currentSessions: number) => drainProgress({ drain: { sessions }, capacity: { currentSessions } });

describe("a drain in words", () => {
  it.each([
    ["goes on", draining(12, 3), "3 of 12 left"],
    ["is done", draining(12, 0), "all 12 are gone"],
    ["had nothing to wait for", draining(0, 0), "nothing ran here"],
    ["has more left than it began with, since some were woken", draining(2, 3), "3 of 3 left"],
  ])("%s", (_, progress, words) => expect(progress?.words).toBe(words));

  it("is none for an agent that takes sessions", () => {
    expect(drainProgress({ drain: null, capacity: { currentSessions: 3 } })).toBeNull();
  });
});
