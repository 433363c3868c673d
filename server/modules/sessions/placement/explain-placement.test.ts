import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import type { Asker } from "../../users/users-schema";

let kit: ServiceKit;
let owner: Asker;
let big: FakeAgent;
let small: FakeAgent;

beforeAll(async () => {
  kit = await startServiceKit();
  owner = await makeAsker(kit);
  big = await makeAgent(kit, { name: "big", capacity: { max_cpu: 16, max_memory: 64, max_sessions: 20 } });
  small = await makeAgent(kit, { name: "small", capacity: { max_cpu: 2, max_memory: 2, max_sessions: 1 } });
  await kit.database.agent.update({ where: { id: small.id }, data: { region: "eu-west" } });
});
afterAll(() => kit.close());

const explain = (input: object = {}) => kit.callerOf(owner).sessions.explainPlacement({ template: "terminal-desktop", ...input });

describe("asking where a session would go", () => {
  it("names the agent and says of each why, and what can be asked for; nothing is made or reserved", async () => {
    const { placement, problem, regions, platforms } = await explain();
    expect(placement.chosen).toBe("big");
    expect(placement.considered.map(({ agent, chosen }) => [agent, chosen])).toEqual([
      ["big", true],
      ["small", false],
    ]);
    expect([problem, regions, platforms]).toEqual([null, ["eu-west"], ["docker"]]);
    expect(await explain()).toMatchObject({ placement, problem, regions, platforms });
    expect((await kit.callerOf(owner).sessions.list({})).sessions).toEqual([]);
  });

  it("says what a launch with these wishes does, also where nothing can take it", async () => {
    expect((await explain({ region: "eu-west" })).placement.chosen).toBe("small");
    const made = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", region: "eu-west" });
    expect(made.agentId).toBe("small");
    const nowhere = await explain({ region: "eu-west" });
    expect(nowhere.placement.chosen).toBeNull();
    expect(nowhere.problem).toMatchObject({
      code: "AGENT_CAPACITY_EXCEEDED",
      message: expect.stringContaining("all 1 session slots are taken"),
    });
    expect(nowhere.placement.considered).toContainEqual({
      agent: "big",
      chosen: false,
      reason: "is in region none, eu-west was asked for",
    });
    expect((await explain({ resources: { memory: "100Gi" } })).problem?.code).toBe("AGENT_CAPACITY_EXCEEDED");
    expect((await explain({ agentId: "nobody" })).problem?.code).toBe("AGENT_NOT_FOUND");
  });

  it("follows the home, and knows no other person's", async () => {
    const { homeId } = await makeRunningSession(kit, owner, big);
    const { placement } = await explain({ homeId });
    expect(placement.considered).toContainEqual({ agent: "small", chosen: false, reason: "the home is on another agent" });
    const stranger = kit.callerOf(await makeAsker(kit));
    await expect(stranger.sessions.explainPlacement({ template: "terminal-desktop", homeId: homeId ?? "" })).rejects.toThrow(/No home/);
  });
});
