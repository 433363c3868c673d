import type { AgentStatus } from "@berth/protocol/session-states";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetAgent } from "../../agents/agents-service";
import { evictions, type Member, memberCondition, planRefill } from "./warm-pool-plan";

const now = new Date("2026-11-22T12:00:00Z");
const agents = ["online", "degraded", "draining", "offline"] as const satisfies AgentStatus[];
const statusOf = new Map<string, AgentStatus>(agents.map((status) => [status, status]));
const member: fc.Arbitrary<Member> = fc.record({
  id: fc.uuid(),
  templateVersion: fc.constantFrom(1, 2),
  agentId: fc.constantFrom(...agents, "removed", null),
  desired: fc.constantFrom("running", "hibernated", "terminated"),
  observed: fc.constantFrom("absent", "starting", "running", "frozen", "stopped", "failed", "removed"),
  generation: fc.constant(1),
  failureCode: fc.constantFrom(null, "CONTAINER_EXITED"),
  failureMessage: fc.constantFrom(null, "it ended"),
  startedAt: fc.option(fc.integer({ min: 0, max: 600 }).map((seconds) => new Date(now.getTime() - seconds * 1000))),
  cpuMillicores: fc.constant(1000),
  memoryBytes: fc.constant(BigInt(2 ** 30)),
});
const health = fc.option(
  fc.record({
    version: fc.constantFrom(1, 2),
    failures: fc.integer({ min: 0, max: 30 }),
    retryAt: fc.option(fc.integer({ min: -60, max: 60 }).map((seconds) => new Date(now.getTime() + seconds * 1000))),
    problem: fc.option(fc.constant("no room")),
  }),
);

describe("what brings a pool to its size", () => {
  it("never starts beyond it or ends what it needs, touches each session once, and starts nothing before its time", () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 12 }), fc.integer({ min: 0, max: 6 }), health, (members, size, known) => {
        const plan = planRefill(members, { size, version: 2, health: known }, statusOf, now);
        const kept = (condition: string) =>
          members.filter((one) => memberCondition(one, 2, statusOf) === condition && !plan.end.includes(one)).length;
        const left = kept("ready") + kept("starting");
        expect(left + plan.start).toBeLessThanOrEqual(size);
        const surplus = plan.end.filter((one) => ["ready", "starting"].includes(memberCondition(one, 2, statusOf)));
        if (surplus.length > 0) expect(left).toBe(size);
        expect(new Set([...plan.end, ...plan.remove]).size).toBe(plan.end.length + plan.remove.length);
        for (const one of [...plan.end, ...plan.remove]) expect(["away", "ending"]).not.toContain(memberCondition(one, 2, statusOf));
        const retryAt = (plan.health ?? (known?.version === 2 ? known : null))?.retryAt;
        if (retryAt && retryAt > now) expect(plan.start).toBe(0);
        if (plan.health?.retryAt) expect(plan.health.retryAt.getTime() - now.getTime()).toBeLessThanOrEqual(15 * 60_000);
      }),
    );
  });
});

describe("who makes room", () => {
  const agent = (name: string, currentSessions: number): FleetAgent => ({
    id: name,
    name,
    platform: "docker",
    region: null,
    labels: {},
    capabilities: [],
    status: "online",
    statusReason: null,
    channel: true,
    capacity: { maxCpu: null, maxMemory: null, maxSessions: 4, currentSessions, reservedCpu: 0, reservedMemory: 0 },
  });
  const on = (agentId: string, id: string, desired: "running" | "terminated" = "running"): Member => ({
    id,
    agentId,
    desired,
    templateVersion: 1,
    observed: "running",
    generation: 1,
    failureCode: null,
    failureMessage: null,
    startedAt: now,
    cpuMillicores: 1000,
    memoryBytes: 1n,
  });
  const roomFor = (slots: number) => (one: FleetAgent) => one.capacity.currentSessions + slots <= 4;

  it("is as few as will do, longest there first, on the agent that loses the fewest", () => {
    const members = [on("a", "a1"), on("a", "a2"), on("a", "a3"), on("b", "b1")];
    const found = evictions(members, [agent("a", 5), agent("b", 4)], roomFor(1));
    expect(found.map(({ members: gone }) => gone.map(({ id }) => id))).toEqual([["b1"], ["a1", "a2"]]);
  });

  it("is what is being ended already, where that will do", () => {
    const members = [on("a", "a1"), on("a", "a2", "terminated"), on("b", "b1")];
    const [first] = evictions(members, [agent("a", 4), agent("b", 4)], roomFor(1));
    expect(first?.members.map(({ id }) => id)).toEqual(["a2"]);
  });

  it("is nobody where it would not do", () => {
    expect(evictions([on("a", "a1")], [agent("a", 4)], roomFor(3))).toEqual([]);
  });
});
