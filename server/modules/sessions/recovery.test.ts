import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { AgentsJobs } from "../agents/agents-jobs";
import type { Asker } from "../users/users-schema";
import { PHASE_WAIT_MS } from "./phase-wait";
import { SessionsJobs } from "./sessions-jobs";

let kit: ServiceKit;
let owner: Asker;
let admin: Asker;
let agent: FakeAgent;

beforeAll(async () => {
  kit = await startServiceKit();
  owner = await makeAsker(kit);
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());
beforeEach(async () => {
  agent = await makeAgent(kit);
});

const get = (id: string) => kit.callerOf(owner).sessions.get({ id });
const kindsOf = async (id: string) => (await kit.callerOf(owner).sessions.events({ id })).events.map((event) => event.kind);
/** Past the time in which an inventory may not have seen a session's last change. */
const settle = () => kit.clock.advance(11_000);
const seen = (id: string, observed: "running" | "stopped" | "frozen", generation = 1) => ({
  session_id: id,
  generation,
  observed,
  container_id: `c-${id.slice(0, 8)}`,
});

describe("a start that fails", () => {
  it("ends terminated and failed, with the reason, and is deleted with its home", async () => {
    const session = await kit.callerOf(owner).sessions.create({ template: "webtop", agentId: agent.name });
    await agent.fail(await agent.command("start_session"), "IMAGE_NOT_FOUND", "lscr.io/linuxserver/webtop:latest: manifest unknown");
    expect(await get(session.id)).toMatchObject({
      state: "terminated",
      status: { phase: "Failed", code: "IMAGE_NOT_FOUND", message: expect.stringContaining("manifest unknown") },
    });
    await expect(kit.callerOf(owner).sessions.setState({ id: session.id, state: "running" })).rejects.toMatchObject({
      message: "Cannot transition from 'terminated' to 'running'",
    });
    await kit.callerOf(owner).sessions.delete({ id: session.id });
    await agent.command("delete_home");
  });

  it("with a code of a foreign agent's own is a failed provisioning", async () => {
    const session = await kit.callerOf(owner).sessions.create({ template: "scratchpad", agentId: agent.name });
    await agent.fail(await agent.command("start_session"), "ERR_42", "no luck");
    expect(await get(session.id)).toMatchObject({ status: { code: "SESSION_PROVISIONING_FAILED", message: "no luck" } });
  });
});

describe("a container that dies by itself", () => {
  it("is hibernated and failed, with the reason, and can be woken", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await agent.observe({
      session_id: session.id,
      generation: 1,
      observed: "failed",
      reason: "exit code 137 (out of memory)",
      error_code: "CONTAINER_EXITED",
    });
    expect(await get(session.id)).toMatchObject({
      state: "hibernated",
      status: { phase: "Failed", code: "CONTAINER_EXITED", message: "exit code 137 (out of memory)" },
    });
    const waking = kit.callerOf(owner).sessions.setState({ id: session.id, state: "running" });
    await agent.complete(await agent.command("wake_session"));
    expect(await waking).toMatchObject({ state: "running", status: { phase: "Running", code: null } });
  });

  it("while nobody watched is found by the inventory", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await settle();
    await agent.inventory([]);
    expect(await get(session.id)).toMatchObject({ state: "hibernated", status: { phase: "Failed", code: "CONTAINER_EXITED" } });
    expect(await kindsOf(session.id)).toContain("container_lost");
  });

  it("is not believed gone by an inventory that may be older than its start: the agent is asked again", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await agent.inventory([]);
    expect(await get(session.id)).toMatchObject({ status: { phase: "Running" } });
    await kit.clock.advance(10_000);
    expect(agent.received.at(-1)).toEqual({ type: "inventory_request" });
    await agent.inventory([]);
    expect(await get(session.id)).toMatchObject({ status: { phase: "Failed" } });
  });
});

describe("what an inventory finds", () => {
  it("sends an open start again instead of giving its session up", async () => {
    const session = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", agentId: agent.name });
    const first = await agent.command("start_session");
    await settle();
    await agent.inventory([]);
    await kit.dispatcher.wake();
    expect((await agent.command("start_session")).command_id).toBe(first.command_id);
    expect(await get(session.id)).toMatchObject({ state: "pending" });
  });

  it("asks for a termination again whose task failed", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const deleting = kit.callerOf(owner).sessions.delete({ id: session.id });
    await agent.fail(await agent.command("stop_session"), "ENGINE_UNAVAILABLE", "engine does not answer");
    await kit.clock.advanceOnceAwaited(PHASE_WAIT_MS);
    await deleting;
    expect(await get(session.id)).toMatchObject({
      state: "terminating",
      status: { message: "It could not be removed: engine does not answer" },
    });
    await agent.inventory([seen(session.id, "running")]);
    await agent.complete(await agent.command("stop_session"));
    expect(await get(session.id)).toMatchObject({ state: "terminated", status: { phase: "Terminated" } });
  });

  it("is asked for by the clock where a termination failed, so that it is tried again, each minute until it succeeds", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const jobs = new SessionsJobs(kit);
    jobs.start();
    try {
      const deleting = kit.callerOf(owner).sessions.delete({ id: session.id });
      await agent.fail(await agent.command("stop_session"), "ENGINE_UNAVAILABLE", "engine does not answer");
      await kit.clock.advanceOnceAwaited(PHASE_WAIT_MS);
      await deleting;
      const asked = () => agent.received.filter((message) => message.type === "inventory_request").length;
      for (const outcome of ["fails", "succeeds"]) {
        const before = asked();
        await kit.clock.advance(90_000);
        await vi.waitFor(() => expect(asked()).toBeGreaterThan(before));
        await agent.inventory([seen(session.id, "running")]);
        const stop = await agent.command("stop_session");
        if (outcome === "fails") await agent.fail(stop, "ENGINE_UNAVAILABLE", "engine does not answer");
        else await agent.complete(stop);
      }
      expect(await get(session.id)).toMatchObject({ state: "terminated", status: { phase: "Terminated" } });
      const quiet = asked();
      await kit.clock.advance(90_000);
      await jobs.sweep();
      expect(asked()).toBe(quiet);
    } finally {
      jobs.stop();
    }
  });

  it("lists containers that no session claims, adopts one and has the other removed", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await kit.callerOf(admin).sessions.setState({ id: session.id, state: "terminated" });
    await agent.complete(await agent.command("stop_session"));
    const stranger = {
      session_id: "00000000-0000-4000-8000-00000000abcd",
      generation: 1,
      observed: "running" as const,
      container_id: "stray",
    };
    await agent.inventory([{ ...seen(session.id, "running"), name: "berth-x" }, stranger]);
    const staff = kit.callerOf(await makeAsker(kit, "operator"));
    expect((await staff.agents.get({ id: agent.name })).orphans).toMatchObject([
      { containerId: `c-${session.id.slice(0, 8)}`, adoptable: true },
      { containerId: "stray", adoptable: false },
    ]);
    const adopted = await staff.agents.adoptOrphan({ id: agent.name, containerId: `c-${session.id.slice(0, 8)}` });
    expect(adopted.orphans.map((orphan) => orphan.containerId)).toEqual(["stray"]);
    expect(await get(session.id)).toMatchObject({ state: "running", status: { phase: "Running" } });
    await expect(staff.agents.adoptOrphan({ id: agent.name, containerId: "stray" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await staff.agents.removeOrphan({ id: agent.name, containerId: "stray" });
    expect((await agent.command("remove_orphan")).data).toEqual({ container_id: "stray" });
  });

  it("keeps a container that is adopted although its session was ended while its agent was away, and none that is being removed", async () => {
    const [session, other] = [await makeRunningSession(kit, owner, agent), await makeRunningSession(kit, owner, agent)];
    await agent.disconnect();
    for (const { id } of [session, other]) await kit.callerOf(admin).sessions.setState({ id, state: "terminated" });
    await agent.inventory([seen(session.id, "running"), seen(other.id, "running")]);
    const adopt = (id: string) => kit.callerOf(admin).agents.adoptOrphan({ id: agent.name, containerId: `c-${id.slice(0, 8)}` });
    await adopt(session.id);
    await agent.connect();
    expect((await agent.command("stop_session")).session_id).toBe(other.id);
    await expect(adopt(other.id)).rejects.toMatchObject({ message: expect.stringContaining("told to remove the container") });
    expect(await get(session.id)).toMatchObject({ state: "running" });
    const stops = await kit.database.task.findMany({ where: { sessionId: session.id, kind: "session.stop" } });
    expect(stops.map(({ state }) => state)).toEqual(["cancelled"]);
  });

  it("measures homes, and keeps the newest measure with its time", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const volume = `berth-home-${session.homeId}`;
    const home = async () => (await kit.callerOf(owner).homes.list({})).homes.find((one) => one.id === session.homeId);
    const earlier = new Date(kit.clock.now().getTime() - 60_000);
    const later = new Date(kit.clock.now().getTime() - 30_000);
    await agent.inventory([seen(session.id, "running")], [{ volume }]);
    expect(await home()).toMatchObject({ sizeBytes: null, sizeMeasuredAt: null });
    await agent.inventory([seen(session.id, "running")], [{ volume, size_bytes: 5_000_000_000, measured_at: later.toISOString() }]);
    await agent.inventory([seen(session.id, "running")], [{ volume, size_bytes: 7, measured_at: earlier.toISOString() }]);
    expect(await home()).toMatchObject({ sizeBytes: 5_000_000_000, sizeMeasuredAt: later, usedBy: { id: session.id } });
    const stranger = await makeAgent(kit);
    await stranger.inventory([], [{ volume, size_bytes: 9, measured_at: kit.clock.now().toISOString() }]);
    expect(await home()).toMatchObject({ sizeBytes: 5_000_000_000 });
    await agent.inventory([seen(session.id, "running")], [{ volume, size_bytes: 8, measured_at: "2999-01-01T00:00:00Z" }]);
    expect(await home()).toMatchObject({ sizeBytes: 8, sizeMeasuredAt: kit.clock.now() });
    await expect(kit.callerOf(owner).homes.delete({ id: session.homeId ?? "" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining(session.name),
    });
  });
});

describe("an agent that is lost", () => {
  it("leaves its sessions running and unreachable, and they come back with it", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await kit.agentsJobs.sweep();
    await agent.disconnect("peer went away");
    await expect(kit.callerOf(owner).sessions.openViewer({ id: session.id })).rejects.toMatchObject({
      message: expect.stringContaining("not connected"),
    });
    expect(await kit.callerOf(admin).agents.get({ id: agent.name })).toMatchObject({
      status: "degraded",
      statusReason: expect.stringContaining("peer went away"),
    });
    await kit.clock.advance(30_000);
    await kit.agentsJobs.sweep();
    await kit.agentsJobs.sweep();
    expect(await get(session.id)).toMatchObject({ state: "running", status: { phase: "Unreachable" } });
    await agent.connect();
    await agent.inventory([seen(session.id, "running")]);
    expect(await get(session.id)).toMatchObject({ state: "running", status: { phase: "Running" } });
    expect((await kindsOf(session.id)).slice(-2)).toEqual(["agent_lost", "agent_returned"]);
  });

  it("has time to come back after a restart of ours before anyone is told that it was lost", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await agent.disconnect();
    await kit.clock.advance(60_000);
    const jobs = new AgentsJobs(kit);
    jobs.start();
    await kit.clock.advance(10_000);
    await agent.connect();
    await kit.clock.advance(4_000);
    expect(await kindsOf(session.id)).not.toContain("agent_lost");
    await agent.disconnect();
    await kit.clock.advance(34_000);
    jobs.stop();
    expect(await kindsOf(session.id)).toContain("agent_lost");
  });

  it("is not called lost by the late end of an older connection", async () => {
    const old = agent.connectionId;
    await agent.connect();
    await kit.inbox.disconnected({ agentId: agent.id, name: agent.name }, old, "replaced");
    expect(await kit.callerOf(admin).agents.get({ id: agent.name })).toMatchObject({
      status: "online",
      websocketConnId: agent.connectionId,
    });
  });

  it("does not keep a session: force ends it at once and says what was left behind", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    await agent.disconnect();
    await kit.clock.advance(30_000);
    const ended = await kit.callerOf(admin).sessions.setState({ id: session.id, state: "terminated" });
    expect(ended).toMatchObject({ state: "terminated", status: { phase: "Terminated" } });
    const { events } = await kit.callerOf(owner).sessions.events({ id: session.id });
    expect(events.at(-1)).toMatchObject({ kind: "force_terminated", message: expect.stringContaining(`Left behind on '${agent.name}'`) });
    await agent.connect();
    expect((await agent.command("stop_session")).data).toMatchObject({ graceful: false });
  });

  it("keeps nothing of a session that was ended before anything was sent to it", async () => {
    await agent.disconnect();
    await kit.callerOf(admin).agents.setStatus({ id: agent.name, status: "online" });
    await agent.connect();
    await kit.dispatcher.stop();
    const session = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", agentId: agent.name });
    await kit.callerOf(owner).sessions.delete({ id: session.id });
    kit.dispatcher.start();
    expect(await get(session.id)).toMatchObject({ state: "terminated", status: { phase: "Terminated" } });
    await kit.dispatcher.wake();
    expect(agent.pending).toHaveLength(0);
  });
});

describe("a start whose session is ended while its agent is away", () => {
  it("is cancelled when the agent is back, and then the session is removed", async () => {
    const session = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", agentId: agent.name });
    const start = await agent.command("start_session");
    await agent.acknowledge(start);
    await agent.disconnect();
    const deleting = kit.callerOf(owner).sessions.delete({ id: session.id });
    await vi.waitFor(async () => expect(await get(session.id)).toMatchObject({ state: "terminating" }));
    await kit.clock.advanceOnceAwaited(PHASE_WAIT_MS);
    await deleting;
    await agent.connect();
    await kit.dispatcher.wake();
    expect((await agent.command("start_session")).command_id).toBe(start.command_id);
    expect(agent.received.at(-1)).toEqual({ type: "command_cancel", command_id: start.command_id });
    await agent.fail(start, "COMMAND_CANCELLED", "cancelled");
    await agent.complete(await agent.command("stop_session"));
    expect(await get(session.id)).toMatchObject({ state: "terminated", status: { phase: "Terminated" } });
  });
});

describe("force", () => {
  it("lets a stop that is under way go on instead of asking twice", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const deleting = kit.callerOf(owner).sessions.delete({ id: session.id });
    const stop = await agent.command("stop_session");
    await kit.callerOf(admin).sessions.setState({ id: session.id, state: "terminated" });
    await deleting;
    expect(agent.received.filter((message) => message.type === "command_cancel")).toEqual([]);
    await agent.complete(stop);
    await kit.dispatcher.wake();
    expect(agent.pending).toHaveLength(0);
    expect((await kindsOf(session.id)).filter((kind) => kind === "terminated" || kind === "force_terminated")).toEqual([
      "force_terminated",
    ]);
  });

  it("asks the agent to cancel a start that is under way", async () => {
    const session = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", agentId: agent.name });
    const start = await agent.command("start_session");
    await kit.callerOf(admin).sessions.setState({ id: session.id, state: "terminated" });
    expect(agent.received.at(-1)).toEqual({ type: "command_cancel", command_id: start.command_id });
    await agent.fail(start, "COMMAND_CANCELLED", "cancelled");
    await agent.complete(await agent.command("stop_session"));
    expect(await get(session.id)).toMatchObject({ state: "terminated", status: { phase: "Terminated", code: null } });
  });
});

describe("two at once", () => {
  it("who terminate the same session ask its agent once", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const both = [kit.callerOf(owner).sessions.delete({ id: session.id }), kit.callerOf(admin).sessions.terminate({ id: session.id })];
    await agent.complete(await agent.command("stop_session"));
    await Promise.all(both);
    expect(agent.pending).toHaveLength(0);
    const { entries } = await kit.callerOf(admin).audit.list({ targetId: session.id, action: "sessions.terminate" });
    expect(entries).toHaveLength(1);
  });

  it("who want the last slot of an agent: one gets it, the other is told what is full", async () => {
    const last = await makeAgent(kit, { capacity: { max_sessions: 1 } });
    const create = () => kit.callerOf(owner).sessions.create({ template: "scratchpad", agentId: last.name });
    const both = await Promise.allSettled([create(), create()]);
    expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(both.find((one) => one.status === "rejected")).toMatchObject({
      reason: { message: expect.stringContaining("all 1 session slots are taken") },
    });
  });

  it("who want the same home: one gets it", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const deleting = kit.callerOf(owner).sessions.delete({ id: session.id });
    await agent.complete(await agent.command("stop_session"));
    await deleting;
    const create = () => kit.callerOf(owner).sessions.create({ template: "terminal-desktop", homeId: session.homeId ?? "" });
    const both = await Promise.allSettled([create(), create()]);
    expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(both.find((one) => one.status === "rejected")).toMatchObject({
      reason: { code: "CONFLICT", message: expect.stringContaining("is used by session") },
    });
  });
});

describe("bad input", () => {
  it.each([
    [{ template: "no-such" }, "BAD_REQUEST", "Template 'no-such' does not exist"],
    [{ template: "scratchpad", agentId: "no-such" }, "BAD_REQUEST", "No agent with ID 'no-such' exists"],
    [
      { template: "scratchpad", platform: "kubernetes" as const },
      "SERVICE_UNAVAILABLE",
      "No online agents available for platform 'kubernetes'",
    ],
    [{ template: "scratchpad", homeId: "00000000-0000-4000-8000-000000000000" }, "BAD_REQUEST", "No home with ID"],
    [{ template: "scratchpad", resources: { memory: "lots" } }, "BAD_REQUEST", "lots"],
    [{ template: "scratchpad", name: "x".repeat(2_000_000) }, "BAD_REQUEST", "must be 1 to 63"],
  ])("%# is told by name", async (input, code, words) => {
    await expect(kit.callerOf(owner).sessions.create(input)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it("a name that is taken is a conflict", async () => {
    const input = { template: "scratchpad", name: "taken-name", agentId: agent.name };
    await kit.callerOf(owner).sessions.create(input);
    await expect(kit.callerOf(owner).sessions.create(input)).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining("taken-name"),
    });
  });
});
