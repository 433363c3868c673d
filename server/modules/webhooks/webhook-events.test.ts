import { afterAll, beforeAll, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let admin: Asker;
beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());

it("what happens is told once each: of sessions, agents, tasks, people and templates", async () => {
  const owner = await makeAsker(kit, "user");
  const { id } = await kit.callerOf(admin).webhooks.create({
    name: "hook",
    url: "https://example.net/hook",
    events: [
      "session.created",
      "session.running",
      "session.hibernated",
      "session.woken",
      "session.terminated",
      "session.failed",
      "session.deleted",
      "agent.online",
      "agent.offline",
      "agent.draining",
      "agent.revoked",
      "task.failed",
      "user.created",
      "user.disabled",
      "template.created",
      "template.updated",
    ],
  });
  const told = async () =>
    (await kit.database.webhookDelivery.findMany({ where: { endpointId: id }, orderBy: { sequence: "asc" } })).map(({ type }) => type);
  const since = async (work: () => Promise<unknown>) => {
    const before = (await told()).length;
    await work();
    return (await told()).slice(before);
  };
  const agent = await makeAgent(kit);
  const root = kit.callerOf(admin);
  expect(await since(async () => [await kit.agentsJobs.sweep(), await kit.agentsJobs.sweep()])).toEqual(["agent.online"]);
  expect(
    await since(async () => {
      await root.agents.setStatus({ id: agent.name, status: "draining" });
      await kit.agentsJobs.sweep();
      await root.agents.setStatus({ id: agent.name, status: "online" });
      await kit.agentsJobs.sweep();
    }),
  ).toEqual(["agent.draining", "agent.online"]);

  let session = { id: "" };
  expect(await since(async () => (session = await makeRunningSession(kit, owner, agent)))).toEqual(["session.created", "session.running"]);
  const setState = async (state: "hibernated" | "running", command: string) => {
    const asked = kit.callerOf(owner).sessions.setState({ id: session.id, state });
    const sent = await agent.command(command);
    await agent.complete(sent, state === "hibernated" ? { observed: "stopped" } : {});
    await agent.complete(sent);
    await asked;
  };
  expect(await since(() => setState("hibernated", "hibernate_session"))).toEqual(["session.hibernated"]);
  expect(await since(() => setState("running", "wake_session"))).toEqual(["session.woken"]);
  expect(
    await since(async () => {
      const asked = kit.callerOf(owner).sessions.delete({ id: session.id });
      await agent.complete(await agent.command("stop_session"));
      await asked;
      await kit.callerOf(owner).sessions.delete({ id: session.id });
    }),
  ).toEqual(["session.terminated", "session.deleted"]);
  expect(
    await since(async () => {
      await kit.callerOf(owner).sessions.create({ template: "scratchpad" });
      const start = await agent.command("start_session");
      await agent.fail(start, "IMAGE_NOT_FOUND", "there is no such image");
      await agent.fail(start, "IMAGE_NOT_FOUND", "there is no such image");
    }),
  ).toEqual(["session.created", "task.failed", "session.failed"]);

  expect(
    await since(async () => {
      await agent.disconnect();
      await kit.agentsJobs.sweep();
      await kit.clock.advance(60_000);
      await kit.agentsJobs.sweep();
      await kit.agentsJobs.sweep();
      await root.agents.remove({ id: agent.name });
    }),
  ).toEqual(["agent.offline", "agent.revoked", "task.failed"]);
  expect(
    await since(async () => {
      const { id: userId } = await root.users.create({ username: "carla", password: "correct horse battery" });
      await root.users.update({ id: userId, role: "operator" });
      await root.users.update({ id: userId, active: false });
      await root.users.update({ id: userId, active: false });
      await root.templates.clone({ name: "scratchpad", newName: "my-scratchpad" });
      await root.templates.rollback({ name: "my-scratchpad", version: 1, fromVersion: 1 });
    }),
  ).toEqual(["user.created", "user.disabled", "template.created", "template.updated"]);
  const bodies = await kit.database.webhookDelivery.findMany({ where: { endpointId: id } });
  expect(JSON.parse(bodies.find(({ type }) => type === "session.failed")?.body ?? "{}")).toMatchObject({
    data: { session: { user: owner.username, template: "scratchpad", agent: agent.name }, error: { code: "IMAGE_NOT_FOUND" } },
  });
  expect(JSON.stringify(bodies.map(({ body }) => body))).not.toContain("correct horse");
});
