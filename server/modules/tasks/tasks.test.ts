import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { PHASE_WAIT_MS } from "../sessions/phase-wait";
import type { Asker } from "../users/users-schema";
import { TaskDispatcher } from "./tasks-jobs";

let kit: ServiceKit;
let owner: Asker;
let agent: FakeAgent;

beforeAll(async () => {
  kit = await startServiceKit();
  owner = await makeAsker(kit);
});
afterAll(() => kit.close());
afterEach(() => kit.database.session.deleteMany());

const noStreams = { openCount: () => 0, isOpen: () => false, send: () => false };
const create = () => kit.callerOf(owner).sessions.create({ template: "terminal-desktop", agentId: agent.name });
const taskOf = async (sessionId: string) => (await kit.callerOf(owner).tasks.list({ sessionId })).tasks[0];
const phaseOf = async (id: string) => (await kit.callerOf(owner).sessions.get({ id })).status.phase;
const commands = () => agent.received.filter((message) => message.type === "command");

describe("delivery", () => {
  it("sends again, under the same id, what was not acknowledged within 15 seconds", async () => {
    agent = await makeAgent(kit);
    const session = await create();
    const first = await agent.command("start_session");
    await kit.clock.advance(14_000);
    await kit.dispatcher.wake();
    expect(commands()).toHaveLength(1);
    await kit.clock.advance(1_000);
    await kit.dispatcher.wake();
    const second = await agent.command("start_session");
    expect(second.command_id).toBe(first.command_id);
    expect(await taskOf(session.id)).toMatchObject({ attempts: 2, state: "sent" });
    await agent.acknowledge(second);
    await agent.progress(second, undefined, "pulling", 10);
    await kit.clock.advance(59_000);
    await kit.dispatcher.wake();
    expect(commands()).toHaveLength(2);
  });

  it("keeps what is for an agent that isn't connected, and sends it once it is", async () => {
    agent = await makeAgent(kit);
    await agent.disconnect();
    await agent.connect();
    const session = await create();
    await agent.command("start_session");
    await agent.disconnect();
    const stop = kit.callerOf(owner).sessions.delete({ id: session.id });
    await vi.waitFor(async () => expect(await phaseOf(session.id)).toBe("Terminating"));
    await kit.clock.advanceOnceAwaited(PHASE_WAIT_MS);
    await stop;
    expect(agent.pending).toHaveLength(0);
    await agent.connect();
    const again = await agent.command("start_session");
    await agent.fail(again, "COMMAND_CANCELLED", "cancelled");
    await agent.complete(await agent.command("stop_session"));
    expect(await phaseOf(session.id)).toBe("Terminated");
  });

  it("finds what was committed by a process that died before it could send it", async () => {
    agent = await makeAgent(kit);
    await kit.dispatcher.stop();
    const session = await create();
    expect(await taskOf(session.id)).toMatchObject({ state: "queued", attempts: 0 });
    const next = new TaskDispatcher({ ...kit, streams: noStreams });
    next.start();
    expect(await agent.command("start_session")).toMatchObject({ session_id: session.id });
    await next.stop();
    kit.dispatcher.start();
  });

  it("gives each task to one of several dispatchers", async () => {
    agent = await makeAgent(kit, { capacity: {} });
    await kit.dispatcher.stop();
    for (let count = 0; count < 12; count += 1) await create();
    const rivals = [1, 2, 3].map(() => new TaskDispatcher({ ...kit, streams: noStreams }));
    await Promise.all(rivals.map((rival) => rival.wake()));
    expect(commands()).toHaveLength(12);
    expect(new Set(commands().map((command) => command.command_id)).size).toBe(12);
    kit.dispatcher.start();
  });

  it("keeps one command of a session under way, in the order in which they were asked for", async () => {
    agent = await makeAgent(kit);
    const session = await makeRunningSession(kit, owner, agent);
    const mine = kit.callerOf(owner);
    const hibernating = mine.sessions.setState({ id: session.id, state: "hibernated" });
    const hibernate = await agent.command("hibernate_session");
    const waking = mine.sessions.setState({ id: session.id, state: "running" });
    await vi.waitFor(async () => expect((await taskOf(session.id))?.kind).toBe("session.wake"));
    await kit.dispatcher.wake();
    expect(agent.pending).toHaveLength(0);
    await agent.complete(hibernate);
    await agent.complete(await agent.command("wake_session"));
    await Promise.all([hibernating, waking]);
    expect(await phaseOf(session.id)).toBe("Running");
  });
});

describe("results", () => {
  it("count once, whether they come twice, at once or after another one", async () => {
    agent = await makeAgent(kit);
    const session = await create();
    const command = await agent.command("start_session");
    await Promise.all([
      agent.complete(command, { container_id: "c1" }),
      agent.complete(command, { container_id: "c1" }),
      agent.complete(command, { container_id: "c1" }),
    ]);
    await agent.fail(command, "DISK_FULL", "too late to say");
    expect(await kit.callerOf(owner).sessions.get({ id: session.id })).toMatchObject({ status: { phase: "Running", code: null } });
    const { events } = await kit.callerOf(owner).sessions.events({ id: session.id });
    expect(events.filter((event) => event.kind === "running")).toHaveLength(1);
  });

  it("of an older generation change nothing", async () => {
    agent = await makeAgent(kit);
    const session = await makeRunningSession(kit, owner, agent);
    const mine = kit.callerOf(owner);
    const hibernating = mine.sessions.setState({ id: session.id, state: "hibernated" });
    const hibernate = await agent.command("hibernate_session");
    const waking = mine.sessions.setState({ id: session.id, state: "running" });
    await vi.waitFor(async () => expect((await taskOf(session.id))?.kind).toBe("session.wake"));
    await agent.complete(hibernate);
    await agent.complete(await agent.command("wake_session"));
    await agent.observe({ session_id: session.id, generation: 1, observed: "stopped" });
    await Promise.all([hibernating, waking]);
    expect(await phaseOf(session.id)).toBe("Running");
  });

  it("of another agent's task are refused, and its sessions can't be reported on", async () => {
    agent = await makeAgent(kit);
    const stranger = await makeAgent(kit);
    const session = await create();
    const command = await agent.command("start_session");
    await expect(stranger.complete(command)).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
    await expect(stranger.acknowledge(command)).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
    await stranger.observe({ session_id: session.id, generation: 1, observed: "running" });
    await stranger.inventory([]);
    expect(await phaseOf(session.id)).toBe("Pending");
    await expect(
      stranger.say({ type: "command_ack", command_id: command.command_id, agent_id: agent.name, status: "acknowledged" }),
    ).rejects.toMatchObject({ code: "AUTH_INSUFFICIENT_PERMISSIONS" });
  });

  it("that name no task of ours are refused by name", async () => {
    agent = await makeAgent(kit);
    await expect(
      agent.say({ type: "command_ack", command_id: "cmd-abc123", agent_id: agent.name, status: "acknowledged" }),
    ).rejects.toMatchObject({ code: "TASK_NOT_FOUND", message: expect.stringContaining("cmd-abc123") });
  });
});
