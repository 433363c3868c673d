import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetAgent } from "../agents/agents-service";
import { keptPlacement, place } from "./placement";

const agent = (
  name: string,
  over: Partial<Omit<FleetAgent, "capacity">> & { capacity?: Partial<FleetAgent["capacity"]> } = {},
): FleetAgent => ({
  id: `00000000-0000-4000-8000-${name.padStart(12, "0").replace(/[^0-9a-f]/g, "0")}`,
  name,
  platform: "docker",
  region: null,
  status: "online",
  statusReason: null,
  ...over,
  capacity: { maxCpu: 4, maxMemory: 8, maxSessions: 4, currentSessions: 0, reservedCpu: 0, reservedMemory: 0, ...over.capacity },
});
const small = { cpuMillicores: 1000, memoryBytes: 2 ** 30 };
const refusal = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("it was placed");
};

describe("placement", () => {
  it("takes the least loaded agent and says of each why", () => {
    const busy = agent("busy", { capacity: { reservedCpu: 2, currentSessions: 2, reservedMemory: 2 } });
    const { agent: chosen, placement } = place(small, [
      busy,
      agent("idle"),
      agent("gone", { status: "offline", statusReason: "Its connection closed" }),
      agent("drained", { status: "draining" }),
    ]);
    expect(chosen.name).toBe("idle");
    expect(placement.considered).toEqual([
      { agent: "busy", chosen: false, reason: expect.stringContaining("fuller") },
      { agent: "idle", chosen: true, reason: expect.stringContaining("least loaded") },
      { agent: "gone", chosen: false, reason: "is offline: Its connection closed" },
      { agent: "drained", chosen: false, reason: "is draining" },
    ]);
  });

  it.each([
    ["cores", { reservedCpu: 3.5 }, /needs 1 cores, 0.5 of 4 are free/],
    ["memory", { reservedMemory: 7.5 }, /needs 1 GiB of memory, 0.5 of 8 are free/],
    ["slots", { currentSessions: 4 }, /all 4 session slots are taken/],
  ])("says which agent is full, and of %s", (_, capacity, words) => {
    expect(refusal(() => place(small, [agent("a", { capacity })]))).toMatchObject({
      code: "AGENT_CAPACITY_EXCEEDED",
      message: expect.stringMatching(words),
      details: { considered: [{ agent: "a", chosen: false }] },
    });
  });

  it("names the platform that nobody online has", () => {
    expect(refusal(() => place({ ...small, platform: "kubernetes" }, [agent("a")]))).toMatchObject({
      code: "NO_AGENTS_AVAILABLE",
      message: "No online agents available for platform 'kubernetes'",
    });
    expect(refusal(() => place(small, []))).toMatchObject({ code: "NO_AGENTS_AVAILABLE" });
  });

  it("says what is the matter with the agent that was asked for", () => {
    const agents = [agent("a", { status: "offline" }), agent("b", { status: "draining" }), agent("c")];
    expect(refusal(() => place({ ...small, agent: "a" }, agents))).toMatchObject({ code: "AGENT_OFFLINE" });
    expect(refusal(() => place({ ...small, agent: "b" }, agents))).toMatchObject({ code: "AGENT_DRAINING" });
    expect(refusal(() => place({ ...small, agent: "z" }, agents))).toMatchObject({ code: "AGENT_NOT_FOUND" });
    expect(place({ ...small, agent: "c" }, agents).agent.name).toBe("c");
  });

  it("follows the home, even to a fuller agent", () => {
    const holder = agent("b", { capacity: { currentSessions: 3 } });
    expect(place({ ...small, homeAgentId: holder.id }, [agent("a"), holder]).agent.name).toBe("b");
  });

  it("never chooses an agent that isn't online or that would be overfull", () => {
    const status = fc.constantFrom("online" as const, "offline" as const, "draining" as const, "degraded" as const);
    const fleet = fc.array(
      fc.record({ status, cpu: fc.double({ min: 0, max: 5, noNaN: true }), sessions: fc.integer({ min: 0, max: 5 }) }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(fleet, (shapes) => {
        const agents = shapes.map((shape, at) =>
          agent(`a${at}`, { status: shape.status, capacity: { reservedCpu: shape.cpu, currentSessions: shape.sessions } }),
        );
        let chosen: FleetAgent | null = null;
        try {
          chosen = place(small, agents).agent;
        } catch {
          expect(
            agents.some((one) => one.status === "online" && one.capacity.reservedCpu + 1 <= 4 && one.capacity.currentSessions < 4),
          ).toBe(false);
        }
        if (chosen)
          expect(chosen.status === "online" && chosen.capacity.reservedCpu + 1 <= 4 + 1e-9 && chosen.capacity.currentSessions < 4).toBe(
            true,
          );
      }),
    );
  });
});

describe("what a session keeps of how it was placed", () => {
  it("is the chosen agent first and fifty in all, with the number of the others", () => {
    const agents = Array.from({ length: 120 }, (_, at) => agent(`a${at}`, at === 99 ? {} : { status: "offline" }));
    const kept = keptPlacement(place(small, agents).placement);
    expect(kept.considered).toHaveLength(50);
    expect(kept.considered[0]).toMatchObject({ agent: "a99", chosen: true });
    expect(kept.omitted).toBe(70);
  });

  it("is everything in a small fleet", () => {
    const { placement } = place(small, [agent("a"), agent("b")]);
    expect(keptPlacement(placement)).toEqual(placement);
  });
});
