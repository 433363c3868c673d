import { SESSION_VERSIONS } from "@berth/protocol/session-versions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";
import { imageRegistry } from "./image-registry";

let kit: ServiceKit;
let admin: Asker;
let agent: FakeAgent;
const PASSWORD = "pull-me-and-nobody-else";
const host = "registry.example:5000";

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
  agent = await makeAgent(kit, { capabilities: [SESSION_VERSIONS] });
});
afterAll(() => kit.close());

const registries = () => kit.callerOf(admin).registries;
const authOf = (command: { data: unknown }) => Reflect.get(Object(command.data), "registry_auth");

it.each([
  ["desktop", "docker.io"],
  ["team/desktop:1", "docker.io"],
  ["index.docker.io/team/desktop", "docker.io"],
  ["localhost/desktop:2", "localhost"],
  ["registry.example:5000/team/desktop@sha256:00", "registry.example:5000"],
  ["Registry.Example/desktop", "registry.example"],
])("%s is of %s", (image, registry) => expect(imageRegistry(image)).toBe(registry));

describe("a registry's user name and password", () => {
  it("are told to nobody, and stand in no row and no audit entry in plain", async () => {
    const saved = await registries().save({ host, username: "puller", password: PASSWORD });
    expect(saved).toEqual({ host, username: "puller", readable: true, changedAt: kit.clock.now() });
    expect((await registries().list()).registries).toEqual([saved]);
    const rows = await kit.database.$queryRaw<{ text: string }[]>`SELECT row_to_json(r)::text AS text FROM "RegistryLogin" r
      UNION ALL SELECT row_to_json(a)::text FROM "AuditEntry" a`;
    expect(rows.some(({ text }) => text.includes(host))).toBe(true);
    expect(JSON.stringify(rows)).not.toContain(PASSWORD);
  });

  it("go with each start and fetch of an image from there to the agent that does it, and stand in no task", async () => {
    const image = `${host}/team/desktop:1`;
    const templates = kit.callerOf(admin).templates;
    const base = await templates.get({ name: "terminal-desktop" });
    const { memory, cpu } = base.defaultResources;
    await templates.create({
      name: "private",
      displayName: "Private",
      category: "Mine",
      image,
      display: base.display,
      defaultResources: { memory, cpu },
    });
    const owner = await makeAsker(kit);
    const made = kit.callerOf(owner).sessions.create({ template: "private", agentId: agent.name });
    const start = await agent.command("start_session");
    expect(authOf(start)).toEqual({ username: "puller", password: PASSWORD });
    const tasks = await kit.database.$queryRaw<{ text: string }[]>`SELECT row_to_json(t)::text AS text FROM "Task" t`;
    expect(JSON.stringify(tasks)).not.toContain(PASSWORD);
    await agent.acknowledge(start);
    await agent.complete(start, { container_id: "c-1", pod_name: "p", hibernate_modes: ["stop"] });
    const { id } = await made;
    await kit.callerOf(admin).containers.updateVersion({ containerId: id, image: `${host}/team/desktop`, tag: "2" });
    expect(authOf(await agent.command("pull_image"))).toEqual({ username: "puller", password: PASSWORD });
  });

  it("go with no image of another registry", async () => {
    await makeRunningSession(kit, await makeAsker(kit), agent);
    const start = agent.received.filter((message) => message.type === "command").at(-1);
    expect(start?.command_type).toBe("start_session");
    expect(authOf({ data: start?.data })).toBeUndefined();
  });

  it("are forgotten when an administrator says so", async () => {
    await registries().remove({ host });
    expect((await registries().list()).registries).toEqual([]);
    await expect(registries().remove({ host })).rejects.toThrow(/No user name is kept for the registry/);
  });

  it("is kept for what an image's name can begin with alone", async () => {
    for (const wrong of ["registry", "https://registry.example", "registry.example/team", "Registry.example", "a b.c"])
      await expect(registries().save({ host: wrong, username: "u", password: "p" })).rejects.toThrow(/host/);
    for (const right of ["docker.io", "localhost", "127.0.0.1:5000", "registry:5000", "my-registry.example"])
      await registries().save({ host: right, username: "u", password: "p" });
  });
});
