import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { lock } from "../../../platform/database";
import { makeAgent, makeAsker, makeRunningSession } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import { FleetView } from "../../agents/fleet-view";
import type { Asker } from "../../users/users-schema";
import { PATIENCE_MS } from "./queue-plan";
import { SessionQueue } from "./session-queue";
import { GATHER_MS, SessionQueueJobs } from "./session-queue-jobs";

let kit: ServiceKit;
let owner: Asker;
let admin: Asker;
/** Has one slot. */
let agent: FakeAgent;

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());
beforeEach(async () => {
  owner = await makeAsker(kit);
  agent = await makeAgent(kit, { capacity: { max_cpu: 4, max_memory: 8, max_sessions: 1 } });
});
afterEach(async () => {
  for (const { sessionId } of await kit.database.queuedSession.findMany()) await end(sessionId);
});

const as = (asker: Asker) => kit.callerOf(asker);
const wait = (input: object = {}, asker = owner) =>
  as(asker).sessions.create({ template: "terminal-desktop", agentId: agent.name, queue: true, ...input });
const get = (id: string) => as(admin).sessions.get({ id });
const end = (id: string) => as(admin).sessions.setState({ id, state: "terminated" });
const kindsOf = async (id: string) => (await as(admin).sessions.events({ id })).events.map(({ kind }) => kind);
/** What another control plane, or this one started again, has: nothing but the rows. */
const anotherQueue = () =>
  new SessionQueue({
    ...kit,
    agents: kit.services.agents,
    fleetView: new FleetView(kit),
    homes: kit.services.homes,
    changes: kit.sessionChanges,
    warmPool: kit.services.warmPool,
  });

describe("a session that waits for room", () => {
  it("is there with its place in line instead of being refused", async () => {
    await makeRunningSession(kit, owner, agent);
    const first = await wait();
    const second = await wait({}, await makeAsker(kit));
    expect(first).toMatchObject({
      state: "pending",
      agentId: null,
      homeId: null,
      status: { phase: "Pending", queue: { position: 1, of: 1 }, message: "Waits for room: 1st of 1" },
      placement: { chosen: null, considered: expect.arrayContaining([expect.objectContaining({ agent: agent.name, chosen: false })]) },
      may: { hibernate: false, wake: false, terminate: true },
    });
    expect((await get(second.id)).status).toMatchObject({ queue: { position: 2, of: 2 }, message: "Waits for room: 2nd of 2" });
    const { sessions } = await as(owner).sessions.list({ state: "pending" });
    expect(sessions.map(({ id, status }) => [id, status.queue])).toEqual([[first.id, { position: 1, of: 2 }]]);
    expect((await as(owner).sessions.events({ id: first.id })).events).toMatchObject([
      { kind: "requested" },
      { kind: "queued", message: expect.stringContaining("all 1 session slots are taken") },
    ]);
    expect(await as(owner).account.usage()).toMatchObject({ sessions: { used: 2 } });
  });

  it("starts when room has come, in order of arrival, and those behind move up where they are looked at", async () => {
    const running = await makeRunningSession(kit, owner, agent);
    const [first, second] = [await wait(), await wait()];
    const jobs = new SessionQueueJobs({ ...kit, queue: kit.sessionQueue });
    jobs.start();
    const stop = new AbortController();
    const heard = kit.services.live.events(owner, null, stop.signal);
    expect((await heard.next()).value?.event.kind).toBe("resync");
    try {
      await end(running.id);
      // Its container is still there, and takes the slot until the agent has removed it.
      await agent.complete(await agent.command("stop_session"));
      await kit.clock.advanceOnceAwaited(GATHER_MS);
      const command = await agent.command("start_session");
      expect(command).toMatchObject({ session_id: first.id, data: { generation: 1 } });
      const placed = await get(first.id);
      expect(placed).toMatchObject({
        agentId: agent.name,
        placement: { chosen: agent.name },
        status: { queue: null, message: "Session provisioning in progress..." },
      });
      expect(placed.homeId).not.toBeNull();
      expect(await kindsOf(first.id)).toEqual(expect.arrayContaining(["requested", "queued", "placed"]));
      expect((await get(second.id)).status.queue).toEqual({ position: 1, of: 1 });
      for await (const { event } of heard) if (event.kind === "queue") break;
      await agent.acknowledge(command);
      await agent.complete(command, { container_id: "c-queued", pod_name: "berth-queued", hibernate_modes: ["stop"] });
      expect(await get(first.id)).toMatchObject({ state: "running", status: { phase: "Running" } });
    } finally {
      stop.abort();
      await jobs.stop();
    }
  });

  it("waits on through a restart of the control plane", async () => {
    const running = await makeRunningSession(kit, owner, agent);
    const session = await wait();
    await end(running.id);
    await agent.complete(await agent.command("stop_session"));
    const jobs = new SessionQueueJobs({ ...kit, queue: anotherQueue() });
    jobs.start();
    await jobs.stop();
    expect((await agent.command("start_session")).session_id).toBe(session.id);
  });

  it.each([
    ["terminated", (id: string) => as(owner).sessions.terminate({ id }), "terminated"],
    ["deleted", (id: string) => as(owner).sessions.delete({ id }), "terminated"],
    ["ended by force", end, "force_terminated"],
  ])("leaves nothing when it is %s", async (_, finish, kind) => {
    await makeRunningSession(kit, owner, agent);
    const [first, second] = [await wait(), await wait()];
    const homes = (await as(owner).homes.list({})).homes.length;
    await finish(first.id);
    expect(await get(first.id)).toMatchObject({ state: "terminated", status: { phase: "Terminated", queue: null } });
    expect((await kindsOf(first.id)).at(-1)).toBe(kind);
    expect((await get(second.id)).status.queue).toEqual({ position: 1, of: 1 });
    expect(await kit.database.queuedSession.count()).toBe(1);
    expect(await kit.database.task.count({ where: { sessionId: first.id } })).toBe(0);
    await as(owner).sessions.delete({ id: first.id });
    await expect(get(first.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await as(owner).homes.list({})).homes).toHaveLength(homes);
  });

  it("keeps the home that it is to start with for itself, and waits for its agent", async () => {
    const { id, homeId } = await makeRunningSession(kit, owner, agent);
    await end(id);
    await agent.complete(await agent.command("stop_session"));
    const other = await makeRunningSession(kit, owner, agent);
    const session = await wait({ agentId: undefined, homeId });
    expect(session).toMatchObject({ homeId, status: { queue: { position: 1, of: 1 } } });
    await expect(wait({ agentId: undefined, homeId })).rejects.toThrow(`is used by session '${session.name}'`);
    await end(other.id);
    await agent.complete(await agent.command("stop_session"));
    await kit.sessionQueue.sweep();
    expect(await get(session.id)).toMatchObject({ agentId: agent.name, homeId });
  });

  it("fails with words when the agent that it is to go to is removed", async () => {
    await makeRunningSession(kit, owner, agent);
    const gone = await makeAgent(kit, { connect: false });
    const session = await wait({ agentId: gone.name });
    await as(admin).agents.remove({ id: gone.name });
    await kit.sessionQueue.sweep();
    expect(await get(session.id)).toMatchObject({
      state: "terminated",
      status: { phase: "Failed", code: "AGENT_NOT_FOUND", message: expect.stringContaining("was removed"), queue: null },
    });
  });

  it("is not placed while its owner is disabled", async () => {
    const gone = await makeAgent(kit, { connect: false });
    const session = await wait({ agentId: gone.name });
    await as(admin).users.update({ id: owner.userId, active: false });
    await gone.connect();
    await kit.sessionQueue.sweep();
    expect((await get(session.id)).agentId).toBeNull();
    await as(admin).users.update({ id: owner.userId, active: true });
    await kit.sessionQueue.sweep();
    expect((await get(session.id)).agentId).toBe(gone.name);
  });
});

describe("room comes", () => {
  it("when a drained agent takes sessions again", async () => {
    await as(admin).agents.setStatus({ id: agent.name, status: "draining" });
    const session = await wait();
    await kit.sessionQueue.sweep();
    expect(await get(session.id)).toMatchObject({ agentId: null, status: { phase: "Pending" } });
    await as(admin).agents.setStatus({ id: agent.name, status: "online" });
    await kit.sessionQueue.sweep();
    expect((await get(session.id)).agentId).toBe(agent.name);
  });

  it("when an offline agent connects, and when one with the label that is asked for enrols", async () => {
    const away = await makeAgent(kit, { connect: false });
    const offline = await wait({ agentId: away.name });
    const labelled = await wait({ agentId: undefined, agentLabels: { rack: owner.username } });
    await kit.sessionQueue.sweep();
    expect([(await get(offline.id)).agentId, (await get(labelled.id)).agentId]).toEqual([null, null]);
    await away.connect();
    const fresh = await makeAgent(kit, { labels: { rack: owner.username } });
    await kit.sessionQueue.sweep();
    expect([(await get(offline.id)).agentId, (await get(labelled.id)).agentId]).toEqual([away.name, fresh.name]);
  });

  it("for one alone, where two control planes and a newcomer want the last slot at once: the first in line", async () => {
    const running = await makeRunningSession(kit, owner, agent);
    const [first, second] = [await wait(), await wait()];
    await end(running.id);
    await agent.complete(await agent.command("stop_session"));
    const [, , , newcomer] = await Promise.allSettled([
      kit.sessionQueue.sweep(),
      anotherQueue().sweep(),
      anotherQueue().sweep(),
      wait({ queue: false }),
    ]);
    expect(newcomer).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("slots are taken") } });
    expect((await get(first.id)).agentId).toBe(agent.name);
    expect(await get(second.id)).toMatchObject({ agentId: null, status: { queue: { position: 1, of: 1 } } });
    expect(await kit.database.task.count({ where: { sessionId: first.id } })).toBe(1);
  });

  it("and not on an agent that is drained at the same moment", async () => {
    const away = await makeAgent(kit, { connect: false });
    const session = await wait({ agentId: away.name });
    await away.connect();
    const sweeping = await kit.database.$transaction(async (tx) => {
      await lock(tx, "agent", "placement");
      const sweep = { over: kit.sessionQueue.sweep() };
      await vi.waitFor(async () => {
        const waiters = await kit.database.$queryRaw`
          SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database WHERE d.datname = current_database() AND locktype = 'advisory' AND NOT granted`;
        expect(waiters).toHaveLength(1);
      });
      await tx.agent.update({ where: { id: away.id }, data: { draining: true } });
      return sweep;
    });
    await sweeping.over;
    expect((await get(session.id)).agentId).toBeNull();
  });

  it("and is not taken from who waits by whoever comes before the queue was looked at", async () => {
    const running = await makeRunningSession(kit, owner, agent);
    const first = await wait();
    await end(running.id);
    await agent.complete(await agent.command("stop_session"));
    await expect(wait({ queue: false })).rejects.toThrow("slots are taken");
    expect((await as(owner).sessions.explainPlacement({ template: "terminal-desktop", agentId: agent.name })).problem).not.toBeNull();
    await kit.sessionQueue.sweep();
    expect((await get(first.id)).agentId).toBe(agent.name);
  });

  it("to a large one in the end: after ten minutes nobody smaller goes by any more", async () => {
    const roomy = await makeAgent(kit, { capacity: { max_cpu: 4, max_memory: 64, max_sessions: 10 } });
    const small = { agentId: roomy.name, resources: { cpu: "1", memory: "1Gi" } };
    const held = await as(owner).sessions.create({ template: "terminal-desktop", ...small });
    await agentTakes(roomy, held.id);
    const large = await wait({ agentId: roomy.name, resources: { cpu: "4", memory: "1Gi" } });
    expect((await wait(small)).agentId).toBe(roomy.name);
    await kit.clock.advance(PATIENCE_MS);
    await roomy.connect();
    const behind = await wait(small);
    expect(behind).toMatchObject({ agentId: null, status: { queue: { position: 2, of: 2 } } });
    await expect(wait({ ...small, queue: false })).rejects.toThrow("keeps its room for a session that has waited longer");
    await kit.sessionQueue.sweep();
    expect([(await get(large.id)).agentId, (await get(behind.id)).agentId]).toEqual([null, null]);
  });
});

async function agentTakes(taking: FakeAgent, id: string): Promise<void> {
  const command = await taking.command("start_session");
  expect(command.session_id).toBe(id);
  await taking.acknowledge(command);
  await taking.complete(command, { container_id: `c-${id.slice(0, 8)}`, pod_name: "p", hibernate_modes: ["stop"] });
}

describe("waiting is refused at once", () => {
  it.each([
    ["where no agent that may take it is large enough", { resources: { memory: "100Gi" } }, "needs 100 GiB of memory"],
    ["where the agent isn't known", { agentId: "no-such" }, "No agent with ID 'no-such'"],
    ["where the template isn't known", { template: "no-such" }, "does not exist"],
    ["where the home isn't known", { agentId: undefined, homeId: "00000000-0000-4000-8000-000000000000" }, "No home"],
    ["for one that begins hibernated", { state: "hibernated" }, "slots are taken"],
    ["where it isn't asked for", { queue: false }, "slots are taken"],
  ])("%s", async (_, input, words) => {
    await makeRunningSession(kit, owner, agent);
    await expect(wait(input)).rejects.toThrow(words);
    expect(await kit.database.queuedSession.count()).toBe(0);
  });

  it("where the quota has no room, which those that wait take of too", async () => {
    await makeRunningSession(kit, owner, agent);
    await as(admin).users.update({ id: owner.userId, quota: { sessions: 2 } });
    await wait();
    await expect(wait()).rejects.toThrow("The quota of");
  });
});

describe("explaining a placement", () => {
  it("says that one may wait and how many do, and asks the quota of whose session it is to be", async () => {
    await makeRunningSession(kit, owner, agent);
    const explain = (asker: Asker, input: object = {}) =>
      as(asker).sessions.explainPlacement({ template: "terminal-desktop", agentId: agent.name, ...input });
    expect(await explain(owner)).toMatchObject({ mayWait: true, waiting: 0, problem: { code: "AGENT_CAPACITY_EXCEEDED" } });
    await wait();
    expect(await explain(owner)).toMatchObject({ mayWait: true, waiting: 1 });
    expect(await explain(owner, { resources: { cpu: "64" } })).toMatchObject({ mayWait: false });
    await as(admin).users.update({ id: owner.userId, quota: { sessions: 2 } });
    expect(await explain(admin)).toMatchObject({ mayWait: true });
    expect(await explain(admin, { user: owner.username })).toMatchObject({ mayWait: false, problem: { code: "QUOTA_EXCEEDED" } });
    await expect(explain(owner, { user: admin.username })).rejects.toThrow();
  });

  it("joins what is asked for with what the template demands", async () => {
    const {
      version: _,
      id: __,
      createdAt: ___,
      updatedAt: ____,
      tried: _____,
      baseImage: ______,
      vnc: _______,
      ...content
    } = await as(admin).templates.get({ name: "terminal-desktop" });
    const name = `placed-${owner.username}`;
    await as(admin).templates.create({
      ...content,
      name,
      placement: { labels: { gpu: "yes" }, capabilities: ["render"], strategy: "pack" },
    });
    const fits = await makeAgent(kit, { labels: { gpu: "yes", zone: owner.username }, capabilities: ["render"] });
    const lacks = await makeAgent(kit, { labels: { gpu: "no", zone: owner.username }, capabilities: ["render"] });
    const { placement } = await as(owner).sessions.explainPlacement({ template: name, agentLabels: { zone: owner.username } });
    expect(placement.considered).toEqual(
      expect.arrayContaining([
        { agent: fits.name, chosen: true, reason: expect.stringContaining("fullest that fits") },
        { agent: lacks.name, chosen: false, reason: "lacks the label gpu=yes (has gpu=no)" },
        {
          agent: agent.name,
          chosen: false,
          reason: `lacks the label gpu=yes and the label zone=${owner.username} and the capability render`,
        },
      ]),
    );
    const spread = await as(owner).sessions.create({ template: name, strategy: "spread", agentCapabilities: ["render"] });
    expect(spread.placement?.considered[0]).toMatchObject({ agent: fits.name, reason: expect.stringContaining("least loaded") });
  });
});
