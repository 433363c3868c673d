import { DOCKER_TASKS, TASK_RUNS, type ToAgentOf } from "@berth/protocol/agent-messages";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeAgent, makeAsker } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";
import { MAX_LOG_LINE_BYTES, MAX_LOG_LINES } from "./task-logs-service";

let kit: ServiceKit;
let admin: Asker;
let first: FakeAgent;
let second: FakeAgent;
let rack: string;

const able = { capabilities: [DOCKER_TASKS, TASK_RUNS] };

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());
beforeEach(async () => {
  [first, second] = [await makeAgent(kit, able), await makeAgent(kit, able)];
  rack = `rack-${first.name}`;
  await kit.database.agent.updateMany({ where: { id: { in: [first.id, second.id] } }, data: { labels: { rack } } });
});

const tasks = () => kit.callerOf(admin).tasks;
const credentials = { "registry.username": "robot", "registry.password": "hunter-4" };
const pull = { taskType: "docker.pull" as const, payload: { image: "app" } };
const forAny = (extra: Record<string, unknown> = {}) => tasks().createForAny({ ...pull, selector: { labels: { rack } }, ...extra });
const forFirst = (extra: Record<string, unknown> = {}) => tasks().create({ id: first.name, ...pull, ...extra });
const words = async (id: string) => (await tasks().logs({ id })).lines.map(({ message }) => message);
const commandsOf = (agent: FakeAgent, id: string) =>
  agent.received.filter((message): message is ToAgentOf<"command"> => message.type === "command" && message.command_id === id);
const ack = (agent: FakeAgent, { command_id, generation }: ToAgentOf<"command">) =>
  agent.say({ type: "command_ack", command_id, agent_id: agent.name, status: "acknowledged", generation });
const result = (agent: FakeAgent, command_id: string, generation: number, status: "completed" | "failed", code?: string) =>
  agent.say({ type: "command_result", command_id, agent_id: agent.name, status, generation, error: code && "it failed", error_code: code });

describe("a task for any agent that fits", () => {
  it("is offered without its credentials, and sent with them to the agent whose acknowledgement was taken", async () => {
    const { taskId, agentId } = await forAny({ credentials });
    expect(agentId).toBeNull();
    await vi.waitFor(() => expect(commandsOf(first, taskId).length + commandsOf(second, taskId).length).toBe(1));
    const taker = commandsOf(first, taskId).length === 1 ? first : second;
    const [offer] = commandsOf(taker, taskId);
    expect(offer).toMatchObject({ offered: true, generation: 1, timeout_seconds: 3600, data: { image: "app" } });
    expect(JSON.stringify(offer)).not.toContain("hunter-4");
    if (offer) await ack(taker, offer);
    await vi.waitFor(() => expect(commandsOf(taker, taskId)).toHaveLength(2));
    const sent = commandsOf(taker, taskId)[1];
    expect(sent?.offered).toBeUndefined();
    expect(sent?.data).toMatchObject({ credentials });
    if (sent) await ack(taker, sent);
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "acknowledged", agentId: taker.name, offered: false });
  });

  it("goes to another where it is not acknowledged, and an acknowledged one never moves", async () => {
    const { taskId } = await forAny();
    await vi.waitFor(async () => expect((await tasks().get({ id: taskId })).offered).toBe(true));
    const lost = (await tasks().get({ id: taskId })).agentId === first.name ? first : second;
    const other = lost === first ? second : first;
    await kit.clock.advance(15_000);
    await kit.dispatcher.wake();
    const offer = await other.command("docker_pull");
    expect(offer).toMatchObject({ command_id: taskId, offered: true });
    // The first answer comes too late, and begins nothing.
    const [early] = commandsOf(lost, taskId);
    if (early) await ack(lost, early);
    await kit.dispatcher.wake();
    expect(commandsOf(lost, taskId)).toHaveLength(1);
    await ack(other, offer);
    const sent = await other.command("docker_pull");
    await ack(other, sent);
    await other.disconnect();
    await kit.clock.advance(120_000);
    await kit.dispatcher.wake();
    expect(commandsOf(lost, taskId)).toHaveLength(1);
    // What the loser says of it is written down and changes nothing.
    await result(lost, taskId, 1, "completed");
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "acknowledged", agentId: other.name });
    expect((await words(taskId)).join()).toMatch(/goes to agent .* now.*Too late, and without effect/);
  });

  it("waits for one that is there, fits and takes work", async () => {
    const label = `gpu-${first.name}`;
    const { taskId } = await tasks().createForAny({ ...pull, selector: { labels: { rack }, capabilities: [label] } });
    await kit.dispatcher.wake();
    const set = (data: { capabilities?: string[]; draining?: boolean }) => kit.database.agent.update({ where: { id: second.id }, data });
    await set({ capabilities: [...able.capabilities, label], draining: true });
    await kit.dispatcher.wake();
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "queued", agentId: null });
    await set({ draining: false });
    await kit.dispatcher.wake();
    expect(await second.command("docker_pull")).toMatchObject({ command_id: taskId });
  });

  it("is this agent's at once where it can't be asked first", async () => {
    await kit.database.agent.updateMany({ where: { id: { in: [first.id, second.id] } }, data: { capabilities: [DOCKER_TASKS] } });
    const { taskId } = await forAny();
    await vi.waitFor(async () => expect((await tasks().get({ id: taskId })).state).toBe("sent"));
    const { agentId } = await tasks().get({ id: taskId });
    await kit.clock.advance(60_000);
    await kit.dispatcher.wake();
    expect((await tasks().get({ id: taskId })).agentId).toBe(agentId);
    const [taker, other] = agentId === first.name ? [first, second] : [second, first];
    expect(commandsOf(taker, taskId).length).toBeGreaterThan(1);
    expect(commandsOf(other, taskId)).toEqual([]);
  });
});

describe("credentials", () => {
  it("are sent again where they may be lost, and not once they were acknowledged; their loss is told as such", async () => {
    const { taskId } = await forFirst({ credentials });
    await first.command("docker_pull");
    await kit.clock.advance(15_000);
    await kit.dispatcher.wake();
    const again = await first.command("docker_pull");
    expect(again.data).toMatchObject({ credentials });
    await ack(first, again);
    await first.disconnect();
    await first.connect();
    await kit.dispatcher.wake();
    const bare = await first.command("docker_pull");
    expect(bare.data).toEqual({ image: "app" });
    await result(first, taskId, 1, "failed", "IMAGE_PULL_DENIED");
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "failed", errorCode: "TASK_CREDENTIALS_GONE" });
  });

  it("go along with each further run", async () => {
    const { taskId } = await forFirst({ credentials, retries: 1 });
    const command = await first.command("docker_pull");
    await ack(first, command);
    await result(first, taskId, 1, "failed", "IMAGE_PULL_FAILED");
    await kit.clock.advance(5_000);
    await kit.dispatcher.wake();
    expect(await first.command("docker_pull")).toMatchObject({ generation: 2, data: { credentials } });
  });
});

describe("a failure that may pass", () => {
  it("is tried again, later each time, as often as was wished, and then is the end", async () => {
    const { taskId } = await forFirst({ retries: 2 });
    for (const [run, waitMs] of [
      [1, 5_000],
      [2, 10_000],
    ] as const) {
      expect(await first.command("docker_pull")).toMatchObject({ generation: run });
      await result(first, taskId, run, "failed", "IMAGE_PULL_FAILED");
      expect(await tasks().get({ id: taskId })).toMatchObject({ state: "queued", retried: run, errorCode: "IMAGE_PULL_FAILED" });
      await kit.clock.advance(waitMs - 1);
      await kit.dispatcher.wake();
      expect(first.pending).toEqual([]);
      await kit.clock.advance(1);
      await kit.dispatcher.wake();
    }
    expect(await first.command("docker_pull")).toMatchObject({ generation: 3 });
    await result(first, taskId, 3, "failed", "IMAGE_PULL_FAILED");
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "failed", generation: 3, retried: 2 });
    expect(await words(taskId)).toHaveLength(2);
  });

  it("is not tried again where it can't pass, or its end was asked for", async () => {
    const { taskId } = await forFirst({ retries: 5 });
    await first.command("docker_pull");
    await result(first, taskId, 1, "failed", "IMAGE_NOT_FOUND");
    expect((await tasks().get({ id: taskId })).state).toBe("failed");
    const asked = await forFirst({ retries: 5 });
    await first.command("docker_pull");
    await tasks().cancel({ id: asked.taskId });
    await result(first, asked.taskId, 1, "failed", "IMAGE_PULL_FAILED");
    expect((await tasks().get({ id: asked.taskId })).state).toBe("failed");
  });

  it("takes a late result of the run before for what it is", async () => {
    const { taskId } = await forFirst({ retries: 1 });
    await first.command("docker_pull");
    await result(first, taskId, 1, "failed", "IMAGE_PULL_FAILED");
    await kit.clock.advance(5_000);
    await kit.dispatcher.wake();
    await first.command("docker_pull");
    await result(first, taskId, 1, "completed");
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "sent", generation: 2 });
    await result(first, taskId, 2, "completed");
    expect((await tasks().get({ id: taskId })).state).toBe("completed");
    expect((await words(taskId)).at(-1)).toMatch(/Too late, and without effect/);
  });
});

describe("a time limit", () => {
  it("has the agent asked to end it, and ends it where no answer comes", async () => {
    const { taskId } = await forFirst({ timeout: 60 });
    const command = await first.command("docker_pull");
    expect(command.timeout_seconds).toBe(60);
    await ack(first, command);
    await kit.clock.advance(60_000);
    await kit.taskEnds.sweep();
    await vi.waitFor(() => expect(first.received).toContainEqual({ type: "command_cancel", command_id: taskId, generation: 1 }));
    expect((await tasks().get({ id: taskId })).finishedAt).toBeNull();
    await kit.clock.advance(30_000);
    await kit.taskEnds.sweep();
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "failed", errorCode: "TASK_TIMED_OUT" });
    await result(first, taskId, 1, "completed");
    expect((await tasks().get({ id: taskId })).state).toBe("failed");
    expect((await words(taskId)).at(-1)).toMatch(/Too late/);
  });

  it("that its agent kept is told as such, and a further try stays where the outcome isn't known", async () => {
    const kept = await forFirst({ timeout: 10 });
    await first.command("docker_pull");
    await kit.clock.advance(10_000);
    await result(first, kept.taskId, 1, "failed", "COMMAND_CANCELLED");
    expect(await tasks().get({ id: kept.taskId })).toMatchObject({ state: "failed", errorCode: "TASK_TIMED_OUT" });
    const { taskId } = await forAny({ timeout: 10, retries: 1 });
    await vi.waitFor(async () => expect((await tasks().get({ id: taskId })).agentId).not.toBeNull());
    const { agentId } = await tasks().get({ id: taskId });
    const taker = agentId === first.name ? first : second;
    await ack(taker, await taker.command("docker_pull"));
    await taker.command("docker_pull");
    await taker.disconnect();
    await kit.clock.advance(40_000);
    await kit.taskEnds.sweep();
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "queued", generation: 2, agentId });
  });
});

describe("revocation", () => {
  it("ends what the agent had", async () => {
    const own = await forFirst();
    await first.command("docker_pull");
    await kit.database.agent.update({ where: { id: first.id }, data: { revokedAt: kit.clock.now() } });
    await kit.taskEnds.sweep();
    expect(await tasks().get({ id: own.taskId })).toMatchObject({ state: "failed", errorCode: "AGENT_OFFLINE" });
  });
});

describe("cancelling by force", () => {
  it("tells the agent by whichever replica holds it", async () => {
    const { taskId } = await forFirst();
    await first.command("docker_pull");
    await tasks().cancel({ id: taskId, force: true });
    await vi.waitFor(() => expect(first.received).toContainEqual({ type: "command_cancel", command_id: taskId, generation: 1 }));
  });
});

describe("a task's log", () => {
  const log = (id: string, lines: number, message = "line") =>
    first.say({
      type: "command_log",
      command_id: id,
      agent_id: first.name,
      generation: 1,
      lines: Array.from({ length: lines }, () => ({ timestamp: "no time", level: "info" as const, message })),
    });

  it("keeps the first 2,000 lines of 2 KB each, and says that there were more", { timeout: 30_000 }, async () => {
    const { taskId } = await forFirst();
    await first.command("docker_pull");
    await log(taskId, 1, "ü".repeat(4000));
    for (let times = 0; times < 21; times += 1) await log(taskId, 100);
    const { lines } = await tasks().logs({ id: taskId, limit: 2100 });
    expect(lines).toHaveLength(MAX_LOG_LINES + 1);
    expect(Buffer.byteLength(lines[0]?.message ?? "")).toBeLessThanOrEqual(MAX_LOG_LINE_BYTES);
    expect(lines.at(-1)?.message).toMatch(/left out/);
    const after = await tasks().logs({ id: taskId, after: 1998, limit: 1 });
    expect(after.lines.map(({ number }) => number)).toEqual([1999]);
  });

  it("goes with the task when that has been over for as long as is configured", async () => {
    const { taskId } = await forFirst();
    const kept = await forFirst();
    await first.command("docker_pull");
    await log(taskId, 3);
    await result(first, taskId, 1, "completed");
    const finishedAt = new Date(kit.clock.now().getTime() - 30 * 86_400_000 - 1);
    await kit.database.task.update({ where: { id: taskId }, data: { finishedAt } });
    await kit.taskEnds.forget();
    await expect(tasks().get({ id: taskId })).rejects.toMatchObject({ cause: { code: "TASK_NOT_FOUND" } });
    expect(await kit.database.taskLog.count({ where: { taskId } })).toBe(0);
    expect((await tasks().get({ id: kept.taskId })).finishedAt).toBeNull();
  });
});

describe("a further run", () => {
  it("is not taken for begun, nor for further on, by what was said of the run before", async () => {
    const { taskId } = await forFirst();
    const before = await first.command("docker_pull");
    await result(first, taskId, 1, "failed", "TASK_FAILED");
    await tasks().retry({ id: taskId });
    await vi.waitFor(() => expect(commandsOf(first, taskId)).toHaveLength(2));
    const late = { command_id: taskId, agent_id: first.name, generation: 1 };
    await ack(first, before);
    await first.say({ type: "command_progress", ...late, progress: 50, message: "half of it", timestamp: kit.clock.now().toISOString() });
    await first.say({
      type: "command_log",
      ...late,
      lines: [{ timestamp: kit.clock.now().toISOString(), level: "info", message: "half" }],
    });
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "sent", acknowledgedAt: null, progress: null });
    expect(await words(taskId)).not.toContain("half");
  });

  it("goes out at once where any agent may have it and the one before has it no more", async () => {
    const { taskId } = await forAny();
    const sent = () => [...commandsOf(first, taskId), ...commandsOf(second, taskId)];
    await vi.waitFor(() => expect(sent()).toHaveLength(1));
    const taker = commandsOf(first, taskId).length === 1 ? first : second;
    for (const offer of sent()) await ack(taker, offer);
    await vi.waitFor(() => expect(sent()).toHaveLength(2));
    await result(taker, taskId, 1, "failed", "TASK_FAILED");
    await tasks().retry({ id: taskId });
    await vi.waitFor(() => expect(sent()).toHaveLength(3));
  });
});
