import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import type { Asker } from "../../users/users-schema";

const IMAGE = "berth/terminal-desktop";
let kit: ServiceKit;
let owner: Asker;
let admin: Asker;
let agent: FakeAgent;

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());
beforeEach(async () => {
  owner = await makeAsker(kit);
  agent = await makeAgent(kit, { capabilities: ["session_versions"], capacity: { max_cpu: 100, max_memory: 100, max_sessions: 100 } });
});

const own = () => kit.callerOf(owner);
const sweep = () => kit.versionsJobs.now();
const list = (id: string) => own().containers.versions({ containerId: id });
const phase = async (id: string) => (await own().sessions.get({ id })).status.phase;
const update = (id: string, wish: { tag?: string; image?: string; templateVersion?: number }, who = owner) =>
  kit.callerOf(who).containers.updateVersion({ containerId: id, ...wish });
const last = async (id: string) => {
  const [newest] = (await list(id)).history;
  if (!newest) throw new Error("no update");
  return newest;
};
/** Time goes by while the agent lives, and somebody looks at updates at its end. */
async function pass(ms: number) {
  await kit.clock.advance(ms);
  await agent.heartbeat();
  await kit.heartbeats.flush();
  await sweep();
}
const running = async () => (await makeRunningSession(kit, owner, agent)).id;
async function pulled(image?: string) {
  const pull = await agent.command("pull_image");
  if (image) expect(pull.data).toMatchObject({ image });
  await agent.complete(pull, { image_id: "sha256:new", running_image_id: "sha256:old", pulled: true });
  await sweep();
}
/** The container that is asked for next runs. */
async function starts(image: string) {
  const wake = await agent.command("wake_session");
  expect(wake.data).toMatchObject({ image });
  await agent.complete(wake, { container_id: "c", hibernate_modes: ["stop", "freeze"] });
  await sweep();
  return wake;
}
async function fails(image: string, message: string) {
  const wake = await agent.command("wake_session");
  expect(wake.data).toMatchObject({ image });
  await agent.fail(wake, "DISPLAY_NOT_READY", message);
  await sweep();
}
async function hibernates(id: string, observed: "stopped" | "frozen") {
  const asleep = own().sessions.setState({ id, state: "hibernated" });
  await agent.complete(await agent.command("hibernate_session"), { observed });
  await asleep;
}
/** A restart for being unhealthy stays out of it. */
const decided = (id: string) => kit.database.$transaction((tx) => kit.services.versions.decides(tx, id));
const kinds = async (id: string) => (await own().sessions.events({ id })).events.map(({ kind }) => kind);

describe("a session that is updated", () => {
  it("runs on while the image is fetched, has it at the next generation with its home and variables, and keeps it", async () => {
    const environment = { GREETING: "hello" };
    const { id } = await own().sessions.create({ template: "terminal-desktop", agentId: agent.name, environment });
    const first = await agent.command("start_session");
    await agent.complete(first, { container_id: "c1", hibernate_modes: ["stop"] });
    expect(await update(id, { tag: "2" })).toMatchObject({
      status: "pulling",
      oldTag: "1",
      newTag: "2",
      by: owner.username,
      cancellable: true,
    });
    const pull = await agent.command("pull_image");
    await agent.progress(pull, "image_pulling", "Pulling layers", 40);
    expect((await list(id)).update).toMatchObject({ status: "pulling", progress: 40, message: "Pulling layers" });
    expect(await phase(id)).toBe("Running");
    await agent.complete(pull, { image_id: "sha256:new" });
    await sweep();
    expect((await list(id)).update).toMatchObject({ status: "replacing", cancellable: false });
    expect(await phase(id)).toBe("Waking");
    const { data } = await starts(`${IMAGE}:2`);
    expect(data).toMatchObject({
      generation: 2,
      environment: { GREETING: "hello" },
      home: { volume: Reflect.get(Object(first.data.home), "volume") },
    });
    expect((await list(id)).update).toMatchObject({ status: "checking" });
    await pass(29_000);
    expect((await list(id)).update).toMatchObject({ status: "checking" });
    expect(await decided(id)).toBe(true);
    await pass(1_000);
    expect(await list(id)).toMatchObject({
      update: null,
      current: { image: `${IMAGE}:2`, tag: "2", templateVersion: 1 },
      history: [{ status: "done", oldTag: "1", newTag: "2" }],
    });
    expect((await kinds(id)).slice(-3)).toEqual(["command_sent", "running", "version_updated"]);

    await hibernates(id, "stopped");
    const awake = own().sessions.setState({ id, state: "running" });
    const wake = await agent.command("wake_session");
    expect(wake.data).toMatchObject({ image: `${IMAGE}:2`, generation: 3 });
    await agent.complete(wake, {});
    await awake;
  });

  it("is left as it is where the image can't be fetched", async () => {
    const id = await running();
    await update(id, { tag: "nothing" });
    await agent.fail(await agent.command("pull_image"), "IMAGE_NOT_FOUND", "no such tag");
    await sweep();
    expect(await last(id)).toMatchObject({
      status: "failed",
      reason: "no such tag",
      message: expect.stringContaining("nothing was changed"),
    });
    expect([await phase(id), (await list(id)).current.tag, agent.pending]).toEqual(["Running", "1", []]);
    expect(await kinds(id)).toContain("update_failed");
  });

  it("goes back by itself where the new one does not start", async () => {
    const id = await running();
    await update(id, { tag: "2" });
    await pulled();
    await fails(`${IMAGE}:2`, "the display did not come up");
    expect((await list(id)).update).toMatchObject({ status: "rolling_back", reason: "the display did not come up" });
    expect((await starts(`${IMAGE}:1`)).data).toMatchObject({ generation: 3 });
    expect(await last(id)).toMatchObject({ status: "rolled_back", message: expect.stringContaining("the display did not come up") });
    expect([await phase(id), (await list(id)).current.tag]).toEqual(["Running", "1"]);
    expect(await kinds(id)).toContain("version_rolled_back");
  });

  it("goes back where the new one starts and dies before its time is over", async () => {
    const id = await running();
    await update(id, { tag: "2" });
    await pulled();
    await starts(`${IMAGE}:2`);
    await pass(20_000);
    await agent.observe({
      session_id: id,
      generation: 2,
      observed: "failed",
      error_code: "CONTAINER_EXITED",
      reason: "ended with exit code 1",
    });
    await sweep();
    await starts(`${IMAGE}:1`);
    expect(await last(id)).toMatchObject({ status: "rolled_back", reason: "ended with exit code 1" });
  });

  it("says both reasons where going back fails as well", async () => {
    const id = await running();
    await update(id, { tag: "2" });
    await pulled();
    await fails(`${IMAGE}:2`, "new is broken");
    await fails(`${IMAGE}:1`, "old is gone");
    expect(await last(id)).toMatchObject({ status: "failed", message: expect.stringMatching(/new is broken.*old is gone/) });
    expect((await own().sessions.get({ id })).status).toMatchObject({
      phase: "Failed",
      message: expect.stringMatching(/new is broken.*old is gone/),
    });
  });

  it("goes back by the engine's own name where the tag means another image now, and is shown by the tag", async () => {
    const id = await running();
    await update(id, { tag: "1" });
    await pulled();
    await fails(`${IMAGE}:1`, "broken");
    await starts("sha256:old");
    expect((await list(id)).current).toMatchObject({ image: `${IMAGE}:1`, tag: "1" });
  });

  it("is carried on once by whichever control plane comes, at every step", async () => {
    const id = await running();
    const both = () => Promise.all([sweep(), sweep(), kit.versionUpdates.sweep(() => {}), kit.versionUpdates.sweep(() => {})]);
    await update(id, { tag: "2" });
    await both();
    const pull = await agent.command("pull_image");
    await agent.complete(pull, { image_id: "sha256:new" });
    await both();
    await agent.complete(pull, { image_id: "sha256:new" });
    await both();
    const wake = await agent.command("wake_session");
    await agent.fail(wake, "CONTAINER_EXITED", "broken");
    await both();
    await agent.fail(wake, "CONTAINER_EXITED", "broken");
    await both();
    await agent.complete(await agent.command("wake_session"), {});
    await both();
    expect(agent.pending).toEqual([]);
    expect((await list(id)).history).toMatchObject([{ status: "rolled_back" }]);
    expect((await kinds(id)).filter((kind) => kind === "version_replaced")).toHaveLength(2);
  });

  it("waits for an agent that is away: for the pull, and with the time in which it is to be healthy", async () => {
    const id = await running();
    await agent.disconnect();
    await update(id, { tag: "2" });
    await agent.connect();
    await pulled();
    await starts(`${IMAGE}:2`);
    await agent.disconnect();
    await kit.clock.advance(120_000);
    await sweep();
    expect((await list(id)).update).toMatchObject({ status: "checking" });
    await agent.connect();
    await pass(0);
    expect((await list(id)).update).toMatchObject({ status: "checking" });
    await pass(30_000);
    expect(await last(id)).toMatchObject({ status: "done" });
  });

  it("has the new version of its template with all that it says", async () => {
    const id = await running();
    const template = await kit.callerOf(admin).templates.get({ name: "terminal-desktop" });
    const { name, version, displayName, category, display, defaultResources } = template;
    const written = await kit.callerOf(admin).templates.update({
      name,
      fromVersion: version,
      displayName,
      category,
      display,
      defaultResources,
      image: `${IMAGE}:7`,
      environment: { NEW: "1" },
    });
    expect((await list(id)).template).toMatchObject({ newer: true, currentVersion: written.version });
    await update(id, { templateVersion: written.version });
    await pulled(`${IMAGE}:7`);
    expect((await starts(`${IMAGE}:7`)).data).toMatchObject({ environment: { NEW: "1" } });
    await pass(30_000);
    expect(await list(id)).toMatchObject({ current: { tag: "7", templateVersion: written.version }, template: { newer: false } });
    // It was there before: its owner may go back to it.
    await update(id, { templateVersion: version });
    await own().containers.cancelUpdate({ containerId: id });
    const young = await running();
    await expect(update(young, { templateVersion: version })).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});

describe("a session that is hibernated", () => {
  async function hibernated() {
    const id = await running();
    await hibernates(id, "frozen");
    return id;
  }

  it("has the new image when it is woken, is checked then, and goes back by itself", async () => {
    const id = await hibernated();
    const before = (await list(id)).current.image;
    await update(id, { tag: "2" });
    await pulled();
    expect((await list(id)).update).toMatchObject({ status: "waiting", cancellable: true });
    expect(agent.pending).toEqual([]);
    const awake = own().sessions.setState({ id, state: "running" });
    const wake = await agent.command("wake_session");
    expect(wake.data).toMatchObject({ image: `${IMAGE}:2` });
    await sweep();
    await agent.fail(wake, "DISPLAY_NOT_READY", "broken");
    await awake;
    await sweep();
    await starts(before);
    expect(await last(id)).toMatchObject({ status: "rolled_back" });
  });

  it("is so although its image is still being fetched, and has it when it is woken", async () => {
    const id = await running();
    await update(id, { tag: "2" });
    const pull = await agent.command("pull_image");
    await hibernates(id, "stopped");
    await agent.complete(pull, { image_id: "sha256:new" });
    await sweep();
    expect((await list(id)).update).toMatchObject({ status: "waiting" });
  });

  it("has its image fetched although another task of it is not answered yet", async () => {
    const id = await running();
    const row = await kit.database.session.findUniqueOrThrow({ where: { id } });
    const data = { name: row.name, namespace: "berth", generation: 1, resources: { memory: "1Gi", cpu: "1" } };
    await kit.database.$transaction((tx) =>
      kit.services.tasks.enqueue(tx, { kind: "session.resize", agentId: agent.id, sessionId: id, generation: 1, data, createdById: null }),
    );
    await update(id, { tag: "2" });
    await agent.command("resize_session");
    await pulled();
    expect((await list(id)).update).toMatchObject({ status: "replacing" });
  });

  it("has its old image again where the update is cancelled before it was woken", async () => {
    const id = await hibernated();
    const before = (await list(id)).current.image;
    await update(id, { tag: "2" });
    await pulled();
    expect(await own().containers.cancelUpdate({ containerId: id })).toMatchObject({ status: "cancelled" });
    const awake = own().sessions.setState({ id, state: "running" });
    const wake = await agent.command("wake_session");
    expect(wake.data).toMatchObject({ image: before });
    await agent.complete(wake, {});
    await awake;
  });
});

describe("an update that is cancelled", () => {
  it("changes nothing, whatever the agent says of its pull afterwards", async () => {
    const id = await running();
    await update(id, { tag: "2" });
    expect(await decided(id)).toBe(false);
    const pull = await agent.command("pull_image");
    expect(await own().containers.cancelUpdate({ containerId: id })).toMatchObject({ status: "cancelled" });
    expect(agent.received).toContainEqual({ type: "command_cancel", command_id: pull.command_id });
    await agent.complete(pull, { image_id: "sha256:new" });
    await sweep();
    expect([await phase(id), agent.pending]).toEqual(["Running", []]);
    await expect(own().containers.cancelUpdate({ containerId: id })).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await kinds(id)).slice(-1)).toEqual(["update_cancelled"]);
  });

  it("can't be once its container is made anew", async () => {
    const id = await running();
    await update(id, { tag: "2" });
    await pulled();
    await expect(own().containers.cancelUpdate({ containerId: id })).rejects.toThrow(/can't be cancelled any more/);
  });

  it("is, where the session is ended under it, without a start", async () => {
    const id = await running();
    await update(id, { tag: "2" });
    await agent.command("pull_image");
    const gone = own().sessions.terminate({ id });
    await agent.complete(await agent.command("stop_session"), { observed: "removed" });
    await gone;
    await sweep();
    expect(await last(id)).toMatchObject({ status: "cancelled" });
    expect(agent.pending).toEqual([]);
  });
});

describe("who may have what", () => {
  it("is one update at a time", async () => {
    const id = await running();
    const outcomes = await Promise.allSettled([update(id, { tag: "2" }), update(id, { tag: "3" })]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(update(id, { tag: "4" })).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining("cancel it") });
  });

  it("is any tag of the template's own repository, and of others for administrators alone", async () => {
    const id = await running();
    const operator = await makeAsker(kit, "operator");
    const wish = { image: "elsewhere/thing", tag: "1" };
    for (const who of [owner, operator])
      await expect(update(id, wish, who)).rejects.toMatchObject({ code: "FORBIDDEN", message: expect.stringContaining(IMAGE) });
    await expect(update(id, { image: `${IMAGE}-evil`, tag: "1" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(update(id, { image: `evil.example/${IMAGE}`, tag: "1" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await update(id, { ...wish, image: `docker.io/${IMAGE}`, tag: `sha256:${"a".repeat(64)}` }, operator)).toMatchObject({
      status: "pulling",
    });
    await own().containers.cancelUpdate({ containerId: id });
    expect(await update(id, wish, admin)).toMatchObject({ to: { image: "elsewhere/thing:1" } });
  });

  it("is nothing for strangers, and nothing while a session starts, or at an agent that can't", async () => {
    const stranger = await makeAsker(kit);
    const id = await running();
    await expect(update(id, { tag: "2" }, stranger)).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(kit.callerOf(stranger).containers.versions({ containerId: id })).rejects.toMatchObject({ code: "FORBIDDEN" });
    const { id: starting } = await own().sessions.create({ template: "terminal-desktop", agentId: agent.name });
    await expect(update(starting, { tag: "2" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("pending"),
    });
    agent = await makeAgent(kit, { capacity: { max_cpu: 100, max_memory: 100, max_sessions: 100 } });
    await expect(update(await running(), { tag: "2" })).rejects.toThrow(/too old/);
  });

  it("stands in the audit log, and is told to whoever listens", async () => {
    const id = await running();
    const before = (await list(id)).current.image;
    await update(id, { tag: "2" });
    const { entries } = await kit.callerOf(admin).audit.list({ action: "sessions.update_version", targetId: id });
    expect(entries).toMatchObject([{ actorName: owner.username, details: { from: before, to: `${IMAGE}:2` } }]);
    expect(await kit.services.versions.announcement(id)).toEqual({
      containerId: id,
      oldTag: before.split(":")[1],
      newTag: "2",
      status: "pulling",
    });
  });
});
