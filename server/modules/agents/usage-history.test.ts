import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let operator: Asker;
beforeAll(async () => {
  kit = await startServiceKit();
  operator = await makeAsker(kit, "operator");
});
afterAll(() => kit.close());

const usage = (id: string, hours: 1 | 6 | 24 = 1) => kit.callerOf(operator).agents.usage({ id, hours });
/** To the beginning of the next minute. */
const nextMinute = () => kit.clock.advance(60_000 - (kit.clock.now().getTime() % 60_000));

describe("the history of a host's usage", () => {
  it("has one sample for each minute: the mean of its heartbeats, and the sessions that held room", async () => {
    const agent = await makeAgent(kit);
    await makeRunningSession(kit, await makeAsker(kit), agent);
    await nextMinute();
    const at = kit.clock.now();
    await agent.heartbeat({ resource_usage: { cpu: 10, memory: 40 } });
    await agent.heartbeat({ resource_usage: { cpu: 30, memory: 60 } });
    await kit.usageHistory.flush();
    expect((await usage(agent.name)).samples).toEqual([]);
    await nextMinute();
    await kit.usageHistory.flush();
    expect(await usage(agent.id)).toMatchObject({
      stepSeconds: 60,
      samples: [{ at, cpu: 20, memory: 50, disk: null, sessions: 1 }],
    });
  });

  it("gives a day in steps of four minutes, and keeps nothing older", async () => {
    const agent = await makeAgent(kit);
    await nextMinute();
    const beat = async () => {
      await agent.heartbeat({ resource_usage: { cpu: 50, memory: 50 } });
      await nextMinute();
      await kit.usageHistory.flush();
    };
    for (let minute = 0; minute < 8; minute += 1) await beat();
    const { samples, stepSeconds } = await usage(agent.name, 24);
    expect(stepSeconds).toBe(240);
    expect(samples.length).toBeLessThanOrEqual(3);
    const kept = await kit.database.agentUsage.count({ where: { agentId: agent.id } });
    const old = new Date(kit.clock.now().getTime() - 25 * 3_600_000);
    await kit.database.agentUsage.create({ data: { agentId: agent.id, at: old, cpu: 99, memory: 1, sessions: 0 } });
    await kit.usageHistory.prune();
    expect(await kit.database.agentUsage.findMany({ where: { agentId: agent.id, at: { lte: old } } })).toEqual([]);
    expect(await kit.database.agentUsage.count({ where: { agentId: agent.id } })).toBe(kept);
  });

  it("goes with its agent, also when that is removed between a heartbeat and the writing", async () => {
    const agent = await makeAgent(kit);
    await agent.heartbeat({ resource_usage: { cpu: 50, memory: 50 } });
    await kit.callerOf(await makeAsker(kit, "admin")).agents.remove({ id: agent.name });
    await nextMinute();
    await kit.usageHistory.flush();
    await expect(usage(agent.name)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
