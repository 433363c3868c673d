import { describe, expect, it } from "vitest";
import { fleetConcerns } from "./fleet-concerns";

const fine = {
  totalAgents: 2,
  onlineAgents: 2,
  offlineAgents: 0,
  degradedAgents: 0,
  drainingAgents: 0,
  totalCapacity: { maxSessions: 10 },
  utilization: { sessionsAvailable: 5 },
};
const words = (counts: Partial<{ failed: number; unreachable: number }>, agents: Partial<typeof fine> = {}) =>
  fleetConcerns({ failed: 0, unreachable: 0, ...counts }, { ...fine, ...agents }).map((concern) => concern.words);

describe("what an operator should look at", () => {
  it("is nothing when all is well", () => {
    expect(words({})).toEqual([]);
  });

  it("is said in words with numbers, the worst first", () => {
    expect(words({ failed: 1, unreachable: 2 }, { offlineAgents: 1, degradedAgents: 1 })).toEqual([
      "1 agent offline.",
      "1 agent degraded.",
      "2 sessions unreachable.",
      "1 session failed.",
    ]);
  });

  it("is said once when every agent is offline", () => {
    expect(words({}, { onlineAgents: 0, offlineAgents: 2, utilization: { sessionsAvailable: 0 } })).toEqual([
      "No agent is online, so no session can start.",
    ]);
  });

  it("names a full fleet", () => {
    expect(words({}, { utilization: { sessionsAvailable: 0 } })).toEqual(["The fleet is full: no room for another session."]);
  });
});
