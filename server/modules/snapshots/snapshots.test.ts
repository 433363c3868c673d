import { SNAPSHOTS, snapshotImage, snapshotVolume } from "@berth/protocol/snapshots";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";
import { SnapshotsJobs } from "./snapshots-jobs";

const room = { max_cpu: 100, max_memory: 200, max_sessions: 100 };
let kit: ServiceKit;
let owner: Asker;
let agent: FakeAgent;
let session: { id: string; name: string };

beforeAll(async () => {
  kit = await startServiceKit();
  owner = await makeAsker(kit);
  agent = await makeAgent(kit, { capacity: room, capabilities: [SNAPSHOTS] });
  await makeAgent(kit, { capacity: { ...room, max_sessions: 1000 } });
  session = await makeRunningSession(kit, owner, agent);
});
afterAll(() => kit.close());

const mine = (asker = owner) => kit.callerOf(asker).snapshots;
async function make(name: string, more: object = {}, made = { size_bytes: 5000, image_bytes: null, consistent: true }) {
  const { id } = await mine().create({ sessionId: session.id, name, ...more });
  const command = await agent.command("create_snapshot");
  await agent.acknowledge(command);
  await agent.complete(command, made);
  return { id, command };
}
const end = async (id: string, on = agent) => {
  const ending = kit.callerOf(owner).sessions.delete({ id });
  await on.complete(await on.command("stop_session"), { observed: "removed" });
  await ending;
};
/** Of an inventory, what is said of snapshots. */
const inventory = (snapshots: string[] | undefined) => kit.services.snapshots.reported(agent.id, snapshots);

describe("a snapshot", () => {
  it("is asked of the agent that has the home, tells how far it is, and then what it takes", async () => {
    const { id, state } = await mine().create({ sessionId: session.id, name: "before the upgrade" });
    expect(state).toBe("creating");
    const command = await agent.command("create_snapshot");
    expect(command.data).toMatchObject({ snapshot: id, session_id: session.id, filesystem: false, freeze: true });
    await agent.acknowledge(command);
    await agent.progress(command, "home_copying", "The home is copied", 40);
    expect(await mine().get({ id })).toMatchObject({ state: "creating", progress: { percent: 40, message: "The home is copied" } });
    await agent.complete(command, { size_bytes: 4096, image_bytes: null, consistent: true });
    expect(await mine().get({ id })).toMatchObject({ state: "ready", progress: null, sizeBytes: 4096, consistent: true, expiresAt: null });
    const { snapshots } = await mine().ofSession({ sessionId: session.id });
    expect(snapshots.map((one) => one.id)).toEqual([id]);
  });

  it("that could not be made says why and can be deleted", async () => {
    const { id } = await mine().create({ sessionId: session.id, name: "too large" });
    const command = await agent.command("create_snapshot");
    await agent.fail(command, "DISK_FULL", "The disk of the agent's host is full");
    expect(await mine().get({ id })).toMatchObject({ state: "failed", problem: "The disk of the agent's host is full" });
    await expect(kit.callerOf(owner).sessions.create({ template: "terminal-desktop", snapshotId: id })).rejects.toThrow(/is failed/);
    await mine().delete({ id });
    await agent.complete(await agent.command("delete_snapshot"));
    await expect(mine().get({ id })).rejects.toThrow(/No snapshot/);
  });

  it("that is deleted while it is made goes, also where its agent was done with it first", async () => {
    const { id } = await mine().create({ sessionId: session.id, name: "not wanted" });
    const making = await agent.command("create_snapshot");
    await mine().delete({ id });
    const ending = await agent.command("delete_snapshot");
    expect(ending.data).toEqual({ snapshot: id });
    await agent.complete(ending);
    await agent.complete(making, { size_bytes: 1, image_bytes: null, consistent: true });
    // What was made after all is removed once more.
    const again = await agent.command("delete_snapshot");
    expect(again.data).toEqual({ snapshot: id });
    await agent.complete(again);
    await expect(mine().get({ id })).rejects.toThrow(/No snapshot/);
  });

  it("is its owner's alone: an administrator may list and delete it, and nobody else can tell that it is there", async () => {
    const { id } = await make("private");
    const other = await makeAsker(kit);
    const admin = await makeAsker(kit, "admin");
    expect((await mine(other).list({})).snapshots).toEqual([]);
    expect((await mine(other).ofSession({ sessionId: session.id })).snapshots).toEqual([]);
    for (const stranger of [other, await makeAsker(kit, "operator")]) {
      await expect(mine(stranger).get({ id })).rejects.toThrow(/No snapshot/);
      await expect(mine(stranger).delete({ id })).rejects.toThrow(/No snapshot/);
    }
    const begun = kit.callerOf(other).sessions.create({ template: "terminal-desktop", snapshotId: id });
    await expect(begun).rejects.toThrow(/No snapshot/);
    await expect(mine(admin).create({ sessionId: session.id, name: "spying" })).rejects.toThrow(/another person/);
    expect((await mine(admin).list({ user: owner.username })).snapshots.map((one) => one.id)).toContain(id);
    await mine(admin).delete({ id });
    await agent.complete(await agent.command("delete_snapshot"));
  });

  it("is refused of a session that has none to give: without a home, not running, on an agent that can't", async () => {
    const homeless = await kit
      .callerOf(owner)
      .sessions.create({ template: "terminal-desktop", agentId: agent.name, persistentHome: false });
    await expect(mine().create({ sessionId: homeless.id, name: "a" })).rejects.toThrow(/neither runs nor is hibernated/);
    await agent.complete(await agent.command("start_session"), {});
    await expect(mine().create({ sessionId: homeless.id, name: "a" })).rejects.toThrow(/keeps no home/);
    await expect(mine().create({ sessionId: session.id, name: "a", include: "home+filesystem" })).rejects.toThrow(/can't be written to/);
    const old = await makeAgent(kit, { capacity: room });
    const there = await makeRunningSession(kit, owner, old);
    await expect(mine().create({ sessionId: there.id, name: "a" })).rejects.toThrow(/too old/);
    await agent.disconnect();
    await expect(mine().create({ sessionId: session.id, name: "a" })).rejects.toThrow(/not connected/);
    await agent.connect();
    await expect(mine().create({ sessionId: session.id, name: "  " })).rejects.toThrow(/1 to 80/);
  });
});

describe("a session from a snapshot", () => {
  it("goes to the snapshot's agent with a home of its own that begins as the copy, and keeps the snapshot until it has", async () => {
    const { id } = await make("a beginning");
    const begun = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", snapshotId: id, persistentHome: false });
    expect(begun).toMatchObject({ agentId: agent.name, persistentHome: true });
    const command = await agent.command("start_session");
    expect(command.data).toMatchObject({ home: { volume: `berth-home-${begun.homeId}`, from: snapshotVolume(id) } });
    await expect(mine().delete({ id })).rejects.toThrow(/needed by session/);
    await agent.acknowledge(command);
    await agent.progress(command, "home_copied", "The home was copied from its snapshot");
    await agent.complete(command, { observed: "running" });
    const { events } = await kit.callerOf(owner).sessions.events({ id: begun.id });
    expect(events.map((event) => event.kind)).toContain("home_copied");
    await mine().delete({ id });
    await agent.complete(await agent.command("delete_snapshot"));
    await end(begun.id);
  });

  it("has the file system's image where the snapshot has one, whose template it must be, and which stays as long as it does", async () => {
    const admin = kit.callerOf(await makeAsker(kit, "admin"));
    const template = { displayName: "Loose", category: "Tests", image: "berth/loose:1", display: { protocol: "rfb" as const, port: 5900 } };
    const defaultResources = { memory: "1Gi", cpu: "1" };
    await admin.templates.create({ name: "loose", security: "compatible", persistentHome: true, defaultResources, ...template });
    const loose = await makeRunningSession(kit, owner, agent, "loose");
    const { id } = await mine().create({ sessionId: loose.id, name: "whole", include: "home+filesystem" });
    const making = await agent.command("create_snapshot");
    expect(making.data).toMatchObject({ filesystem: true, image: "berth/loose:1" });
    await agent.complete(making, { size_bytes: 10, image_bytes: 20, consistent: true });
    const create = (name: string) => kit.callerOf(owner).sessions.create({ template: name, snapshotId: id });
    await expect(create("terminal-desktop")).rejects.toThrow(/template 'loose'/);
    const begun = await create("loose");
    const command = await agent.command("start_session");
    expect(command.data).toMatchObject({ image: snapshotImage(id) });
    await agent.complete(command, { observed: "running" });
    await expect(mine().delete({ id })).rejects.toThrow(/needed by session/);
    await end(begun.id);
    await mine().delete({ id });
    await agent.complete(await agent.command("delete_snapshot"));
  });

  it("has either an old home or a snapshot's copy", async () => {
    const { id } = await make("either");
    const both = { template: "terminal-desktop", snapshotId: id, homeId: id };
    await expect(kit.callerOf(owner).sessions.create(both)).rejects.toThrow(/leave homeId out/);
  });
});

describe("keeping snapshots", () => {
  it("counts them among what a person stores, and a full quota refuses the next", async () => {
    const before = (await kit.callerOf(owner).account.usage()).storageBytes.used;
    const { id } = await make("large", {}, { size_bytes: 3 * 2 ** 30, image_bytes: null, consistent: true });
    expect((await kit.callerOf(owner).account.usage()).storageBytes.used).toBe(before + 3 * 2 ** 30);
    const admin = kit.callerOf(await makeAsker(kit, "admin"));
    await admin.quotas.set({ role: "user", storage: "2Gi" });
    await expect(mine().create({ sessionId: session.id, name: "more" })).rejects.toThrow(/homes and snapshots take/);
    await admin.quotas.set({ role: "user", storage: null });
    await mine().delete({ id });
    await agent.complete(await agent.command("delete_snapshot"));
  });

  it("deletes one when its time has come, and others not", async () => {
    const { id } = await make("for a day", { keepDays: 1 });
    const { id: kept } = await make("for ever");
    const jobs = new SnapshotsJobs({ ...kit, log: kit.log, snapshots: kit.services.snapshots });
    expect(await jobs.sweep()).toBe(0);
    const { expiresAt } = await mine().get({ id });
    expect(expiresAt).toEqual(new Date(kit.clock.now().getTime() + 86_400_000));
    // As if it had been taken a day before.
    await kit.database.snapshot.update({ where: { id }, data: { expiresAt: kit.clock.now() } });
    expect(await jobs.sweep()).toBe(1);
    expect(await mine().get({ id })).toMatchObject({ state: "deleting" });
    await agent.complete(await agent.command("delete_snapshot"));
    await expect(mine().get({ id })).rejects.toThrow(/No snapshot/);
    expect(await mine().get({ id: kept })).toMatchObject({ state: "ready" });
  });

  it("says of one that its agent has no more that it is lost, and has it again when it is back", async () => {
    const { id } = await make("lost and found");
    await inventory([]);
    // The inventory may have been taken before it was whole.
    expect((await mine().get({ id })).state).toBe("ready");
    await kit.clock.advance(700_000);
    await inventory(undefined);
    expect((await mine().get({ id })).state).toBe("ready");
    await inventory([]);
    expect((await mine().get({ id })).state).toBe("lost");
    await inventory([snapshotVolume(id), "berth-snapshot-of-nobody"]);
    expect((await mine().get({ id })).state).toBe("ready");
    await agent.connect();
  });

  it("stays when its session and home are gone, and when its agent is revoked, until the host is back", async () => {
    const other = await makeAgent(kit, { capacity: room, capabilities: [SNAPSHOTS] });
    const short = await makeRunningSession(kit, owner, other);
    const { id } = await mine().create({ sessionId: short.id, name: "outlives" });
    await other.complete(await other.command("create_snapshot"), { size_bytes: 7, image_bytes: null, consistent: true });
    await end(short.id, other);
    await kit.callerOf(owner).sessions.delete({ id: short.id });
    expect(await mine().get({ id })).toMatchObject({ state: "ready", sessionName: short.name });
    await kit.callerOf(await makeAsker(kit, "admin")).agents.remove({ id: other.name });
    expect(await mine().get({ id })).toMatchObject({ unreachable: true });
    await expect(kit.callerOf(owner).sessions.create({ template: "terminal-desktop", snapshotId: id })).rejects.toThrow(/was revoked/);
    await inventory([snapshotVolume(id)]);
    expect(await mine().get({ id })).toMatchObject({ unreachable: false, agentId: agent.name });
    await mine().delete({ id });
    expect((await agent.command("delete_snapshot")).data).toEqual({ snapshot: id });
  });
});
