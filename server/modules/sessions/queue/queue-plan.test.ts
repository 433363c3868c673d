import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetAgent } from "../../agents/agents-service";
import { type PlacementRequest, tryPlace } from "../placement/placement";
import { PATIENCE_MS, planQueue, type Waiting } from "./queue-plan";

const now = new Date("2026-11-22T10:00:00Z");
const agent = (name: string, maxCpu: number, used: { cpu?: number; sessions?: number } = {}): FleetAgent => ({
  id: `id-${name}`,
  name,
  platform: "docker",
  region: null,
  labels: {},
  capabilities: [],
  status: "online",
  statusReason: null,
  channel: true,
  capacity: {
    maxCpu,
    maxMemory: 64,
    maxSessions: 10,
    currentSessions: used.sessions ?? 0,
    reservedCpu: used.cpu ?? 0,
    reservedMemory: 0,
  },
});
const waits = (sessionId: string, cores: number, rest: Partial<PlacementRequest> & { forMs?: number } = {}): Waiting => {
  const { forMs = 0, ...request } = rest;
  return {
    sessionId,
    since: new Date(now.getTime() - forMs),
    request: { cpuMillicores: cores * 1000, memoryBytes: 2 ** 30, ...request },
  };
};
const where = (queue: Waiting[], fleet: FleetAgent[]) =>
  planQueue(queue, fleet, now).placed.map(({ waiting, agent: { name } }) => `${waiting.sessionId} on ${name}`);

describe("the queue for room", () => {
  it("places in order of arrival, each counted for the next", () => {
    expect(where([waits("first", 2), waits("second", 2), waits("third", 2)], [agent("a", 4)])).toEqual(["first on a", "second on a"]);
  });

  it("lets a small one by while a large one before it finds no room", () => {
    expect(where([waits("large", 4), waits("small", 1)], [agent("a", 4, { cpu: 2 })])).toEqual(["small on a"]);
  });

  it("lets none by any more where one has waited too long, on the agents that could hold it", () => {
    const large = waits("large", 4, { forMs: PATIENCE_MS });
    const fleet = [agent("a", 4, { cpu: 2 }), agent("tiny", 2)];
    expect(where([large, waits("one", 1), waits("two", 1), waits("three", 1)], fleet)).toEqual(["one on tiny", "two on tiny"]);
    const { left, kept } = planQueue([large], fleet, now);
    const newcomer = tryPlace({ cpuMillicores: 1000, memoryBytes: 2 ** 30, agent: "a" }, left, kept);
    expect(newcomer.refusal).toMatchObject({
      code: "AGENT_CAPACITY_EXCEEDED",
      message: "Agent 'a' keeps its room for a session that has waited longer",
    });
  });

  it("names those whose agent is no more", () => {
    const { lost, placed } = planQueue([waits("gone", 1, { agent: "was" }), waits("here", 1)], [agent("a", 4)], now);
    expect(lost.map(({ waiting, error }) => [waiting.sessionId, error.code])).toEqual([["gone", "AGENT_NOT_FOUND"]]);
    expect(placed.map(({ waiting }) => waiting.sessionId)).toEqual(["here"]);
  });

  it("overfills no agent, leaves nobody waiting who would still fit, and never keeps the first in line from a place", () => {
    const queues = fc.array(fc.record({ cores: fc.integer({ min: 1, max: 6 }), impatient: fc.boolean() }), { maxLength: 12 });
    const fleets = fc.array(fc.record({ max: fc.integer({ min: 1, max: 6 }), used: fc.integer({ min: 0, max: 6 }) }), { maxLength: 4 });
    fc.assert(
      fc.property(queues, fleets, (people, agents) => {
        const queue = people.map(({ cores, impatient }, at) => waits(`s${at}`, cores, { forMs: impatient ? PATIENCE_MS : 0 }));
        const fleet = agents.map(({ max, used }, at) => agent(`a${at}`, max, { cpu: Math.min(max, used) }));
        const { placed, left, kept } = planQueue(queue, fleet, now);
        for (const { capacity } of left) expect(capacity.reservedCpu).toBeLessThanOrEqual(capacity.maxCpu ?? 0);
        const done = new Set(placed.map(({ waiting }) => waiting.sessionId));
        for (const waiting of queue.filter(({ sessionId }) => !done.has(sessionId)))
          expect(tryPlace(waiting.request, left, kept).agent).toBeNull();
        const [first] = queue;
        if (first) expect(done.has(first.sessionId)).toBe(tryPlace(first.request, fleet).agent !== null);
      }),
      { numRuns: 500 },
    );
  });
});
