import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";
import { PHASE_WAIT_MS } from "./phase-wait";
import { findSession } from "./sessions-store";

let kit: ServiceKit;
let owner: Asker;
let agent: FakeAgent;

beforeAll(async () => {
  kit = await startServiceKit();
  owner = await makeAsker(kit);
  agent = await makeAgent(kit, { capacity: { max_cpu: 100, max_memory: 200, max_sessions: 100 } });
});
afterAll(() => kit.close());

const phaseOf = async (id: string) => (await kit.callerOf(owner).sessions.get({ id })).status.phase;
const kindsOf = async (id: string) => (await kit.callerOf(owner).sessions.events({ id })).events.map((event) => event.kind);

describe("a session's way through the house", () => {
  it("tells a desktop of its owner's keyboard, unless the request does, and a web app of none", async () => {
    const typist = await makeAsker(kit);
    const mine = kit.callerOf(typist);
    await mine.account.update({ keyboardLayout: "ch(fr)" });
    const environmentOf = async (template: string, environment?: Record<string, string>) => {
      const { id } = await mine.sessions.create({ template, environment });
      const command = await agent.command("start_session");
      expect(command.session_id).toBe(id);
      return z.object({ environment: z.record(z.string(), z.string()) }).parse(command.data).environment.BERTH_KEYBOARD_LAYOUT;
    };
    expect(await environmentOf("terminal-desktop")).toBe("ch(fr)");
    expect(await environmentOf("terminal-desktop", { BERTH_KEYBOARD_LAYOUT: "de" })).toBe("de");
    expect(await environmentOf("scratchpad")).toBeUndefined();
  });

  it("is created pending, starts on its agent and is running when the agent says so", async () => {
    const mine = kit.callerOf(owner);
    const created = await mine.sessions.create({ template: "terminal-desktop", tags: ["a b"], environment: { EDITOR: "vi" } });
    expect(created).toMatchObject({
      state: "pending",
      user: owner.username,
      agentId: agent.name,
      status: { phase: "Pending", vncUrl: null },
    });
    expect(created.placement?.chosen).toBe(agent.name);

    const command = await agent.command("start_session");
    expect(command).toMatchObject({
      session_id: created.id,
      data: { name: created.name, generation: 1, environment: { EDITOR: "vi" }, namespace: "berth" },
    });
    // Written down when it has gone: an agent that answers in the same moment can be earlier.
    await expect.poll(() => kindsOf(created.id)).toContain("command_sent");
    await agent.acknowledge(command);
    await agent.progress(command, "image_pulled", "The image is there");
    await agent.progress(command, "image_pulled", "The image is there");
    await agent.progress(command, "container_started", "The container runs", 80);
    expect(await mine.sessions.get({ id: created.id })).toMatchObject({
      state: "pending",
      status: { phase: "Starting", progress: { percent: 80 } },
    });
    await agent.complete(command, { container_id: "c1", pod_name: "p1", pod_ip: "172.17.0.2", hibernate_modes: ["stop"] });

    const running = await mine.sessions.get({ id: created.id });
    expect(running).toMatchObject({
      state: "running",
      status: { phase: "Running", containerId: "c1", podIp: "172.17.0.2", vncUrl: `/vnc-viewer/${created.id}` },
    });
    expect(running.may).toEqual({
      view: true,
      control: true,
      share: true,
      hibernate: true,
      wake: false,
      terminate: true,
      forceTerminate: false,
      logs: true,
      environment: true,
      changeEnvironment: true,
      files: true,
      ports: true,
      terminal: true,
      delete: true,
    });
    await mine.sessions.reportFirstFrame({ id: created.id });
    await mine.sessions.reportFirstFrame({ id: created.id });
    expect(await kindsOf(created.id)).toEqual([
      "requested",
      "placed",
      "command_sent",
      "image_pulled",
      "container_started",
      "running",
      "first_frame",
    ]);
    expect((await mine.tasks.list({ sessionId: created.id })).tasks).toMatchObject([
      { kind: "session.start", state: "completed", attempts: 1 },
    ]);
    const admin = await makeAsker(kit, "admin");
    expect((await kit.callerOf(admin).audit.list({ targetId: created.id })).entries).toMatchObject([
      { action: "sessions.create", actorName: owner.username },
    ]);
  });

  it("hibernates, frees its reservation, wakes in a new generation and keeps its home", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const admin = kit.callerOf(await makeAsker(kit, "admin"));
    const before = (await admin.agents.get({ id: agent.name })).capacity;
    const hibernating = kit.callerOf(owner).sessions.setState({ id: session.id, state: "hibernated" });
    const hibernate = await agent.command("hibernate_session");
    expect(hibernate.data).toMatchObject({ mode: "stop", generation: 1 });
    await agent.complete(hibernate);
    expect(await hibernating).toMatchObject({ state: "hibernated", status: { phase: "Hibernated" } });
    expect((await admin.agents.get({ id: agent.name })).capacity.currentSessions).toBe(before.currentSessions - 1);

    const waking = kit.callerOf(owner).sessions.setState({ id: session.id, state: "running" });
    const wake = await agent.command("wake_session");
    expect(wake.data).toMatchObject({ generation: 2, home: { volume: `berth-home-${session.homeId}` } });
    await agent.complete(wake);
    expect(await waking).toMatchObject({ state: "running", status: { phase: "Running" } });
  });

  it("answers a PATCH after ten seconds with what is so then", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const answer = kit.callerOf(owner).sessions.setState({ id: session.id, state: "hibernated" });
    await agent.command("hibernate_session");
    await vi.waitFor(async () => expect(await phaseOf(session.id)).toBe("Hibernating"));
    await kit.clock.advanceOnceAwaited(PHASE_WAIT_MS);
    expect(await answer).toMatchObject({ state: "hibernated", status: { phase: "Hibernating" } });
  });

  it("ends, and goes with its home when it is deleted afterwards", async () => {
    const session = await makeRunningSession(kit, owner, agent);
    const deleting = kit.callerOf(owner).sessions.delete({ id: session.id });
    const stop = await agent.command("stop_session");
    expect(stop.data).toMatchObject({ graceful: true, remove_home: null });
    await agent.complete(stop);
    await deleting;
    expect(await kit.callerOf(owner).sessions.get({ id: session.id })).toMatchObject({
      state: "terminated",
      status: { phase: "Terminated" },
    });

    await kit.callerOf(owner).sessions.delete({ id: session.id });
    await expect(kit.callerOf(owner).sessions.get({ id: session.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const removal = await agent.command("delete_home");
    expect(removal.data).toEqual({ volume: `berth-home-${session.homeId}` });
    await agent.complete(removal);
    expect((await kit.callerOf(owner).homes.list({})).homes.map((home) => home.id)).not.toContain(session.homeId);
  });
});

describe("rows with their relations", () => {
  it("are whole where two are read in the same breath", async () => {
    const [one, other] = [await makeRunningSession(kit, owner, agent), await makeRunningSession(kit, owner, agent)];
    const rows = await Promise.all([one.id, other.id, one.id].map((id) => findSession(kit.database, id)));
    expect(rows.map((row) => [row?.id, row?.agent?.name, row?.template.name, row?.user.username])).toEqual(
      [one, other, one].map(({ id }) => [id, agent.name, "terminal-desktop", owner.username]),
    );
  });
});
