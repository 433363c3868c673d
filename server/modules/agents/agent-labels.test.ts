import { afterAll, beforeAll, expect, it } from "vitest";
import { makeAsker } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let operator: Asker;
beforeAll(async () => {
  kit = await startServiceKit();
  operator = await makeAsker(kit, "operator");
});
afterAll(() => kit.close());

it("gives an agent labels and capabilities over its own, which come back when they are taken away", async () => {
  const admin = await makeAsker(kit, "admin");
  const { token } = await kit.callerOf(admin).registrationTokens.create({ labels: { zone: "token", rack: "7" }, capabilities: ["gpu"] });
  const request = {
    name: "labelled",
    version: "1",
    capabilities: ["docker"],
    labels: { zone: "own", disk: "ssd" },
    platform: "docker" as const,
  };
  const { agentId } = await kit.services.registrationTokens.register({ token, address: "192.0.2.9", inPlain: false, request });
  const said = { type: "register", agent_id: "labelled", platform: "docker", capacity: {}, metadata: {} } as const;
  const comes = () =>
    kit.inbox.registered({ agentId, name: "labelled" }, "c1", { ...said, capabilities: request.capabilities, labels: request.labels });
  const seen = async () => {
    const { labels, capabilities } = await kit.callerOf(operator).agents.get({ id: "labelled" });
    return { labels, capabilities };
  };
  expect(await seen()).toEqual({ labels: { zone: "token", rack: "7", disk: "ssd" }, capabilities: ["docker", "gpu"] });

  const changed = await kit.callerOf(operator).agents.update({ id: "labelled", labels: { zone: "operator" }, capabilities: ["ssh"] });
  expect(changed).toMatchObject({ labels: { zone: "operator", disk: "ssd" }, capabilities: ["docker", "ssh"] });
  expect(changed.labels).not.toHaveProperty("rack");
  await comes();
  expect(await seen()).toEqual({ labels: { zone: "operator", disk: "ssd" }, capabilities: ["docker", "ssh"] });

  await kit.callerOf(operator).agents.update({ id: "labelled", labels: {} });
  expect(await seen()).toEqual({ labels: { disk: "ssd" }, capabilities: ["docker", "ssh"] });
  await comes();
  expect(await seen()).toEqual({ labels: { zone: "own", disk: "ssd" }, capabilities: ["docker", "ssh"] });

  const [entry] = (await kit.callerOf(admin).audit.list({ action: "agents.update" })).entries;
  expect(entry).toMatchObject({ actorName: operator.username, details: { name: "labelled", labels: [] } });
  await expect(kit.callerOf(operator).agents.update({ id: "nobody" })).rejects.toMatchObject({ code: "NOT_FOUND" });
});
