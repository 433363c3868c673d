import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeAgent, makeAsker } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import { emptyPools, poolSteps } from "../../../testing/warm-pool-steps";
import type { Asker } from "../../users/users-schema";
import { WARM_POOL_OWNER } from "../../users/warm-pool-owner";

let kit: ServiceKit;
let admin: Asker;
let owner: Asker;
let agent: FakeAgent;
const template = "terminal-desktop";
const { size, refill, pool, members, later, warmed, ended, full } = poolSteps({
  kit: () => kit,
  admin: () => admin,
  agent: () => agent,
  template,
});

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());
beforeEach(async () => {
  await emptyPools(kit);
  await size(0);
  owner = await makeAsker(kit);
  agent = await makeAgent(kit, { name: "host-a" });
});

const as = (asker: Asker) => kit.callerOf(asker);
const create = (more: object = {}, asker = owner) => as(asker).sessions.create({ template, ...more });

describe("what no longer should wait", () => {
  it("is replaced where its container was killed, and goes with its home", async () => {
    const [id = ""] = await full(1);
    await later(10 * 60_000);
    await agent.observe({ session_id: id, generation: 1, observed: "failed", reason: "killed" });
    await refill();
    await warmed();
    await ended();
    await refill();
    await agent.complete(await agent.command("delete_home"), {});
    expect((await members()).map((one) => one.id)).not.toContain(id);
    expect(await kit.database.home.count()).toBe(1);
    expect(await pool()).toMatchObject({ ready: 1, problem: null });
  });

  it("is ended when the pool is made smaller, what still starts first", async () => {
    const [oldest] = await full(2);
    await size(3);
    await refill();
    const starting = await agent.command("start_session");
    await size(1);
    await refill();
    await agent.fail(starting, "COMMAND_CANCELLED", "the start was cancelled");
    await ended();
    await ended();
    await refill();
    expect((await members()).map(({ id }) => id)).toEqual([oldest]);
  });

  it("is replaced when the template has a new version; the old ones are not taken", async () => {
    const [old] = await full(1);
    const { name, displayName, category, image, display, defaultResources } = await as(admin).templates.get({ name: template });
    await as(admin).templates.update({ name, displayName, category, image, display, defaultResources });
    const session = await create();
    expect(session).toMatchObject({ state: "pending", templateVersion: 2 });
    await refill();
    expect((await ended()).session_id).toBe(old);
    await warmed();
    expect((await warmed()).data).toMatchObject({ generation: 1 });
    await refill();
    expect(await members()).toMatchObject([{ templateVersion: 2 }]);
  });

  it("leaves an agent that drains, and starts elsewhere", async () => {
    const [id] = await full(1);
    const other = await makeAgent(kit, { name: "host-b" });
    await as(admin).agents.setStatus({ id: agent.id, status: "draining", sessions: "hibernate" });
    await refill();
    expect((await ended()).session_id).toBe(id);
    await warmed(other);
    expect(await pool()).toMatchObject({ ready: 1, agents: [{ agent: "host-b", ready: 1, starting: 0 }] });
  });

  it("is counted again when its agent was only away", async () => {
    await full(1);
    await agent.disconnect();
    await kit.clock.advance(120_000);
    expect(await pool()).toMatchObject({ ready: 0 });
    await refill();
    expect(await pool()).toMatchObject({ ready: 0, starting: 0, problem: expect.stringContaining("No online agents") });
    await agent.connect();
    await refill();
    expect(await pool()).toMatchObject({ ready: 1, starting: 0, problem: null });
  });

  it("does not keep its agent from being removed, nor its template once the pool is empty", async () => {
    await full(1);
    await as(admin).agents.remove({ id: agent.id });
    await refill();
    await refill();
    expect(await members()).toEqual([]);
  });
});

describe("a pool whose sessions don't start", () => {
  it("says why, waits longer each time, and is well again once one stays up", async () => {
    await size(1);
    await refill();
    for (const seconds of [5, 10, 20]) {
      await agent.fail(await agent.command("start_session"), "IMAGE_PULL_FAILED", "no such image");
      await refill();
      expect(await pool()).toMatchObject({
        ready: 0,
        starting: 0,
        problem: expect.stringContaining("no such image"),
        retryAt: new Date(kit.clock.now().getTime() + seconds * 1000),
      });
      await agent.complete(await agent.command("delete_home"), {});
      await later(seconds * 1000 - 1);
      await refill();
      expect(agent.pending).toEqual([]);
      await later(1);
      await refill();
    }
    await warmed();
    await later(61_000);
    await refill();
    expect(await pool()).toMatchObject({ ready: 1, problem: null, retryAt: null });
    expect(await members()).toHaveLength(1);
  });
});

describe("a pool that is one short", () => {
  it("is filled by itself, and not before whoever took one has their screen", async () => {
    await full(1);
    kit.warmPoolJobs.start();
    const heard = vi.fn();
    const forget = kit.bus.subscribe(heard);
    const session = await create();
    await vi.waitFor(() => expect(heard).toHaveBeenCalledWith(expect.objectContaining({ sessionId: session.id, userId: WARM_POOL_OWNER })));
    forget();
    const refilling = vi.spyOn(kit.services.warmPool, "refill");
    await kit.clock.advance(1_999);
    expect(refilling).not.toHaveBeenCalled();
    await kit.clock.advance(1);
    await warmed();
    await kit.warmPoolJobs.stop();
    expect(await pool()).toMatchObject({ ready: 1 });
  });
});

describe("room", () => {
  const small = async (slots: number) => {
    await kit.database.agent.deleteMany();
    agent = await makeAgent(kit, { name: "host-s", capacity: { max_cpu: 64, max_memory: 256, max_sessions: slots } });
  };

  it("is people's first: what waits longest is ended for one who finds none, and not started again until there is some", async () => {
    await small(2);
    const [oldest] = await full(2);
    expect((await as(owner).sessions.explainPlacement({ template: "firefox-browser" })).placement.chosen).toBe("host-s");
    const session = await create({ template: "firefox-browser" });
    expect(session).toMatchObject({ state: "pending", agentId: "host-s" });
    const stop = await agent.command("stop_session");
    expect(stop).toMatchObject({ session_id: oldest, data: { graceful: false } });
    await agent.complete(stop, { observed: "removed" });
    await warmed();
    await refill();
    await agent.complete(await agent.command("delete_home"), {});
    expect(agent.pending).toEqual([]);
    expect(await pool()).toMatchObject({ ready: 1, starting: 0, problem: expect.stringContaining("slots are taken") });
    const gone = as(owner).sessions.delete({ id: session.id });
    await ended();
    await gone;
    await refill();
    await warmed();
    expect(await pool()).toMatchObject({ ready: 2 });
  });

  it("is made for one who wakes, too", async () => {
    await small(1);
    const session = await create();
    await warmed();
    const asleep = as(owner).sessions.setState({ id: session.id, state: "hibernated" });
    await agent.complete(await agent.command("hibernate_session"), { observed: "stopped" });
    await asleep;
    const [id] = await full(1);
    const woken = as(owner).sessions.setState({ id: session.id, state: "running" });
    expect((await agent.command("stop_session")).session_id).toBe(id);
    await agent.complete(await agent.command("wake_session"), {});
    expect((await woken).state).toBe("running");
  });

  it("is for those in line before it is for what waits", async () => {
    await small(1);
    const first = await create();
    await warmed();
    const second = await create({ queue: true });
    expect(second).toMatchObject({ state: "pending", agentId: null });
    await size(1);
    const gone = as(owner).sessions.delete({ id: first.id });
    await ended();
    await gone;
    await refill();
    expect(agent.pending).toEqual([]);
    await kit.sessionQueue.sweep();
    expect((await warmed()).session_id).toBe(second.id);
  });

  it("goes to a pool while somebody waits for what that could not give them", async () => {
    const away = await makeAgent(kit, { connect: false });
    const patient = await create({ agentId: away.name, queue: true });
    expect(patient).toMatchObject({ state: "pending", agentId: null });
    await small(1);
    await full(1);
    expect(await pool()).toMatchObject({ ready: 1, problem: null });
    await as(owner).sessions.delete({ id: patient.id });
  });

  it("that nobody could make is refused as ever, and nothing is ended", async () => {
    await small(2);
    await full(2);
    await expect(create({ resources: { memory: "999Gi", cpu: "1" } })).rejects.toMatchObject({
      cause: { code: "AGENT_CAPACITY_EXCEEDED" },
    });
    expect(await pool()).toMatchObject({ ready: 2 });
  });
});
