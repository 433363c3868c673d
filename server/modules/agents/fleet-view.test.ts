import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bus } from "../../platform/bus";
import { lock } from "../../platform/database";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { SessionQueue } from "../sessions/queue/session-queue";
import type { Asker } from "../users/users-schema";
import { FleetView } from "./fleet-view";

let kit: ServiceKit;
let admin: Asker;
let owner: Asker;
let region = 0;
beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
beforeEach(async () => {
  owner = await makeAsker(kit);
  region += 1;
});
afterAll(() => kit.close());

const deaf: Bus = { publish: async () => {}, subscribe: () => () => {}, beforehand: () => () => {}, close: async () => {} };
const small = { cpuMillicores: 100, memoryBytes: 2 ** 28 };
const agentOf = (maxSessions: number) =>
  makeAgent(kit, { capacity: { max_cpu: 64, max_memory: 256, max_sessions: maxSessions }, labels: { rack: String(region) } });
const labels = (): [string, string][] => [["rack", String(region)]];
const create = (wish: { agentId?: string } = {}) =>
  kit
    .callerOf(owner)
    .sessions.create({ template: "terminal-desktop", agentLabels: { rack: String(region) }, persistentHome: false, ...wish });

/** What another control plane has, which hears nothing of this one. */
function replica(bus: Bus = deaf) {
  const { agents, homes, warmPool } = kit.services;
  const queue = new SessionQueue({
    ...kit,
    fleetView: new FleetView({ ...kit, bus }),
    agents,
    homes,
    warmPool,
    changes: kit.sessionChanges,
  });
  return async (strategy: "spread" | "pack" = "spread"): Promise<string | null> => {
    const { outcome } = await kit.database.$transaction(async (tx) => {
      await lock(tx, "agent", "placement");
      return queue.seat(tx, kit.ids.uuid(), { ...small, strategy, labels: labels() });
    });
    return outcome.agent?.name ?? null;
  };
}

describe("a control plane that read the fleet a moment ago", () => {
  it("finds no room that another has given away since", async () => {
    const agent = await agentOf(2);
    const seat = replica();
    // It thinks from now on that one of two places is taken.
    expect(await seat()).toBe(agent.name);
    await create();
    await create();
    expect(await seat()).toBeNull();
  });

  it("takes the next that has room instead", async () => {
    const [first = "", next = ""] = [(await agentOf(2)).name, (await agentOf(2)).name].sort();
    const seat = replica();
    // Where sessions are packed this is the fullest from now on, and it seems to have a place left.
    expect(await seat("pack")).toBe(first);
    for (let turn = 0; turn < 2; turn += 1) await create({ agentId: first });
    expect(await seat("pack")).toBe(next);
  });

  it("places nothing on an agent that drains by now", async () => {
    const agent = await agentOf(5);
    const seat = replica();
    expect(await seat()).toBe(agent.name);
    await kit.callerOf(admin).agents.setStatus({ id: agent.name, status: "draining" });
    expect(await seat()).toBeNull();
  });

  it("finds room that was given back, and agents that came", async () => {
    const agent = await agentOf(1);
    const seat = replica();
    const { id } = await makeRunningSession(kit, owner, agent as FakeAgent);
    expect(await seat()).toBeNull();
    await kit.callerOf(admin).sessions.setState({ id, state: "terminated" });
    await (agent as FakeAgent).complete(await (agent as FakeAgent).command("stop_session"), {});
    expect(await seat()).toBe(agent.name);
    await kit.callerOf(admin).agents.setStatus({ id: agent.name, status: "draining" });
    const another = await agentOf(1);
    expect(await seat()).toBe(another.name);
  });
});

it("those who come one after the other are spread as if the whole fleet were read for each", async () => {
  const names = [(await agentOf(10)).name, (await agentOf(10)).name];
  const seats: (string | null)[] = [];
  for (let turn = 0; turn < 6; turn += 1) seats.push((await create()).agentId);
  expect(names.map((name) => seats.filter((one) => one === name).length)).toEqual([3, 3]);
});

it("of many that come at once, no more are placed than there is room for", async () => {
  await agentOf(2);
  await agentOf(3);
  const made = await Promise.allSettled(Array.from({ length: 8 }, () => create()));
  expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  for (const one of made) if (one.status === "rejected") expect(one.reason).toMatchObject({ cause: { code: "AGENT_CAPACITY_EXCEEDED" } });
});
