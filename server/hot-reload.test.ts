import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BerthError } from "@berth/protocol/errors";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createAgent } from "../agent/agent";
import { MemoryDriver } from "../agent/drivers/memory/memory-driver";
import { createLog } from "../agent/log";
import { ManualClock } from "../agent/testing/manual-clock";
import type { ContainerEvent } from "./modules/containers/container-events-schema";
import type { Asker } from "./modules/users/users-schema";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

let kit: DoorKit;
let root: string;
let config: string;
let agent: ReturnType<typeof createAgent>;
let driver: MemoryDriver;
let agentClock: ManualClock;
let owner: Asker;
let sessionId: string;
const heard: ContainerEvent[] = [];

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "berth-reload-")));
  config = join(root, "config");
  await mkdir(config);
  kit = await startDoorKit({ loginsPerMinute: 10_000 });
  driver = new MemoryDriver({ programsIn: root });
  owner = await makeAsker(kit);
  await template("a-daemon", {});
  await startAgent();
  kit.configReloads.start();
  kit.services.containerEvents.open(owner, (event) => heard.push(event));
});
afterAll(async () => {
  await kit.configReloads.stop();
  await agent.stop();
  await kit.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  driver.signals.length = 0;
  // Time moves by hand here, and heartbeats are not gathered.
  await kit.database.agent.updateMany({ data: { lastHeartbeatAt: kit.clock.now() } });
});
afterEach(async () => {
  heard.length = 0;
  if ((await phase()) === "Running") await kit.callerOf(owner).sessions.setState({ id: sessionId, state: "terminating" });
  await vi.waitFor(async () => expect(await phase()).toBe("Terminated"));
});

async function startAgent(): Promise<void> {
  agentClock = new ManualClock();
  const { credentials } = agentCredentials ?? (await kit.enrolAgent("host-a"));
  agentCredentials = { credentials };
  const url = new URL(kit.origin);
  agent = createAgent({ url, name: "host-a", credentials, dataDir: root, driver, log: createLog("silent"), clock: agentClock });
  await agent.start();
  await agent.untilRegistered();
}
let agentCredentials: Pick<Awaited<ReturnType<DoorKit["enrolAgent"]>>, "credentials"> | null = null;

const template = async (name: string, more: Record<string, unknown>) =>
  kit.callerOf(await makeAsker(kit, "admin")).templates.create({
    name,
    displayName: name,
    category: "Tests",
    image: "berth/test:1",
    display: { protocol: "rfb", port: 5900 },
    defaultResources: { memory: "1Gi", cpu: "1" },
    accessParameters: { writablePaths: [root], configDir: config, supportsHotReload: true, ...more },
  });
const phase = async () => (await kit.callerOf(owner).sessions.get({ id: sessionId })).status.phase;
const timeline = async () => (await kit.callerOf(owner).sessions.events({ id: sessionId })).events;
const told = () => heard.filter(({ name }) => name === "agent-config-reloaded").map(({ data }) => data);
const print = async () => (await kit.database.session.findUniqueOrThrow({ where: { id: sessionId } })).configPrint;

/** A session that runs, and whose configuration is watched. */
async function start(of = "a-daemon"): Promise<void> {
  sessionId = (await kit.callerOf(owner).sessions.create({ template: of, agentId: "host-a" })).id;
  await vi.waitFor(async () => expect(await phase()).toBe("Running"));
  await kit.configReloads.look();
  await vi.waitFor(async () => expect(await print()).not.toBeNull());
}
/** Lets the next look be taken, and what is gathered after it be done. */
async function look(until: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(
    async () => {
      agentClock.advance(2000);
      await kit.clock.advance(1000);
      await until();
    },
    { interval: 100 },
  );
}

describe("a change in the configuration of a session that reads it again", () => {
  it("is followed by one signal to its program, the timeline and the owner are told", async () => {
    await start();
    await Promise.all(["a.conf", "b.conf"].map((name) => writeFile(join(config, name), "x")));
    await look(() => expect(told()).toHaveLength(1));
    expect(told()).toEqual([{ containerId: sessionId, files: [join(config, "a.conf"), join(config, "b.conf")] }]);
    expect(driver.signals).toEqual([{ sessionId, name: "HUP" }]);
    const [event] = (await timeline()).filter(({ kind }) => kind === "config_reloaded");
    expect(event?.message).toBe("2 files of its configuration changed; HUP was sent to its main process");
  });

  it("is made up for where the agent was away when it happened", async () => {
    await start();
    await agent.stop();
    await writeFile(join(config, "while-away"), "x");
    await startAgent();
    await vi.waitFor(async () => expect(await phase()).toBe("Running"));
    await kit.configReloads.look();
    await look(() => expect(told()).toEqual([{ containerId: sessionId, files: [config] }]));
    expect(driver.signals).toEqual([{ sessionId, name: "HUP" }]);
  });

  it("is made up for where the control plane was away when it happened, and not said twice", async () => {
    await start();
    await kit.configReloads.stop();
    await writeFile(join(config, "while-down"), "x");
    kit.configReloads.start();
    await kit.configReloads.look();
    await look(() => expect(told()).toHaveLength(1));
    await kit.configReloads.stop();
    kit.configReloads.start();
    const before = await print();
    await kit.configReloads.look();
    await kit.clock.advance(20_000);
    expect([await print(), told().length]).toEqual([before, 1]);
  });

  it("is said to have been followed by nothing where the signal could not be sent", async () => {
    await start();
    const refused = new BerthError("SESSION_LACKS_PROGRAM", "No process 'nginx' runs in the session");
    const signal = vi.spyOn(driver, "signal").mockRejectedValueOnce(refused);
    await writeFile(join(config, "nobody-reads"), "x");
    await look(async () => expect((await timeline()).map(({ kind }) => kind)).toContain("config_reload_failed"));
    signal.mockRestore();
    const event = (await timeline()).find(({ kind }) => kind === "config_reload_failed");
    expect(event?.message).toContain("No process 'nginx' runs");
    expect(told()).toEqual([]);
  });

  it("is followed by the signal that the template says", async () => {
    await template("a-main-process", { reloadSignal: "USR1" });
    await start("a-main-process");
    await writeFile(join(config, "main"), "x");
    await look(() => expect(driver.signals).toEqual([{ sessionId, name: "USR1" }]));
  });

  it("is no use of the session, which goes idle all the same", async () => {
    await start();
    const { lastActivityAt } = await kit.callerOf(owner).sessions.get({ id: sessionId });
    await writeFile(join(config, "quiet"), "x");
    await look(() => expect(told()).toHaveLength(1));
    agentClock.advance(16_000);
    expect((await kit.callerOf(owner).sessions.get({ id: sessionId })).lastActivityAt).toEqual(lastActivityAt);
  });
});

describe("what can be done inside a session", () => {
  it("is said of it, in the contract's words", async () => {
    await start();
    expect(await kit.callerOf(owner).sessions.get({ id: sessionId })).toMatchObject({
      accessParameters: { configDir: config, supportsHotReload: true },
      agentCapabilities: ["file.read", "file.write", "restart", "hot-reload"],
      instructionsDir: null,
      supportsHotReload: true,
    });
    await kit.callerOf(owner).sessions.setPolicy({ id: sessionId, policy: { fileTransfer: false } });
    expect((await kit.callerOf(owner).sessions.get({ id: sessionId })).agentCapabilities).toEqual(["restart", "hot-reload"]);
  });

  it("can't be read again without a folder that has it", async () => {
    await expect(template("no-folder", { configDir: undefined })).rejects.toMatchObject({ message: expect.stringContaining("configDir") });
  });
});
