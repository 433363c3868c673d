import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAgent, makeAsker } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import type { Asker } from "../../users/users-schema";
import { IdleJobs } from "./idle-jobs";
import { spanWords } from "./idle-time";

const MINUTE = 60_000;
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
  agent = await makeAgent(kit, { capabilities: ["viewer_update"], capacity: { max_cpu: 100, max_memory: 100, max_sessions: 100 } });
});

const get = (id: string) => kit.callerOf(owner).sessions.get({ id });
const phase = async (id: string) => (await get(id)).status.phase;
const fail = (error: unknown) => {
  throw error;
};
/** Time passes while the agent lives, and somebody looks for idle sessions at its end. */
async function pass(ms: number) {
  await kit.clock.advance(ms);
  await kit.services.idle.sweep(fail);
  await agent.heartbeat();
  await kit.heartbeats.flush();
}
const typed = (id: string, at = kit.clock.now()) =>
  agent.say({ type: "session_activity", agent_id: agent.name, sessions: [{ session_id: id, last_input_at: at.toISOString() }] });
async function running(idleTimeout = "30m", template = "terminal-desktop") {
  const { id } = await kit.callerOf(owner).sessions.create({ template, agentId: agent.name, idleTimeout });
  await agent.complete(await agent.command("start_session"), { hibernate_modes: ["stop", "freeze"] });
  return id;
}

describe("a session that nobody uses", () => {
  it("is hibernated once its time-out has passed since its start, and says when it will be and why it was", async () => {
    const id = await running();
    const start = kit.clock.now().getTime();
    expect((await get(id)).idleAt).toEqual(new Date(start + 30 * MINUTE));
    await pass(30 * MINUTE);
    expect(await phase(id)).toBe("Running");
    await pass(40_000);
    expect(await get(id)).toMatchObject({ state: "hibernated", status: { phase: "Hibernating" }, wentIdle: true, idleAt: null });
    await agent.complete(await agent.command("hibernate_session"));
    expect(await get(id)).toMatchObject({ status: { phase: "Hibernated" }, wentIdle: true });

    const { events } = await kit.callerOf(owner).sessions.events({ id });
    expect(events.find((event) => event.kind === "idle_hibernated")).toMatchObject({
      message: "Hibernated after 30 minutes without input",
      actor: null,
    });
    const { entries } = await kit.callerOf(admin).audit.list({ targetId: id });
    expect(entries.filter((entry) => entry.action === "sessions.hibernate")).toMatchObject([
      { actorKind: "system", details: { reason: "idle", after: "30 minutes", owner: owner.username } },
    ]);
  });

  it("goes on for as long as somebody types, and counts from the last key", async () => {
    const id = await running();
    for (let times = 0; times < 4; times += 1) {
      await pass(20 * MINUTE);
      await typed(id);
    }
    expect(await phase(id)).toBe("Running");
    await pass(31 * MINUTE);
    expect(await phase(id)).toBe("Hibernating");
  });

  it("is looked for every ten seconds", async () => {
    const jobs = new IdleJobs({ clock: kit.clock, log: kit.log, idle: kit.services.idle });
    jobs.start();
    const id = await running("1m");
    await kit.clock.advance(95_000);
    jobs.stop();
    expect((await get(id)).state).toBe("hibernated");
  });

  it("is not hibernated under the hands of one whose last keys the agent has not told of yet", async () => {
    const id = await running();
    await pass(30 * MINUTE - 5_000);
    const lastKey = kit.clock.now();
    await pass(20_000);
    await typed(id, lastKey);
    await pass(10 * MINUTE);
    expect(await phase(id)).toBe("Running");
  });

  it("stays on when a person says so, however often", async () => {
    const id = await running();
    await pass(29 * MINUTE);
    await kit.callerOf(owner).sessions.stay({ id });
    expect((await get(id)).idleAt).toEqual(new Date(kit.clock.now().getTime() + 30 * MINUTE));
    await pass(29 * MINUTE);
    expect(await phase(id)).toBe("Running");
  });

  it("runs for ever where its time-out is 0, whatever is served on it", async () => {
    const ids = [await running("0"), await running("0", "scratchpad")];
    await pass(60 * MINUTE);
    for (const id of ids) expect(await get(id)).toMatchObject({ status: { phase: "Running" }, idleAt: null });
  });

  it("is left alone while its agent is away, and until one that is back has told of what was typed meanwhile", async () => {
    const id = await running();
    await agent.disconnect();
    await kit.clock.advance(45 * MINUTE);
    expect((await get(id)).state).toBe("running");
    await agent.connect();
    await pass(20_000);
    expect(await phase(id)).toBe("Running");
    await typed(id, new Date(kit.clock.now().getTime() - 5 * MINUTE));
    await pass(MINUTE);
    expect(await phase(id)).toBe("Running");
  });

  it("that can't be hibernated goes on, and is tried again only after a while", async () => {
    const id = await running("1m");
    await pass(95_000);
    await agent.fail(await agent.command("hibernate_session"), "SESSION_HIBERNATE_FAILED", "the engine is busy");
    expect(await phase(id)).toBe("Running");
    await pass(5 * MINUTE);
    expect(await phase(id)).toBe("Running");
    await pass(6 * MINUTE);
    expect(await phase(id)).toBe("Hibernating");
  });

  it("and was hibernated by a person says nothing of idleness", async () => {
    const id = await running();
    const asked = kit.callerOf(owner).sessions.setState({ id, state: "hibernated" });
    await agent.complete(await agent.command("hibernate_session"));
    expect(await asked).toMatchObject({ wentIdle: false, idleAt: null });
  });
});

describe("staying", () => {
  it("is for who may use the screen, and comes too late once it hibernates", async () => {
    const id = await running("1m");
    const friend = await makeAsker(kit);
    await kit.callerOf(owner).shares.create({ sessionId: id, user: friend.username, mode: "view" });
    await expect(kit.callerOf(friend).sessions.stay({ id })).rejects.toThrow("you were invited to watch");
    await kit.callerOf(owner).shares.create({ sessionId: id, user: friend.username, mode: "control" });
    await kit.callerOf(friend).sessions.stay({ id });
    await pass(2 * MINUTE);
    await expect(kit.callerOf(owner).sessions.stay({ id })).rejects.toThrow("wake it to go on");
  });
});

it("says spans as one would in a sentence", () => {
  expect([60, 90, 1800, 3600, 5400, 7200, 86_400, 172_800].map(spanWords)).toEqual([
    "a minute",
    "90 seconds",
    "30 minutes",
    "an hour",
    "90 minutes",
    "2 hours",
    "a day",
    "2 days",
  ]);
});
