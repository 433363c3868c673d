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

describe("a warm pool", () => {
  it("starts what is missing, with the home that each will have, and no more than it is to have", async () => {
    await size(2);
    await refill();
    await refill();
    const first = await warmed();
    await warmed();
    await refill();
    expect(agent.pending).toEqual([]);
    expect(first.data).toMatchObject({
      home: { volume: expect.stringMatching(/^berth-home-/) },
      environment: expect.not.objectContaining({ BERTH_KEYBOARD_LAYOUT: expect.anything() }),
    });
    expect(await pool()).toEqual({
      size: 2,
      ready: 2,
      starting: 0,
      ending: 0,
      agents: [{ agent: "host-a", ready: 2, starting: 0 }],
      problem: null,
      retryAt: null,
    });
  });

  it("is nobody's: no list, count, home, usage or person shows it, and by its id it isn't there, for administrators too", async () => {
    const [id = ""] = await full(1);
    const staff = as(admin);
    expect((await staff.sessions.list({})).sessions).toEqual([]);
    expect((await staff.sessions.counts()).running).toBe(0);
    expect(await kit.services.sessions.tally()).toEqual([]);
    expect(await kit.services.warmPool.tally()).toEqual({ ready: 1, wanted: 1 });
    expect((await staff.homes.list({})).homes).toEqual([]);
    expect((await staff.templates.usage({ name: template })).startedEver).toBe(0);
    expect((await staff.agents.get({ id: "host-a" })).sessions).toEqual([]);
    expect((await staff.users.list({ search: "warm-pool" })).users).toEqual([]);
    expect((await staff.tasks.list({})).tasks).toMatchObject([{ kind: "session.start", session: null }]);
    expect((await staff.agents.get({ id: "host-a" })).capacity.currentSessions).toBe(1);
    const missing = { cause: { code: "SESSION_NOT_FOUND" } };
    await expect(staff.sessions.get({ id })).rejects.toMatchObject(missing);
    await expect(staff.sessions.events({ id })).rejects.toMatchObject(missing);
    await expect(staff.sessions.openViewer({ id, reason: "curious" })).rejects.toMatchObject(missing);
    await expect(staff.sessions.setState({ id, state: "terminated" })).rejects.toMatchObject(missing);
    await expect(staff.sessions.delete({ id })).rejects.toMatchObject(missing);
    await expect(staff.users.get({ id: WARM_POOL_OWNER })).rejects.toMatchObject({ cause: { code: "USER_NOT_FOUND" } });
    await expect(staff.sessions.create({ template, user: "~warm-pool" })).rejects.toMatchObject({ cause: { code: "USER_NOT_FOUND" } });
  });

  it("may not be half claimed: the database refuses a waiting session that is a person's", async () => {
    const [id = ""] = await full(1);
    await expect(kit.database.session.update({ where: { id }, data: { userId: owner.userId } })).rejects.toThrow();
    await expect(kit.database.session.update({ where: { id }, data: { warmAt: null } })).rejects.toThrow();
  });

  it("is not hibernated for want of input", async () => {
    const [id = ""] = await full(1);
    const yesterday = new Date(kit.clock.now().getTime() - 24 * 3600_000);
    await kit.database.session.update({ where: { id }, data: { startedAt: yesterday, createdAt: yesterday } });
    await later(60_000);
    await kit.services.idle.sweep(() => {});
    expect((await members())[0]).toMatchObject({ id, desired: "running" });
  });

  it("is for administrators to size, for staff to see; the audit log has it", async () => {
    await size(2);
    const { entries } = await as(admin).audit.list({ limit: 1, result: "succeeded" });
    expect(entries).toMatchObject([{ action: "templates.set_warm_pool", details: { name: template, size: 2, before: 0 } }]);
    await expect(as(owner).templates.setWarmPool({ name: template, size: 1 })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(as(await makeAsker(kit, "operator")).templates.warmPool({ name: template })).resolves.toMatchObject({ size: 2 });
    await expect(as(owner).templates.warmPool({ name: template })).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect((await as(owner).templates.get({ name: template })).warmPool).toEqual({ size: 2 });
  });
});

describe("a session that a pool has", () => {
  it("is running when it is asked for, and its owner's with all that they said", async () => {
    const [oldest] = await full(2);
    await later(60_000);
    const session = await create({
      name: "mine",
      tags: ["a"],
      idleTimeout: "2h",
      hibernateMode: "freeze",
      policy: { clipboardOut: false },
    });
    expect(session).toMatchObject({
      id: oldest,
      name: "mine",
      user: owner.username,
      state: "running",
      status: { phase: "Running", startedAt: kit.clock.now() },
      tags: ["a"],
      idleTimeout: "2h",
      hibernateMode: "freeze",
      createdAt: kit.clock.now(),
      placement: { chosen: "host-a" },
      may: { control: true, terminate: true },
    });
    expect(session.policy.clipboardOut).toBe(false);
    expect(agent.pending).toEqual([]);
    const { events } = await as(owner).sessions.events({ id: session.id });
    expect(events.map(({ kind, message }) => [kind, message])).toEqual([
      ["requested", expect.stringContaining(owner.username)],
      ["placed", expect.stringContaining("host-a")],
      ["claimed", "Claimed a session that was waiting, started 1m before"],
      ["running", "The session is running"],
    ]);
    expect((await as(owner).homes.list({})).homes).toMatchObject([{ id: session.homeId, name: "mine", user: owner.username }]);
    expect(await as(owner).account.usage()).toMatchObject({ sessions: { used: 1 } });
    expect((await as(admin).audit.list({ limit: 1 })).entries).toMatchObject([{ action: "sessions.create", targetId: session.id }]);
    expect(await pool()).toMatchObject({ ready: 1 });
  });

  it("is told of to webhooks as one that was created and runs, and not before", async () => {
    const write = vi.spyOn(kit.outbox, "write");
    await full(1);
    const types = () => write.mock.calls.map(([, { type }]) => type);
    expect(types()).toEqual([]);
    await create();
    expect(types()).toEqual(["session.created", "session.running"]);
    write.mockRestore();
  });

  it("never goes back: what was taken is hibernated, woken and ended as any other, and the pool starts another", async () => {
    const [id = ""] = await full(1);
    await create();
    await refill();
    expect((await warmed()).session_id).not.toBe(id);
    const asked = as(owner).sessions.setState({ id, state: "hibernated" });
    await agent.complete(await agent.command("hibernate_session"), { observed: "stopped" });
    expect((await asked).state).toBe("hibernated");
    const woken = as(owner).sessions.setState({ id, state: "running" });
    await agent.complete(await agent.command("wake_session"), {});
    expect((await woken).state).toBe("running");
    const over = as(owner).sessions.delete({ id });
    await ended();
    await over;
    await refill();
    expect((await pool()).ready).toBe(1);
    expect((await members()).map((one) => one.id)).not.toContain(id);
  });

  it.each([
    [
      "a home of one's own",
      async () => ({
        homeId: (
          await kit.database.home.create({ data: { userId: owner.userId, agentId: agent.id, volume: "berth-home-old", name: "old" } })
        ).id,
      }),
    ],
    ["no home", async () => ({ persistentHome: false })],
    ["an environment", async () => ({ environment: { A: "1" } })],
    ["other resources", async () => ({ resources: { memory: "3Gi", cpu: "1" } })],
    ["to begin hibernated", async () => ({ state: "hibernated" })],
    ["another agent", async () => ({ agentId: (await makeAgent(kit, { name: "host-b" })).name })],
    ["another platform", async () => ({ platform: (await makeAgent(kit, { name: "host-k", platform: "kubernetes" })) && "kubernetes" })],
    ["another template", async () => ({ template: "firefox-browser" })],
  ])("starts cold where one wants %s", async (_, wish) => {
    await full(1);
    const session = await create(await wish());
    expect(session.state).not.toBe("running");
    expect((await pool()).ready).toBe(1);
  });

  it("gets other limits while it runs, where its agent can; never less memory, and the template's where it could not", async () => {
    const able = await makeAgent(kit, { name: "host-able", capabilities: ["resize"] });
    await as(admin).agents.setStatus({ id: agent.id, status: "draining" });
    await full(2, able);
    expect((await create({ resources: { memory: "256Mi", cpu: "1" } })).state).toBe("pending");
    await able.fail(await able.command("start_session"), "IMAGE_PULL_FAILED", "not today");
    const resources = { memory: "3Gi", cpu: "1500m" };
    const session = await create({ resources });
    expect(session).toMatchObject({ state: "running", resources });
    const command = await able.command("resize_session");
    expect(command).toMatchObject({ session_id: session.id, data: { name: session.name, generation: 1, resources } });
    await able.complete(command, {});
    const kinds = async (id: string) => (await as(owner).sessions.events({ id })).events.map(({ kind }) => kind);
    expect(await kinds(session.id)).toContain("resized");
    const other = await create({ resources });
    await able.fail(await able.command("resize_session"), "SPEC_REFUSED", "no such limits");
    expect(await kinds(other.id)).toContain("resize_failed");
    const { defaultResources } = await as(admin).templates.get({ name: template });
    expect((await as(owner).sessions.get({ id: other.id })).resources).toEqual({
      memory: defaultResources.memory,
      cpu: defaultResources.cpu,
    });
  });

  it("starts cold for whoever has a keyboard of their own", async () => {
    await full(1);
    await as(owner).account.update({ keyboardLayout: "de" });
    expect((await create()).state).toBe("pending");
  });

  it("goes to one of two who ask at once; the other starts cold", async () => {
    await full(1);
    await size(1);
    const other = await makeAsker(kit);
    const both = await Promise.all([create(), create({}, other), create({}, owner)]);
    expect(both.map(({ state }) => state).sort()).toEqual(["pending", "pending", "running"]);
    expect(new Set(both.map(({ id }) => id)).size).toBe(3);
  });

  it("stays where it is when the quota or the name refuses, with nothing half written", async () => {
    await full(1);
    await as(admin).users.update({ id: owner.userId, quota: { sessions: 0 } });
    await expect(create()).rejects.toMatchObject({ cause: { code: "QUOTA_EXCEEDED" } });
    await as(admin).users.update({ id: owner.userId, quota: { sessions: null } });
    await create({ name: "taken", persistentHome: false });
    await expect(create({ name: "taken" })).rejects.toMatchObject({ cause: { code: "SESSION_ALREADY_EXISTS" } });
    expect(await pool()).toMatchObject({ ready: 1 });
    expect((await create()).state).toBe("running");
  });

  it("is its new owner's also where the control plane died before it answered", async () => {
    const [id] = await full(1);
    vi.spyOn(kit.bus, "publish").mockRejectedValueOnce(new Error("killed"));
    await expect(create()).rejects.toThrow();
    expect((await as(owner).sessions.list({})).sessions).toMatchObject([{ id, state: "running" }]);
    await refill();
    await warmed();
    expect(await pool()).toMatchObject({ ready: 1 });
  });

  it("is not taken while its agent is away or draining", async () => {
    await full(1);
    await as(admin).agents.setStatus({ id: agent.id, status: "draining" });
    await makeAgent(kit, { name: "host-b" });
    expect(await create()).toMatchObject({ state: "pending", agentId: "host-b" });
  });
});
