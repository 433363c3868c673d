import type { ProbedHealth } from "@berth/protocol/session-health";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAgent, makeAsker } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import type { Asker } from "../../users/users-schema";

const SECOND = 1000;
let kit: ServiceKit;
let owner: Asker;
let admin: Asker;
let agent: FakeAgent;

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
  const template = await kit.callerOf(admin).templates.get({ name: "terminal-desktop" });
  const { id: _, tried, version, baseImage, vnc, createdAt, updatedAt, ...content } = template;
  const health = { ...template.health, onUnhealthy: "restart" as const, maxRestarts: 2, backoffSeconds: 10 };
  await kit.callerOf(admin).templates.create({ ...content, name: "restarting", health });
});
afterAll(() => kit.close());
beforeEach(async () => {
  owner = await makeAsker(kit);
  agent = await makeAgent(kit, {
    capabilities: ["viewer_update", "session_health"],
    capacity: { max_cpu: 100, max_memory: 100, max_sessions: 100 },
  });
});

const fail = (error: unknown) => {
  throw error;
};
const get = (id: string) => kit.callerOf(owner).sessions.get({ id });
const health = (containerId: string) => kit.callerOf(owner).containers.health({ containerId });
const generationOf = async (id: string) => (await kit.database.session.findUniqueOrThrow({ where: { id } })).generation;
async function running(template = "restarting") {
  const { id } = await kit.callerOf(owner).sessions.create({ template, agentId: agent.name });
  const command = await agent.command("start_session");
  await agent.complete(command);
  return { id, command };
}
async function told(id: string, word: ProbedHealth, from: { agent?: FakeAgent; generation?: number; reason?: string } = {}) {
  const ok = word === "healthy";
  await (from.agent ?? agent).say({
    type: "session_health",
    agent_id: (from.agent ?? agent).name,
    sessions: [
      {
        session_id: id,
        generation: from.generation ?? (await generationOf(id)),
        health: word,
        reason: ok ? null : (from.reason ?? "display: did not answer in time"),
        since: kit.clock.now().toISOString(),
        probes: [{ probe: "display", ok, message: ok ? "lets viewers in" : "did not answer in time" }],
      },
    ],
  });
}
/** Time passes while the agent lives, and somebody looks for what is to be restarted. */
async function pass(ms: number) {
  await kit.clock.advance(ms);
  await agent.heartbeat();
  await kit.heartbeats.flush();
  await kit.healthRestarts.sweep(fail);
}
/** Its agent carries out a restart, and the container is there anew. */
async function restarted() {
  await agent.complete(await agent.command("hibernate_session"), { observed: "stopped" });
  await agent.complete(await agent.command("wake_session"));
}
const kinds = async (id: string) => (await kit.callerOf(owner).sessions.events({ id })).events.map(({ kind }) => kind);

describe("a session's health", () => {
  it("is its phase's until its probes are heard of, and theirs then, with the reason", async () => {
    const { id, command } = await running("terminal-desktop");
    expect(command.data).toMatchObject({ health: { probes: [{ type: "display" }], interval_seconds: 30, failure_threshold: 3 } });
    expect((await get(id)).health).toEqual({ status: "healthy", reason: null, since: null });
    await told(id, "unhealthy");
    expect(await get(id)).toMatchObject({
      status: { phase: "Running" },
      health: { status: "unhealthy", reason: "display: did not answer in time", since: kit.clock.now() },
    });
    expect(await health(id)).toMatchObject({
      health: "unhealthy",
      probed: true,
      probes: [{ probe: "display", ok: false }],
      restarts: { policy: "nothing", count: 0, nextAt: null },
    });
    expect((await kit.callerOf(owner).containers.healthSummary({})).summary).toMatchObject({ healthy: 0, unhealthy: 1 });
    expect((await kit.callerOf(owner).sessions.list({ health: "unhealthy" })).sessions.map((one) => one.id)).toEqual([id]);
    expect(await kit.services.containers.healthUpdate(id)).toMatchObject({ containerId: id, health: "unhealthy" });
    await told(id, "healthy");
    expect((await get(id)).health.status).toBe("healthy");
    expect((await kit.callerOf(owner).sessions.list({ health: "unhealthy" })).sessions).toEqual([]);
    expect((await kinds(id)).slice(-2)).toEqual(["unhealthy", "healthy_again"]);
  });

  it("is not for another agent to tell, nor for an older generation", async () => {
    const { id } = await running();
    const other = await makeAgent(kit, { capabilities: ["session_health"] });
    await told(id, "unhealthy", { agent: other });
    await told(id, "unhealthy", { generation: 0 });
    expect((await get(id)).health.status).toBe("healthy");
  });

  it("is not asked of an agent that knows no probes", async () => {
    const old = await makeAgent(kit, { capabilities: ["viewer_update"] });
    await kit.callerOf(owner).sessions.create({ template: "restarting", agentId: old.name });
    expect((await old.command("start_session")).data).not.toHaveProperty("health");
  });

  it("does not begin anew where an agent that was started again knows less", async () => {
    const { id } = await running();
    await told(id, "healthy");
    await told(id, "starting");
    expect((await get(id)).health.status).toBe("healthy");
  });
});

describe("an unhealthy session whose template has it restarted", () => {
  it("is restarted when its time has come, later each time, and left unhealthy after as many as are allowed", async () => {
    const { id } = await running();
    await told(id, "unhealthy");
    await pass(9 * SECOND);
    expect(agent.pending).toEqual([]);
    await pass(1 * SECOND);
    expect((await get(id)).status.phase).toBe("Waking");
    await restarted();
    expect(await get(id)).toMatchObject({ status: { phase: "Running" }, health: { status: "healthy" } });
    expect(await generationOf(id)).toBe(2);

    await told(id, "unhealthy");
    expect(await health(id)).toMatchObject({ restarts: { count: 1, max: 2, nextAt: new Date(kit.clock.now().getTime() + 20 * SECOND) } });
    await pass(19 * SECOND);
    expect(agent.pending).toEqual([]);
    await pass(1 * SECOND);
    await restarted();

    await told(id, "unhealthy");
    await pass(1800 * SECOND);
    expect(agent.pending).toEqual([]);
    expect(await generationOf(id)).toBe(3);
    expect((await get(id)).health).toMatchObject({ status: "unhealthy", reason: expect.stringContaining("restart it by hand") });
    expect((await kinds(id)).filter((kind) => kind === "health_restarted")).toHaveLength(2);
    const { entries } = await kit.callerOf(admin).audit.list({ targetId: id });
    expect(entries.filter((entry) => entry.action === "sessions.restart")).toMatchObject([
      { actorKind: "system", details: { reason: "unhealthy", restart: 2 } },
      { actorKind: "system", details: { reason: "unhealthy", problem: "display: did not answer in time", restart: 1 } },
    ]);
  });

  it("is counted from nothing again after somebody restarted it by hand", async () => {
    const { id } = await running();
    for (const seconds of [10, 20]) {
      await told(id, "unhealthy");
      await pass(seconds * SECOND);
      await restarted();
    }
    await told(id, "unhealthy");
    const asked = kit.callerOf(owner).containers.restart({ containerId: id });
    await restarted();
    await asked;
    await told(id, "unhealthy");
    expect(await health(id)).toMatchObject({ restarts: { count: 0, gaveUpAt: null, nextAt: expect.any(Date) } });
  });

  it("is not restarted where it became healthy in time", async () => {
    const { id } = await running();
    await told(id, "unhealthy");
    await pass(5 * SECOND);
    await told(id, "healthy");
    await pass(60 * SECOND);
    expect(agent.pending).toEqual([]);
  });

  it("is restarted once, by whichever control plane comes first, also where the one that decided it is gone", async () => {
    const { id } = await running();
    await told(id, "unhealthy");
    // The decision is a row: whoever made it may have died since.
    await kit.clock.advance(10 * SECOND);
    await Promise.all([1, 2, 3].map(() => kit.healthRestarts.sweep(fail)));
    expect(await generationOf(id)).toBe(2);
    await restarted();
    expect(agent.pending).toEqual([]);
    expect((await kinds(id)).filter((kind) => kind === "health_restarted")).toHaveLength(1);
  });

  it("is left alone while its agent is away, and while it goes to sleep or sleeps", async () => {
    const away = await running();
    await told(away.id, "unhealthy");
    await agent.disconnect();
    await kit.clock.advance(60 * SECOND);
    await kit.healthRestarts.sweep(fail);
    expect(await generationOf(away.id)).toBe(1);
    await agent.connect();

    const asked = kit.callerOf(owner).sessions.setState({ id: away.id, state: "hibernated" });
    const hibernate = await agent.command("hibernate_session");
    await pass(60 * SECOND);
    await agent.complete(hibernate, { observed: "stopped" });
    await asked;
    await pass(60 * SECOND);
    expect([await generationOf(away.id), (await get(away.id)).health.status]).toEqual([1, "stopped"]);
    expect(await kinds(away.id)).not.toContain("health_restarted");
  });
});
