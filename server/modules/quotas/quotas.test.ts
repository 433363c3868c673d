import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let admin: Asker;
let owner: Asker;

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
  await makeAgent(kit, { name: "roomy", capacity: { max_cpu: 500, max_memory: 2000, max_sessions: 500 } });
});
afterAll(() => kit.close());
beforeEach(async () => {
  owner = await makeAsker(kit);
  await as(admin).quotas.set({ role: "user", sessions: null, cpu: null, memory: null, storage: null });
});

const as = (asker: Asker) => kit.callerOf(asker);
const limit = (quota: object, asker = owner) => as(admin).users.update({ id: asker.userId, quota });
const create = (more: object = {}, asker = owner) =>
  as(asker).sessions.create({ template: "terminal-desktop", resources: { cpu: "1", memory: "1Gi" }, ...more });
const exceeded = (...resources: string[]) => ({
  cause: { code: "QUOTA_EXCEEDED", details: { quotas: resources.map((resource) => expect.objectContaining({ resource })) } },
});

/** Runs, and then is hibernated as the agent says. */
async function makeHibernated(mode: "stop" | "freeze") {
  const agent = await makeAgent(kit);
  const session = await makeRunningSession(kit, owner, agent);
  const asked = as(owner).sessions.setState({ id: session.id, state: "hibernated", mode });
  const command = await agent.command("hibernate_session");
  await agent.acknowledge(command);
  await agent.complete(command, {});
  await asked;
  return { ...session, agent };
}

describe("quotas of a role", () => {
  it("hold for everyone of it, in what is said of one's usage and in what is refused", async () => {
    await as(admin).quotas.set({ role: "user", sessions: 1, cpu: "2", memory: "1536Mi", storage: "10Gi" });
    expect((await as(admin).quotas.list()).quotas).toContainEqual({
      role: "user",
      sessions: 1,
      cpu: "2",
      memory: "1536Mi",
      storage: "10Gi",
    });
    await create();
    expect(await as(owner).account.usage()).toEqual({
      sessions: { used: 1, limit: 1 },
      cpuMillicores: { used: 1000, limit: 2000 },
      memoryBytes: { used: 2 ** 30, limit: 1.5 * 2 ** 30 },
      storageBytes: { used: 0, limit: 10 * 2 ** 30 },
    });
    expect(await as(admin).users.usage({ id: owner.userId })).toEqual(await as(owner).account.usage());
    await expect(create()).rejects.toMatchObject(exceeded("sessions", "memory"));
    await expect(create({}, await makeAsker(kit, "operator"))).resolves.toBeDefined();
  });

  it("give way to a person's own, which may be more or less; null is the role's again", async () => {
    await as(admin).quotas.set({ role: "user", sessions: 1 });
    expect((await limit({ sessions: 2 })).quota).toEqual({ sessions: 2, cpu: null, memory: null, storage: null });
    await create();
    await create();
    await expect(create()).rejects.toMatchObject(exceeded("sessions"));
    await limit({ sessions: null });
    expect((await as(owner).account.usage()).sessions).toEqual({ used: 2, limit: 1 });
  });

  it("are kept where one limit alone is set, and stand in the audit log with who set them", async () => {
    await as(admin).quotas.set({ role: "user", sessions: 3, memory: "8Gi" });
    await as(admin).quotas.set({ role: "user", memory: null });
    expect((await as(admin).quotas.list()).quotas.find(({ role }) => role === "user")).toMatchObject({ sessions: 3, memory: null });
    await limit({ cpu: "500m" });
    const { entries } = await as(admin).audit.list({ limit: 2 });
    expect(entries).toMatchObject([
      { action: "users.update", actorName: admin.username, details: { "quota.cpu": "500m" } },
      { action: "quotas.set", actorName: admin.username, targetId: "user", details: { sessions: 3, memory: null } },
    ]);
  });
});

describe("creating a session", () => {
  it("of two at once that fit one by one, one is made and the other refused", async () => {
    await limit({ cpu: "1" });
    for (let round = 0; round < 3; round += 1) {
      const settled = await Promise.allSettled([create(), create(), create()]);
      expect(settled.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
      for (const one of settled) if (one.status === "rejected") expect(one.reason).toMatchObject(exceeded("cpu"));
      for (const { id } of (await as(owner).sessions.list({ live: true })).sessions)
        await as(admin).sessions.setState({ id, state: "terminated" });
    }
  });

  it("for another counts against whose it will be, not against who asks", async () => {
    await limit({ sessions: 0 });
    await expect(create({ user: owner.username }, admin)).rejects.toMatchObject({
      message: expect.stringContaining(`The quota of '${owner.username}'`),
      ...exceeded("sessions"),
    });
    await limit({ sessions: 0 }, admin);
    await limit({ sessions: 1 });
    await expect(create({ user: owner.username }, admin)).resolves.toBeDefined();
    await limit({ sessions: null }, admin);
  });

  it("leaves nothing behind when it is refused", async () => {
    await limit({ memory: "512Mi" });
    await expect(create()).rejects.toMatchObject(exceeded("memory"));
    expect((await as(owner).sessions.list({})).sessions).toEqual([]);
    expect((await as(owner).homes.list({})).homes).toEqual([]);
  });

  it("hibernated takes a place, and cores and memory only once it is woken", async () => {
    await limit({ sessions: 1, cpu: "500m" });
    const { id } = await create({ state: "hibernated" });
    expect((await as(owner).account.usage()).cpuMillicores.used).toBe(0);
    await expect(create({ state: "hibernated" })).rejects.toMatchObject(exceeded("sessions"));
    await expect(as(owner).sessions.setState({ id, state: "running" })).rejects.toMatchObject(exceeded("cpu"));
  });

  it("is foretold, with the same words", async () => {
    await limit({ sessions: 0 });
    const { problem, placement } = await as(owner).sessions.explainPlacement({ template: "terminal-desktop" });
    const refused = await create().catch((error: Error) => error);
    expect(problem).toEqual({ code: "QUOTA_EXCEEDED", message: refused instanceof Error ? refused.message : "" });
    expect(placement.chosen).toBeNull();
  });

  it("is refused where homes fill the storage, as their agents measured them; not without a home, and not for one being removed", async () => {
    const session = await makeRunningSession(kit, owner, await makeAgent(kit));
    await kit.database.home.update({ where: { id: session.homeId ?? "" }, data: { sizeBytes: 2n ** 30n } });
    await limit({ storage: "1Gi" });
    await expect(create()).rejects.toMatchObject(exceeded("storage"));
    await expect(create({ persistentHome: false })).resolves.toBeDefined();
    await kit.database.home.update({ where: { id: session.homeId ?? "" }, data: { deletingAt: kit.clock.now() } });
    await expect(create()).resolves.toBeDefined();
  });
});

describe("waking a session", () => {
  it("asks for its cores and memory again, which others may have by now", async () => {
    const session = await makeHibernated("stop");
    const { cpuMillicores } = await kit.database.session.findUniqueOrThrow({ where: { id: session.id } });
    await limit({ cpu: `${cpuMillicores}m`, sessions: 0 });
    expect((await as(owner).account.usage()).cpuMillicores.used).toBe(0);
    await kit.database.session.updateMany({ where: { userId: owner.userId }, data: { cpuMillicores: cpuMillicores + 1 } });
    await expect(as(owner).sessions.setState({ id: session.id, state: "running" })).rejects.toMatchObject(exceeded("cpu"));
    expect((await as(owner).sessions.get({ id: session.id })).state).toBe("hibernated");
    await kit.database.session.updateMany({ where: { userId: owner.userId }, data: { cpuMillicores } });
    const woken = as(owner).sessions.setState({ id: session.id, state: "running" });
    await session.agent.complete(await session.agent.command("wake_session"), { container_id: "c-woken" });
    expect((await woken).state).toBe("running");
  });

  it("counts the memory of frozen ones, but not against themselves", async () => {
    const frozen = await makeHibernated("freeze");
    await kit.database.session.update({ where: { id: frozen.id }, data: { observed: "frozen", memoryBytes: 2n ** 30n } });
    expect(await as(owner).account.usage()).toMatchObject({ cpuMillicores: { used: 0 }, memoryBytes: { used: 2 ** 30 } });
    await limit({ memory: "1Gi" });
    await expect(create()).rejects.toMatchObject(exceeded("memory"));
    const woken = as(owner).sessions.setState({ id: frozen.id, state: "running" });
    await frozen.agent.complete(await frozen.agent.command("wake_session"), { container_id: "c-thawed" });
    expect((await woken).state).toBe("running");
  });

  it("is refused where homes fill the storage", async () => {
    const session = await makeHibernated("stop");
    await kit.database.home.update({ where: { id: session.homeId ?? "" }, data: { sizeBytes: 2n ** 31n } });
    await limit({ storage: "1Gi" });
    await expect(as(owner).sessions.setState({ id: session.id, state: "running" })).rejects.toMatchObject(exceeded("storage"));
  });
});
