import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let operator: Asker;
let owner: Asker;
beforeAll(async () => {
  kit = await startServiceKit();
  operator = await makeAsker(kit, "operator");
  owner = await makeAsker(kit);
});
afterAll(() => kit.close());

const agents = () => kit.callerOf(operator).agents;

describe("a drain", () => {
  it("remembers when it began and with how many sessions, however often it is asked for", async () => {
    const agent = await makeAgent(kit);
    await makeRunningSession(kit, owner, agent);
    const second = await makeRunningSession(kit, owner, agent);
    const startedAt = kit.clock.now();
    const begun = await agents().setStatus({ id: agent.name, status: "draining" });
    expect(begun).toMatchObject({ status: "draining", statusSince: startedAt, drain: { startedAt, sessions: 2 } });
    await kit.clock.advance(5_000);
    await agent.heartbeat();
    const ending = kit.callerOf(owner).sessions.delete({ id: second.id });
    await agent.complete(await agent.command("stop_session"));
    await ending;
    await agents().setStatus({ id: agent.name, status: "draining" });
    expect(await agents().get({ id: agent.name })).toMatchObject({
      drain: { startedAt, sessions: 2 },
      capacity: { currentSessions: 1 },
    });
  });

  it("lets sessions go on unless it is told to hibernate them, and leaves those that are on their way", async () => {
    const agent = await makeAgent(kit);
    const runs = await makeRunningSession(kit, owner, agent);
    const starting = await kit.callerOf(owner).sessions.create({ template: "scratchpad", agentId: agent.name });
    await agent.command("start_session");
    await agents().setStatus({ id: agent.name, status: "draining" });
    expect(await kit.callerOf(owner).sessions.get({ id: runs.id })).toMatchObject({ state: "running" });
    await agents().setStatus({ id: agent.name, status: "draining", sessions: "hibernate" });
    expect(await agent.command("hibernate_session")).toMatchObject({ session_id: runs.id });
    expect(await kit.callerOf(owner).sessions.get({ id: runs.id })).toMatchObject({ state: "hibernated" });
    expect((await kit.callerOf(owner).sessions.get({ id: starting.id })).state).not.toBe("hibernated");
  });

  it("is forgotten when it is called off", async () => {
    const agent = await makeAgent(kit);
    await agents().setStatus({ id: agent.name, status: "draining" });
    expect(await agents().setStatus({ id: agent.name, status: "online" })).toMatchObject({ status: "online", drain: null });
  });
});
