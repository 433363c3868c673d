import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { emptyPools, poolSteps } from "../../testing/warm-pool-steps";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let admin: Asker;
let owner: Asker;
let agent: FakeAgent;

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());
beforeEach(async () => {
  await emptyPools(kit);
  owner = await makeAsker(kit);
  agent = await makeAgent(kit, { name: "host-a" });
});

const as = (asker: Asker) => kit.callerOf(asker);
const revoke = (id = agent.name, asker = admin) => as(asker).agents.remove({ id });
const get = (id: string) => as(owner).sessions.get({ id });
const kindsOf = async (id: string) => (await as(owner).sessions.events({ id })).events.map(({ kind }) => kind);
const homesOf = async (asker: Asker) => (await as(asker).homes.list({})).homes;
const start = () => as(owner).sessions.create({ template: "terminal-desktop", agentId: agent.name });
/** What the engine holds of a session, as an inventory says it. */
const containerOf = (id: string, observed: "running" | "stopped" = "running", generation = 1) => ({
  session_id: id,
  generation,
  observed,
  container_id: `c-${id.slice(0, 8)}`,
});
const tasksOf = async (sessionId: string) => (await as(admin).tasks.list({ sessionId })).tasks;

describe("an agent that is revoked", () => {
  it("goes whatever it holds, and its sessions stay where they are and say why they can't be reached", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    expect(await revoke(agent.name, await makeAsker(kit, "operator"))).toEqual({ deleted: true });
    expect(await get(session.id)).toMatchObject({
      state: "running",
      agentId: "host-a",
      homeId: session.homeId,
      status: { phase: "Unreachable", code: "AGENT_REVOKED", message: expect.stringContaining("Its agent was revoked") },
      stranded: { agent: agent.id, adopter: null },
      may: { hibernate: false, wake: false, terminate: true },
    });
    expect(await kindsOf(session.id)).toContain("agent_revoked");
    expect(kit.gateway.disconnected).toContainEqual({ agentId: agent.id, reason: "its access was revoked" });
    expect((await as(owner).sessions.counts()).unreachable).toBe(1);
  });

  it("is in no list but that of the revoked, and found by its id", async () => {
    await makeRunningSession(kit, owner, agent);
    await revoke();
    const names = async (input: object) => (await as(admin).agents.list(input)).agents.map(({ name }) => name);
    expect(await names({})).toEqual([]);
    expect(await names({ status: "offline" })).toEqual([]);
    expect(await names({ revoked: true })).toEqual(["host-a"]);
    expect(await as(admin).agents.stats()).toMatchObject({ totalAgents: 0 });
    expect(await as(admin).agents.get({ id: agent.id })).toMatchObject({ revokedAt: kit.clock.now(), sessions: [{}] });
    await expect(as(admin).agents.get({ id: "host-a" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(as(admin).agents.setStatus({ id: agent.id, status: "draining" })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("leaves nothing where it held nothing", async () => {
    await revoke();
    expect(await as(admin).agents.list({ revoked: true })).toMatchObject({ agents: [] });
    await expect(revoke()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("is revoked once, however many ask", async () => {
    await makeRunningSession(kit, owner, agent);
    const before = await kit.database.auditEntry.count({ where: { action: "agents.remove" } });
    expect(await Promise.all([revoke(agent.id), revoke(agent.id)])).toEqual([{ deleted: true }, { deleted: true }]);
    expect(await revoke(agent.id)).toEqual({ deleted: true });
    expect(await kit.database.auditEntry.count({ where: { action: "agents.remove" } })).toBe(before + 1);
  });

  it("can't register any more, where its credential was looked at before", async () => {
    await makeRunningSession(kit, owner, agent);
    await revoke();
    await expect(agent.connect()).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID" });
    expect(await as(admin).agents.get({ id: agent.id })).toMatchObject({ websocketConnId: null, status: "offline" });
  });

  it("has failed at all that it was asked, and what it says of that later changes nothing", async () => {
    const session = await start();
    const command = await agent.command("start_session");
    await agent.acknowledge(command);
    await revoke();
    expect(await get(session.id)).toMatchObject({
      state: "terminated",
      status: { phase: "Failed", code: "AGENT_REVOKED", message: "Its agent 'host-a' was revoked" },
    });
    expect(await tasksOf(session.id)).toMatchObject([{ state: "failed", errorCode: "AGENT_REVOKED" }]);
    await agent.complete(command, { container_id: "late" });
    expect(await get(session.id)).toMatchObject({ state: "terminated", status: { containerId: null } });
  });

  it("leaves nothing waiting that was for it alone and never sent", async () => {
    const other = await makeAgent(kit, { name: "host-c", capabilities: ["docker"] });
    await other.disconnect();
    const { taskId } = await as(admin).tasks.create({ id: other.name, taskType: "docker.pull", payload: { image: "nginx" } });
    await revoke("host-c");
    expect(await as(admin).tasks.get({ id: taskId })).toMatchObject({ state: "failed", errorCode: "AGENT_REVOKED" });
  });

  it("keeps its failed tasks readable for a day, then its row goes", async () => {
    const other = await makeAgent(kit, { name: "host-b", capabilities: ["docker"] });
    const { taskId } = await as(admin).tasks.create({ id: other.name, taskType: "docker.pull", payload: { image: "nginx" } });
    await revoke("host-b");
    const refused = as(admin).tasks.create({ id: other.id, taskType: "docker.pull", payload: { image: "nginx" } });
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining("was revoked") });
    const left = async () => (await as(admin).agents.list({ revoked: true })).agents.length;
    expect((await as(admin).tasks.get({ id: taskId })).errorCode).toBe("AGENT_REVOKED");
    const endedFor = async (hours: number) => {
      const finishedAt = new Date(kit.clock.now().getTime() - hours * 3_600_000);
      await kit.database.task.update({ where: { id: taskId }, data: { finishedAt } });
      await kit.services.agentRevocation.sweep();
    };
    await endedFor(23);
    expect(await left()).toBe(1);
    await endedFor(25);
    expect(await left()).toBe(0);
  });

  it("ends at once what was ending, and forgets homes that were being removed", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const other = await makeRunningSession(kit, owner, agent);
    await as(owner)
      .sessions.setState({ id: other.id, state: "terminated" })
      .catch(() => {});
    const ending = as(owner).sessions.setState({ id: session.id, state: "terminating" });
    await agent.command("stop_session");
    await revoke();
    await kit.clock.advance(10_000);
    expect(await ending).toMatchObject({ state: "terminated" });
    expect(await homesOf(owner)).toHaveLength(2);
    await as(owner).homes.delete({ id: session.homeId ?? "" });
    expect(await homesOf(owner)).toHaveLength(1);
  });

  it("lets its warm pool go at once, and those in line for it fail with words", async () => {
    const steps = poolSteps({ kit: () => kit, admin: () => admin, agent: () => agent, template: "terminal-desktop" });
    await steps.full(2);
    await as(admin).agents.setStatus({ id: agent.name, status: "draining" });
    const waiting = await as(owner).sessions.create({ template: "scratchpad", agentId: agent.name, queue: true });
    expect(waiting.status.queue).not.toBeNull();
    await revoke();
    expect(await steps.members()).toEqual([]);
    await kit.sessionQueue.sweep();
    expect(await get(waiting.id)).toMatchObject({ state: "terminated", status: { code: "AGENT_NOT_FOUND" } });
    await steps.size(0);
  });

  it("is wound up by the next sweep where the control plane stopped half-way", async () => {
    const session = await start();
    await agent.command("start_session");
    await kit.database.agent.update({ where: { id: agent.id }, data: { revokedAt: kit.clock.now(), connectionId: null } });
    expect((await get(session.id)).state).toBe("pending");
    await kit.services.agentRevocation.sweep();
    expect(await get(session.id)).toMatchObject({ status: { phase: "Failed", code: "AGENT_REVOKED" } });
  });
});

/** The same host enrolled anew. */
const again = async (options: { name?: string; connect?: boolean } = {}) => makeAgent(kit, { name: "host-a", ...options });

describe("a session whose agent was revoked", () => {
  it("goes with home and tasks to the agent that was enrolled under the name, once somebody adopts it", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await revoke();
    await expect(as(owner).sessions.adopt({ id: session.id })).rejects.toMatchObject({ code: "CONFLICT" });
    const next = await again();
    await next.inventory([containerOf(session.id)]);
    expect((await get(session.id)).stranded).toMatchObject({ adopter: "host-a" });
    expect(await as(owner).sessions.adopt({ id: session.id })).toMatchObject({
      state: "running",
      status: { phase: "Running", code: null },
      stranded: null,
      agentId: "host-a",
    });
    expect(await kit.database.session.findUniqueOrThrow({ where: { id: session.id } })).toMatchObject({ agentId: next.id });
    expect(await kit.database.home.findUniqueOrThrow({ where: { id: session.homeId ?? "" } })).toMatchObject({ agentId: next.id });
    expect(await kit.database.task.findMany({ where: { sessionId: session.id } })).toMatchObject([{ agentId: next.id }]);
    expect((await as(admin).agents.get({ id: next.id })).orphans).toEqual([]);
    await kit.services.agentRevocation.sweep();
    expect((await as(admin).agents.list({ revoked: true })).agents).toEqual([]);
  });

  it("is adopted by an agent of any name that found its container", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await revoke();
    const next = await again({ name: "host-new" });
    expect((await get(session.id)).stranded).toMatchObject({ adopter: null });
    await next.inventory([containerOf(session.id, "stopped")]);
    expect(await as(owner).sessions.adopt({ id: session.id })).toMatchObject({ state: "hibernated", agentId: "host-new" });
  });

  it("goes to the new agent before that has said what it holds; that it holds nothing is noticed then", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await revoke();
    const next = await again({ connect: false });
    expect(await as(owner).sessions.adopt({ id: session.id })).toMatchObject({
      state: "running",
      status: { phase: "Unreachable", code: null },
    });
    await next.connect();
    expect((await get(session.id)).status.phase).toBe("Running");
    await kit.clock.advance(11_000);
    await next.inventory([]);
    expect(await get(session.id)).toMatchObject({ state: "hibernated", status: { phase: "Failed", code: "CONTAINER_EXITED" } });
  });

  it("can be woken, not run, where its new agent has said that the container is gone", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await revoke();
    const next = await again();
    await next.inventory([]);
    expect(await as(owner).sessions.adopt({ id: session.id })).toMatchObject({
      state: "hibernated",
      status: { phase: "Failed" },
      may: { wake: true },
    });
  });

  it("is not woken, and not adopted by an agent that waits for approval or was revoked too", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await revoke();
    await expect(as(owner).sessions.setState({ id: session.id, state: "hibernated" })).rejects.toMatchObject({ code: "CONFLICT" });
    const next = await again();
    await kit.database.agent.update({ where: { id: next.id }, data: { approvedAt: null } });
    await expect(as(owner).sessions.adopt({ id: session.id })).rejects.toMatchObject({ code: "CONFLICT" });
    await kit.database.agent.update({ where: { id: next.id }, data: { approvedAt: kit.clock.now() } });
    await next.inventory([containerOf(session.id)]);
    await revoke(next.id);
    await expect(as(owner).sessions.adopt({ id: session.id })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("is removed here alone, with its home or without, as is said", async () => {
    const [kept, gone] = [await makeRunningSession(kit, owner, agent), await makeRunningSession(kit, owner, agent)];
    await expect(as(owner).sessions.abandon({ id: kept.id })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await revoke();
    const asked = agent.received.length;
    expect(await as(owner).sessions.abandon({ id: kept.id })).toMatchObject({ state: "terminated", homeId: kept.homeId });
    expect(await as(owner).sessions.abandon({ id: gone.id, home: "remove" })).toMatchObject({ state: "terminated", homeId: null });
    expect((await homesOf(owner)).map(({ id }) => id)).toEqual([kept.homeId]);
    expect(agent.received.length).toBe(asked);
    expect((await kit.services.tasks.openCounts()).queued).toBe(0);
  });

  it.each(["terminating", "terminated"] as const)("ends at once when it is asked to be %s", async (state) => {
    const session = await makeRunningSession(kit, owner, agent);
    await revoke();
    expect(await as(admin).sessions.setState({ id: session.id, state })).toMatchObject({ state: "terminated" });
    expect((await kit.services.tasks.openCounts()).queued).toBe(0);
  });

  it("leaves a home that can't be used until an agent names its volume", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await revoke();
    await as(owner).sessions.abandon({ id: session.id });
    const launch = () => as(owner).sessions.create({ template: "terminal-desktop", homeId: session.homeId ?? "" });
    await expect(launch()).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining("which was revoked") });
    const next = await again({ name: "host-new" });
    await next.inventory([], [{ volume: `berth-home-${session.homeId}` }]);
    expect(await launch()).toMatchObject({ agentId: "host-new", homeId: session.homeId });
  });

  it("keeps its home to itself while it is stranded, whoever names the volume", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await revoke();
    const next = await again({ name: "host-new" });
    await next.inventory([], [{ volume: `berth-home-${session.homeId}` }]);
    expect(await kit.database.home.findUniqueOrThrow({ where: { id: session.homeId ?? "" } })).toMatchObject({ agentId: agent.id });
  });
});

it("a name is free again once its agent was revoked, and taken by one agent at a time", async () => {
  await makeRunningSession(kit, owner, agent);
  await revoke();
  await again();
  await expect(again()).rejects.toMatchObject({ code: "AGENT_NAME_TAKEN" });
  expect((await as(admin).agents.get({ id: "host-a" })).id).not.toBe(agent.id);
});
