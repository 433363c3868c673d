import { DOCKER_TASKS } from "@berth/protocol/agent-messages";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { unseal } from "../../platform/sealing";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
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
const run = { image: "registry.example/team/app", tag: "v1", name: "app", env: { TOKEN: "hunter2" } };
const give = (taskType: "docker.run" | "docker.pull" = "docker.run", payload: Record<string, unknown> = run) =>
  tasks().create({ id: agent.name, taskType, payload });

describe("a task for an agent's engine", () => {
  it("goes to the agent, shows its progress and ends with its result", async () => {
    const { taskId, state } = await give();
    expect(state).toBe("queued");
    const command = await agent.command("docker_run");
    expect(command).toMatchObject({ command_id: taskId, session_id: null, data: { ...run, memory: "512Mi", restart: "no", ports: [] } });
    await agent.acknowledge(command);
    await agent.progress(command, "image_pulling", "Pulling image registry.example/team/app:v1", 40);
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "acknowledged", progress: { percent: 40 }, result: null });
    const result = { containerId: "c1", imageId: "sha256:1", made: true };
    await agent.complete(command, result);
    expect(await tasks().get({ id: taskId })).toMatchObject({ kind: "docker.run", state: "completed", session: null, result });
  });

  it("shows no value of an environment variable, in the answer, the task, the list or the audit log", async () => {
    const created = await give();
    const got = await tasks().get({ id: created.taskId });
    expect(got.payload).toMatchObject({ env: { TOKEN: "(hidden)" }, name: "app" });
    const seen = [created, got, await tasks().list({}), await kit.callerOf(admin).audit.list({ action: "tasks.create" })];
    expect(JSON.stringify(seen)).not.toContain("hunter2");
    expect(JSON.stringify(seen[3])).toContain(created.taskId);
  });

  it("is kept with the values of its variables sealed, and has them again in each run", async () => {
    const { taskId } = await give();
    const first = await agent.command("docker_run");
    expect(first.data).toMatchObject({ env: { TOKEN: "hunter2" } });
    expect(first.data).not.toHaveProperty("envSealed");
    await agent.acknowledge(first);
    await agent.fail(first, "ENGINE_UNAVAILABLE", "the engine is away");
    const row = await kit.database.task.findUniqueOrThrow({ where: { id: taskId } });
    expect(row.payload).toMatchObject({ env: { TOKEN: "" }, name: "app" });
    expect(JSON.stringify(row.payload)).not.toContain("hunter2");
    await tasks().retry({ id: taskId });
    expect((await agent.command("docker_run")).data).toMatchObject({ env: { TOKEN: "hunter2" } });
  });

  it("is refused with the fields' names where the allow-list has no word for it, and nothing is written", async () => {
    const refused = give("docker.run", { ...run, privileged: true, env: { TOKEN: "hunter2\0" } });
    await expect(refused).rejects.toMatchObject({
      cause: { code: "VALIDATION_FAILED", details: { fields: { "payload.env.TOKEN": expect.any(String) } } },
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining("hunter2") });
    expect((await tasks().list({ agentId: agent.name })).tasks).toEqual([]);
  });

  it("is for agents that can, and for admins to give and cancel", async () => {
    const old = await makeAgent(kit);
    await expect(tasks().create({ id: old.name, taskType: "docker.prune", payload: {} })).rejects.toMatchObject({
      cause: { code: "AGENT_TOO_OLD" },
    });
    await expect(tasks().create({ id: "nowhere", taskType: "docker.prune", payload: {} })).rejects.toMatchObject({
      cause: { code: "AGENT_NOT_FOUND" },
    });
    const { taskId } = await give();
    for (const role of ["operator", "user"] as const) {
      const other = kit.callerOf(await makeAsker(kit, role)).tasks;
      const refusal = { cause: { code: "AUTH_INSUFFICIENT_PERMISSIONS" } };
      await expect(other.create({ id: agent.name, taskType: "docker.prune", payload: {} })).rejects.toMatchObject(refusal);
      await expect(other.cancel({ id: taskId })).rejects.toMatchObject(refusal);
    }
    expect((await tasks().get({ id: taskId })).state).not.toBe("cancelled");
  });

  it("is found by its kind", async () => {
    await give();
    const { taskId } = await give("docker.pull", { image: "app" });
    const found = await tasks().list({ agentId: agent.name, kind: "docker.pull" });
    expect(found.tasks.map(({ id }) => id)).toEqual([taskId]);
  });
});

describe("credentials", () => {
  const credentials = { "registry.username": "robot", "registry.password": "correct-horse-9" };
  const order = () => tasks().create({ id: agent.name, taskType: "docker.pull", payload: { image: "app" }, credentials });
  const kept = async (id: string) => kit.database.task.findUniqueOrThrow({ where: { id } });

  it("go to the agent that does the task, and are nowhere else to be read", async () => {
    const created = await order();
    const command = await agent.command("docker_pull");
    expect(command.data).toMatchObject({ image: "app", credentials });
    await agent.fail(command, "IMAGE_PULL_DENIED", "denied");
    const admins = kit.callerOf(admin);
    const [got, list, log] = [await tasks().get({ id: created.taskId }), await tasks().list({}), await admins.audit.list({})];
    const rows = [await kit.database.webhookDelivery.findMany(), await kept(created.taskId)];
    const words = JSON.stringify([created, got, list, log, rows], (_, value) => (typeof value === "bigint" ? String(value) : value));
    expect(words).not.toContain("correct-horse-9");
    expect(words).not.toContain("robot");
  });

  it("are sealed while the task is open, for it alone, and gone when it ends in whatever way", async () => {
    const { taskId } = await order();
    const command = await agent.command("docker_pull");
    const sealed = (await kept(taskId)).credentialsSealed ?? "";
    expect(sealed).not.toBe("");
    expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain("correct-horse-9");
    expect(() => unseal(kit.keys.taskCredentials, crypto.randomUUID(), sealed)).toThrow();
    await agent.complete(command, { imageId: "i1" });
    const [forced, queued] = [
      await order(),
      await agent
        .command("docker_pull")
        .then(() => agent.disconnect())
        .then(order),
    ];
    await tasks().cancel({ id: forced.taskId, force: true });
    await tasks().cancel({ id: queued.taskId });
    for (const id of [taskId, forced.taskId, queued.taskId]) expect((await kept(id)).credentialsSealed).toBeNull();
  });

  it("are refused where they don't belong, without being named", async () => {
    const stray = tasks().create({ id: agent.name, taskType: "docker.prune", payload: {}, credentials });
    await expect(stray).rejects.toMatchObject({ cause: { code: "VALIDATION_FAILED" } });
    const within = give("docker.pull", { image: "app", credentials });
    await expect(within).rejects.toMatchObject({ cause: { code: "VALIDATION_FAILED" } });
    await expect(within).rejects.not.toMatchObject({ message: expect.stringContaining("correct-horse-9") });
  });
});

describe("cancelling", () => {
  it("ends at once what was not sent", async () => {
    await agent.disconnect();
    const { taskId } = await give();
    expect(await tasks().cancel({ id: taskId })).toMatchObject({ state: "cancelled" });
    await agent.connect();
    await kit.dispatcher.wake();
    expect(agent.pending).toEqual([]);
  });

  it("asks the agent that has it, and is over when it says so", async () => {
    const { taskId } = await give("docker.pull", { image: "app" });
    const command = await agent.command("docker_pull");
    await agent.acknowledge(command);
    expect(await tasks().cancel({ id: taskId })).toMatchObject({ cancelAskedAt: expect.any(Date) });
    await kit.dispatcher.wake();
    expect(agent.received).toContainEqual({ type: "command_cancel", command_id: taskId, generation: 1 });
    await agent.fail(command, "COMMAND_CANCELLED", "The command was cancelled");
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "cancelled", errorCode: "COMMAND_CANCELLED" });
    await expect(tasks().cancel({ id: taskId })).rejects.toMatchObject({ cause: { code: "TASK_NOT_CANCELLABLE" } });
  });

  it("tells an agent that was away, when it is back", async () => {
    const { taskId } = await give("docker.pull", { image: "app" });
    await agent.command("docker_pull");
    await agent.disconnect();
    await tasks().cancel({ id: taskId });
    expect(agent.received).not.toContainEqual({ type: "command_cancel", command_id: taskId, generation: 1 });
    await agent.connect();
    await kit.dispatcher.wake();
    expect(agent.received).toContainEqual({ type: "command_cancel", command_id: taskId, generation: 1 });
  });

  it("by force is over at once, and the agent's late result is kept and changes nothing", async () => {
    const { taskId } = await give();
    const command = await agent.command("docker_run");
    await agent.acknowledge(command);
    expect(await tasks().cancel({ id: taskId, force: true })).toMatchObject({ state: "cancelled" });
    await agent.complete(command, { containerId: "c1", imageId: "i1", made: true });
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "cancelled", result: { containerId: "c1" } });
  });

  it("leaves alone what a session needs", async () => {
    await makeRunningSession(kit, admin, agent);
    const [start] = (await tasks().list({ agentId: agent.name, kind: "session.start" })).tasks;
    await expect(tasks().cancel({ id: start?.id ?? "" })).rejects.toMatchObject({ cause: { code: "TASK_NOT_CANCELLABLE" } });
  });
});
