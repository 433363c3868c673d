import { KEPT_LOGS } from "@berth/protocol/agent-messages";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";

let kit: ServiceKit;
beforeAll(async () => {
  kit = await startServiceKit();
});
afterAll(() => kit.close());

it("what an agent keeps of a session that was deleted while it was away, it is told to forget; and nothing of one that is there", async () => {
  const owner = await makeAsker(kit);
  const agent = await makeAgent(kit, { capabilities: [KEPT_LOGS] });
  const gone = await makeRunningSession(kit, owner, agent);
  const there = await makeRunningSession(kit, owner, agent);
  await kit.database.session.update({ where: { id: gone.id }, data: { desired: "terminated", observed: "removed" } });
  await agent.disconnect();
  await kit.callerOf(owner).sessions.delete({ id: gone.id });
  await agent.connect();
  await agent.say({
    type: "inventory",
    agent_id: agent.name,
    timestamp: kit.clock.now().toISOString(),
    sessions: [],
    homes: [],
    kept_logs: [gone.id, there.id, "never-one-of-ours"],
  });
  const told = agent.received.flatMap((message) => (message.type === "logs_forget" ? [message.session_id] : []));
  expect(told).toEqual([gone.id, "never-one-of-ours"]);
});
