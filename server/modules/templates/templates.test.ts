import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";
import { seedTemplates } from "./seed-templates";
import { createTemplateInput } from "./templates-schema";

let kit: ServiceKit;
let admin: Asker;
beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());

const input = (name: string, over: object = {}) =>
  createTemplateInput.parse({
    name,
    displayName: "Editor",
    category: "Tests",
    image: "berth/test:1",
    display: { protocol: "rfb", port: 5900 },
    defaultResources: { memory: "512Mi", cpu: "0.5" },
    environment: { A: "1" },
    ...over,
  });

describe("templates", () => {
  it("come with our own images, tried, and public ones that say that they weren't", async () => {
    const { templates } = await kit.callerOf(admin).templates.list({});
    expect(
      templates
        .filter((one) => one.tried)
        .map((one) => one.name)
        .sort(),
    ).toEqual(["firefox-browser", "scratchpad", "terminal-desktop"]);
    expect(templates.find((one) => one.name === "webtop")).toMatchObject({
      tried: false,
      security: "compatible",
      display: { protocol: "http", port: 3000 },
    });
    expect(await seedTemplates({ database: kit.database, templates: kit.services.templates })).toEqual([]);
  });

  it("keep what a session was started from when they change", async () => {
    const agent = await makeAgent(kit);
    await kit.callerOf(admin).templates.create(input("versioned"));
    const before = await kit
      .callerOf(admin)
      .sessions.create({ template: "versioned", agentId: agent.name, resources: { cpu: "2" }, environment: { B: "2" } });
    const changed = await kit.callerOf(admin).templates.update(input("versioned", { image: "berth/test:2" }));
    expect(changed).toMatchObject({ version: 2, image: "berth/test:2", defaultResources: { memory: "512Mi", cpu: "500m" } });
    const started = await agent.command("start_session");
    expect(started.data).toMatchObject({
      image: "berth/test:1",
      resources: { memory: "512Mi", cpu: "2000m" },
      environment: { A: "1", B: "2" },
      security: "strict",
    });
    await agent.complete(started);
    const hibernating = kit.callerOf(admin).sessions.setState({ id: before.id, state: "hibernated" });
    await agent.complete(await agent.command("hibernate_session"));
    await hibernating;
    const waking = kit.callerOf(admin).sessions.setState({ id: before.id, state: "running" });
    const wake = await agent.command("wake_session");
    expect(wake.data).toMatchObject({ image: "berth/test:1" });
    await agent.complete(wake);
    await waking;
    await expect(kit.callerOf(admin).templates.remove({ name: "versioned" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("1 session(s)"),
    });
  });

  it("have versions without gaps when two change one at once", async () => {
    await kit.callerOf(admin).templates.create(input("raced"));
    const both = await Promise.all(
      ["a", "b"].map((tag) => kit.callerOf(admin).templates.update(input("raced", { image: `berth/test:${tag}` }))),
    );
    expect(both.map((one) => one.version).sort()).toEqual([2, 3]);
  });

  it("are refused with the field that is wrong", async () => {
    const create = (over: object) => kit.callerOf(admin).templates.create({ ...input("bad"), ...over });
    await expect(create({ homePath: "/home/../etc" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("homePath"),
    });
    await expect(create({ image: "--privileged" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("image"),
    });
    await expect(create({ privileged: true })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("privileged"),
    });
    await expect(create({ name: "scratchpad" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("exists already"),
    });
  });
});
