import { DOCKER_TASKS } from "@berth/protocol/agent-messages";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAgent, makeAsker } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let admin: Asker;
let agent: FakeAgent;

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());
beforeEach(async () => {
  agent = await makeAgent(kit, { capabilities: [DOCKER_TASKS] });
});

const tasks = () => kit.callerOf(admin).tasks;
const pull = { taskType: "docker.pull" as const, payload: { image: "app" } };
const count = () => kit.database.task.count();

describe("an idempotency key", () => {
  it("gives the same task to who asks for the same again, at once or later, and one audit entry", async () => {
    const idempotencyKey = `deploy-${agent.name}`;
    const before = await count();
    const ask = () => tasks().create({ id: agent.name, ...pull, priority: 5, idempotencyKey });
    const answers = await Promise.all([ask(), ask(), ask()]);
    answers.push(await tasks().create({ id: agent.name, idempotencyKey, payload: { image: "app" }, taskType: "docker.pull", priority: 5 }));
    expect(new Set(answers.map(({ taskId }) => taskId)).size).toBe(1);
    expect(await count()).toBe(before + 1);
    const { entries } = await kit.callerOf(admin).audit.list({ action: "tasks.create" });
    expect(entries.filter(({ targetId }) => targetId === answers[0]?.taskId)).toHaveLength(1);
  });

  it("that was used for something else is refused, and belongs to its maker alone", async () => {
    const idempotencyKey = `other-${agent.name}`;
    const credentials = { "registry.username": "robot", "registry.password": "one" };
    const { taskId } = await tasks().create({ id: agent.name, ...pull, credentials, idempotencyKey });
    for (const other of [
      { priority: 1 },
      { payload: { image: "another" } },
      { credentials: { ...credentials, "registry.password": "two" } },
    ])
      await expect(tasks().create({ id: agent.name, ...pull, credentials, idempotencyKey, ...other })).rejects.toMatchObject({
        cause: { code: "TASK_KEY_REUSED", message: expect.stringContaining(taskId) },
      });
    const second = kit.callerOf(await makeAsker(kit, "admin")).tasks;
    expect((await second.create({ id: agent.name, ...pull, idempotencyKey })).taskId).not.toBe(taskId);
  });
});

describe("trying again by hand", () => {
  it("runs what failed anew, as the next run of the same task", async () => {
    const { taskId } = await tasks().create({ id: agent.name, ...pull, retries: 0 });
    const first = await agent.command("docker_pull");
    await agent.acknowledge(first);
    await agent.fail(first, "IMAGE_NOT_FOUND", "There is no such image");
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "failed", generation: 1, attempts: 1 });
    // It may be on its way before it is answered.
    expect(await tasks().retry({ id: taskId })).toMatchObject({ taskId, generation: 2, state: expect.stringMatching(/^(queued|sent)$/) });
    const second = await agent.command("docker_pull");
    expect(second.command_id).toBe(taskId);
    await agent.complete(second, { imageId: "i1" });
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "completed", generation: 2, errorCode: null, errorMessage: null });
    expect((await tasks().logs({ id: taskId })).lines).toContainEqual(
      expect.objectContaining({ number: 1, message: `Run 2: tried again by ${admin.username}` }),
    );
  });

  it("takes new credentials, as the old ones are gone", async () => {
    const credentials = { "registry.username": "robot", "registry.password": "second-try" };
    const { taskId } = await tasks().create({ id: agent.name, ...pull });
    await agent.fail(await agent.command("docker_pull"), "IMAGE_PULL_DENIED", "denied");
    const asked = await tasks().retry({ id: taskId, credentials });
    expect(JSON.stringify(asked)).not.toContain("second-try");
    expect((await agent.command("docker_pull")).data).toMatchObject({ credentials });
  });

  it("is refused for what goes on, what was done and what a session needs", async () => {
    const { taskId } = await tasks().create({ id: agent.name, ...pull });
    const refusal = { cause: { code: "TASK_NOT_RETRYABLE" } };
    await expect(tasks().retry({ id: taskId })).rejects.toMatchObject(refusal);
    await agent.complete(await agent.command("docker_pull"), { imageId: "i1" });
    await expect(tasks().retry({ id: taskId })).rejects.toMatchObject(refusal);
    const event = await kit.database.$transaction((tx) =>
      kit.services.tasks.enqueue(tx, { kind: "home.delete", agentId: agent.id, data: { volume: "berth-home-1" }, createdById: null }),
    );
    await expect(tasks().retry({ id: event.taskId })).rejects.toMatchObject(refusal);
  });
});

describe("order", () => {
  it("is by priority, and by age among equals", async () => {
    await agent.disconnect();
    const make = (name: string, priority: number) => tasks().create({ id: agent.name, ...pull, payload: { image: name }, priority });
    for (const [name, priority] of [
      ["low", -10],
      ["first", 0],
      ["second", 0],
      ["high", 100],
    ] as const)
      await make(name, priority);
    await agent.connect();
    await kit.dispatcher.wake();
    expect(agent.pending.map(({ data }) => data.image)).toEqual(["high", "first", "second", "low"]);
  });

  it("of the list is by age or by priority, either way, and page by page tells none twice", async () => {
    await agent.disconnect();
    const images = new Map<string, string>();
    for (const [image, priority] of [
      ["a", 0],
      ["b", -10],
      ["c", 100],
      ["d", 0],
    ] as const) {
      const { taskId } = await tasks().create({ id: agent.name, ...pull, payload: { image }, priority });
      images.set(taskId, image);
    }
    const inPagesOfThree = async (sort: "createdAt" | "priority", order: "asc" | "desc") => {
      let names = "";
      for (let cursor: string | undefined; ; ) {
        const { tasks: rows, pagination } = await tasks().list({ agentId: agent.name, state: "queued", sort, order, limit: 3, cursor });
        names += rows.map(({ id }) => images.get(id) ?? "").join("");
        if (pagination.nextCursor === null) return names;
        cursor = pagination.nextCursor;
      }
    };
    expect(await inPagesOfThree("createdAt", "desc")).toBe("dcba");
    expect(await inPagesOfThree("createdAt", "asc")).toBe("abcd");
    expect(await inPagesOfThree("priority", "desc")).toBe("cdab");
    expect(await inPagesOfThree("priority", "asc")).toBe("badc");
    await agent.connect();
  });

  it("hands out nothing before its time", async () => {
    const notBefore = new Date(kit.clock.now().getTime() + 60_000);
    const { taskId } = await tasks().create({ id: agent.name, ...pull, notBefore: notBefore.toISOString() });
    await kit.dispatcher.wake();
    expect(agent.pending).toEqual([]);
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "queued", notBefore });
    await kit.clock.advance(60_000);
    expect(await agent.command("docker_pull")).toMatchObject({ command_id: taskId });
  });
});
