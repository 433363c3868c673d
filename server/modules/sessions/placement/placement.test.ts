import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetAgent } from "../../agents/agents-service";
import { keptPlacement, type PlacementRequest, place, tryPlace } from "./placement";

const agent = (
  name: string,
  over: Partial<Omit<FleetAgent, "capacity">> & { capacity?: Partial<FleetAgent["capacity"]> } = {},
): FleetAgent => ({
  id: `00000000-0000-4000-8000-${name.padStart(12, "0").replace(/[^0-9a-f]/g, "0")}`,
  name,
  platform: "docker",
  region: null,
  labels: {},
  capabilities: [],
  status: "online",
  statusReason: null,
  channel: true,
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
      agent("tasks-only", { channel: false }),
    ]);
    expect(chosen.name).toBe("idle");
    expect(placement.considered).toEqual([
      { agent: "busy", chosen: false, reason: expect.stringContaining("fuller") },
      { agent: "idle", chosen: true, reason: expect.stringContaining("least loaded") },
      { agent: "gone", chosen: false, reason: "is offline: Its connection closed" },
      { agent: "drained", chosen: false, reason: "is draining" },
      { agent: "tasks-only", chosen: false, reason: expect.stringContaining("has no channel") },
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

  it("names the first of many full agents, and has the others in its details", () => {
    const full = Array.from({ length: 200 }, (_, at) => agent(`a${at}`, { capacity: { currentSessions: 4 } }));
    const error = refusal(() => place(small, full));
    expect(error).toMatchObject({ message: expect.stringMatching(/'a9' all 4 session slots are taken; and 190 more$/) });
    expect(error).toHaveProperty("details.considered.length", 200);
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

  it("says of each agent which labels and capabilities it lacks", () => {
    const agents = [
      agent("a", { labels: { gpu: "no", tier: "1" }, capabilities: ["thumbnails"] }),
      agent("b", { labels: { gpu: "yes" } }),
      agent("c", { labels: { gpu: "yes", tier: "1" }, capabilities: ["freeze", "thumbnails"] }),
    ];
    const request = { ...small, labels: [["gpu", "yes"] as const], capabilities: ["thumbnails"] };
    expect(place(request, agents).placement.considered).toEqual([
      { agent: "a", chosen: false, reason: "lacks the label gpu=yes (has gpu=no)" },
      { agent: "b", chosen: false, reason: "lacks the capability thumbnails" },
      { agent: "c", chosen: true, reason: expect.stringContaining("least loaded") },
    ]);
    const both = { ...small, labels: [["gpu", "yes"] as const, ["gpu", "no"] as const], capabilities: ["none"] };
    expect(refusal(() => place(both, agents.slice(1, 2)))).toMatchObject({
      code: "NO_AGENTS_AVAILABLE",
      message: "No online agents available with label gpu=yes, label gpu=no, capability none",
      details: { considered: [{ reason: "lacks the label gpu=no (has gpu=yes) and the capability none" }] },
    });
    expect(refusal(() => place({ ...request, agent: "b" }, agents))).toMatchObject({
      message: "Agent 'b' lacks the capability thumbnails",
    });
  });

  it("packs where it is asked to: the fullest that still fits", () => {
    const agents = [
      agent("busy", { capacity: { currentSessions: 2, reservedCpu: 2 } }),
      agent("idle"),
      agent("full", { capacity: { currentSessions: 4 } }),
    ];
    expect(place({ ...small, strategy: "pack" }, agents).placement).toMatchObject({
      chosen: "busy",
      considered: [
        { agent: "busy", reason: "fullest that fits: 75 % full with this session" },
        { agent: "idle", reason: "fits, but is emptier or later by name: 25 % full with this session" },
        { agent: "full", reason: "all 4 session slots are taken" },
      ],
    });
  });

  const shapes = fc.array(
    fc.record({
      status: fc.constantFrom("online" as const, "online" as const, "draining" as const),
      gpu: fc.constantFrom("yes", "no", undefined),
      capabilities: fc.subarray(["freeze", "thumbnails"]),
      cpu: fc.double({ min: 0, max: 4, noNaN: true }),
      sessions: fc.integer({ min: 0, max: 4 }),
    }),
    { maxLength: 8 },
  );
  const fleetOf = (made: typeof shapes extends fc.Arbitrary<infer Made> ? Made : never) =>
    made.map(({ status, gpu, capabilities, cpu, sessions }, at) =>
      agent(`a${at}`, {
        status,
        labels: gpu === undefined ? {} : { gpu },
        capabilities,
        capacity: { reservedCpu: cpu, currentSessions: sessions },
      }),
    );
  const wishes = fc.record({ gpu: fc.constantFrom("yes", "no", undefined), capabilities: fc.subarray(["freeze", "thumbnails"]) });

  it("never chooses an agent that lacks a label or a capability, nor one whose room is kept, and finds one where there is one", () => {
    fc.assert(
      fc.property(shapes, wishes, fc.constantFrom("spread" as const, "pack" as const), fc.nat(7), (made, wish, strategy, keptAt) => {
        const agents = fleetOf(made);
        const request: PlacementRequest = {
          ...small,
          strategy,
          labels: wish.gpu === undefined ? [] : [["gpu", wish.gpu]],
          capabilities: wish.capabilities,
        };
        const kept = new Set(agents.slice(keptAt, keptAt + 1).map(({ id }) => id));
        const good = agents.filter(
          (one) =>
            one.status === "online" &&
            !kept.has(one.id) &&
            (wish.gpu === undefined || one.labels.gpu === wish.gpu) &&
            wish.capabilities.every((capability) => one.capabilities.includes(capability)) &&
            one.capacity.reservedCpu + 1 <= 4 &&
            one.capacity.currentSessions < 4,
        );
        const outcome = tryPlace(request, agents, kept);
        expect(outcome.agent === null).toBe(good.length === 0);
        if (outcome.agent) expect(good).toContain(outcome.agent);
      }),
      { numRuns: 500 },
    );
  });

  it("never packs on an emptier agent than it would spread to, and both find room or neither", () => {
    const loadOf = ({ capacity }: FleetAgent) => Math.max((capacity.reservedCpu + 1) / 4, (capacity.currentSessions + 1) / 4);
    fc.assert(
      fc.property(shapes, (made) => {
        const agents = fleetOf(made);
        const spread = tryPlace({ ...small, strategy: "spread" }, agents).agent;
        const pack = tryPlace({ ...small, strategy: "pack" }, agents).agent;
        expect(pack === null).toBe(spread === null);
        if (pack && spread) expect(loadOf(pack)).toBeGreaterThanOrEqual(loadOf(spread));
      }),
      { numRuns: 500 },
    );
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
