import { DOCKER_TASKS } from "@berth/protocol/agent-messages";
import { type HandedTask, handedTaskSchema, pollReplySchema } from "@berth/protocol/agent-tasks";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { askDoor } from "../../testing/door-calls";
import { type DoorKit, startDoorKit } from "../../testing/door-kit";
import { makeAsker } from "../../testing/factories";
import type { Asker } from "../users/users-schema";

let kit: DoorKit;
let admin: Asker;
let host: Awaited<ReturnType<DoorKit["enrolAgent"]>> & { name: string };
let next = 0;

beforeAll(async () => {
  kit = await startDoorKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());
beforeEach(async () => {
  const name = `way-${++next}`;
  host = { ...(await kit.enrolAgent(name)), name };
  await kit.database.agent.update({ where: { id: host.agentId }, data: { capabilities: [DOCKER_TASKS] } });
});

const tasks = () => kit.callerOf(admin).tasks;
const credentials = { "registry.username": "robot", "registry.password": "hunter-3" };
const order = (extra: Record<string, unknown> = {}) =>
  tasks().create({ id: host.name, taskType: "docker.pull", payload: { image: "app" }, ...extra });

async function ask(method: "GET" | "POST", path: string, body?: unknown, as: typeof host = host) {
  const raw = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const proof = await as.credentials.headers(method, path, raw ?? new Uint8Array());
  return askDoor(kit.port, { method, path, headers: raw ? { ...proof, "content-type": "application/json" } : { ...proof }, raw });
}
const of = (as: typeof host, rest: string) => `/api/v1/agents/${as.agentId}${rest}`;
const poll = async (as = host) => pollReplySchema.parse(JSON.parse((await ask("GET", of(as, "/tasks"), undefined, as)).text)).tasks;
const replySchema = z.object({ tasks: z.array(handedTaskSchema) });
const heartbeat = async (as = host) =>
  replySchema.parse(JSON.parse((await ask("POST", of(as, "/heartbeat"), { status: "healthy" }, as)).text)).tasks;
const complete = (taskId: string, body: Record<string, unknown>, as = host) => ask("POST", of(as, `/tasks/${taskId}/complete`), body, as);

interface Assigned {
  readonly type: string;
  readonly task?: HandedTask;
  readonly taskId?: string;
  readonly code?: string;
}
async function stream(as = host) {
  const path = of(as, "/task-stream");
  const heard: Assigned[] = [];
  const socket = new WebSocket(`ws://127.0.0.1:${kit.port}${path}`, {
    headers: await as.credentials.headers("GET", path, new Uint8Array()),
  });
  socket.on("message", (data) => heard.push(JSON.parse(data.toString())));
  const closed = new Promise<number>((resolve) => socket.once("close", (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => socket.once("open", () => resolve()).once("error", reject));
  const say = (message: unknown) => socket.send(JSON.stringify(message));
  return { heard, say, closed, end: () => socket.terminate() };
}

describe("a heartbeat's reply", () => {
  it("hands out what waits, with all that the contract says, and nothing a second time", async () => {
    const { taskId } = await order({ timeout: 300, credentials });
    expect(await heartbeat()).toEqual([
      { taskId, taskType: "docker.pull", payload: { image: "app" }, credentials, timeout: 300, generation: 1 },
    ]);
    expect([await heartbeat(), await poll()]).toEqual([[], []]);
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "sent", deliveredBy: "heartbeat", agentId: host.name });
  });
});

describe("the poll", () => {
  it("says priority and age as well, the first in line first", async () => {
    const low = await order({ priority: 1 });
    const high = await order({ priority: 10 });
    const polled = await poll();
    expect(polled.map(({ taskId, priority }) => [taskId, priority])).toEqual([
      [high.taskId, 10],
      [low.taskId, 1],
    ]);
    expect(polled[0]?.createdAt).toBe(high.createdAt.toISOString());
  });

  it("offers a task of which nothing was heard again, to the same agent alone", async () => {
    const other = { ...(await kit.enrolAgent(`${host.name}-b`)), name: `${host.name}-b` };
    await kit.database.agent.updateMany({
      where: { id: { in: [host.agentId, other.agentId] } },
      data: { labels: { rack: host.name }, capabilities: [DOCKER_TASKS] },
    });
    const wish = { selector: { labels: { rack: host.name } }, taskType: "docker.pull" as const, payload: { image: "app" } };
    const { taskId } = await tasks().createForAny({ ...wish, timeout: 3600 });
    expect((await poll()).map((task) => task.taskId)).toEqual([taskId]);
    expect(await tasks().get({ id: taskId })).toMatchObject({ agentId: host.name, deliveredBy: "poll", offered: false });
    await kit.clock.advance(61_000);
    expect(await poll(other)).toEqual([]);
    expect((await poll()).map((task) => task.taskId)).toEqual([taskId]);
  });

  it("gives an agent that drains, or lacks what is wished for, nothing but its own", async () => {
    const wish = { selector: { labels: { rack: host.name } }, taskType: "docker.pull" as const, payload: { image: "app" } };
    await tasks().createForAny(wish);
    expect(await poll()).toEqual([]);
    await kit.database.agent.update({ where: { id: host.agentId }, data: { labels: { rack: host.name }, draining: true } });
    const own = await order();
    expect((await poll()).map(({ taskId }) => taskId)).toEqual([own.taskId]);
  });

  it("is the agent's own by GET, and the administrators' by POST", async () => {
    const token = await kit.tokenOf(admin);
    const body = { taskType: "docker.pull", payload: { image: "app" } };
    const posted = await askDoor(kit.port, {
      method: "POST",
      path: of(host, "/tasks"),
      headers: { authorization: `Bearer ${token}` },
      body,
    });
    expect(posted.status).toBe(201);
    const got = await askDoor(kit.port, { method: "GET", path: of(host, "/tasks"), headers: { authorization: `Bearer ${token}` } });
    expect(got.status).toBe(401);
  });
});

describe("completing", () => {
  it("ends the task with its result and log, once", async () => {
    const { taskId } = await order();
    await poll();
    const logs = [
      { timestamp: "2026-01-10T14:23:45Z", level: "info", message: "Pulling image..." },
      { level: "loud", message: "done" },
    ];
    const body = { success: true, result: { imageId: "sha256:1" }, logs };
    for (let times = 0; times < 2; times += 1) expect(JSON.parse((await complete(taskId, body)).text)).toEqual({ acknowledged: true });
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "completed", result: { imageId: "sha256:1" } });
    const { lines } = await tasks().logs({ id: taskId });
    expect(lines.map(({ number, level, message }) => [number, level, message])).toEqual([
      [1, "info", "Pulling image..."],
      [2, "info", "done"],
    ]);
    expect(lines[0]?.at).toEqual(new Date("2026-01-10T14:23:45Z"));
  });

  it("is for the agent that has the task: others' and unknown ones look alike, and a foreign id in the path is refused", async () => {
    const other = { ...(await kit.enrolAgent(`${host.name}-c`)), name: `${host.name}-c` };
    const { taskId } = await order();
    await poll();
    for (const id of [taskId, crypto.randomUUID(), "none"])
      expect(await complete(id, { success: true }, other)).toMatchObject({ status: 404, code: "TASK_NOT_FOUND" });
    const path = of(host, `/tasks/${taskId}/complete`);
    expect(await ask("POST", path, { success: true }, other)).toMatchObject({ status: 403 });
    expect(await ask("GET", of(host, "/tasks"), undefined, other)).toMatchObject({ status: 403 });
    expect(await complete(taskId, { success: "yes" })).toMatchObject({ status: 400, code: "VALIDATION_FAILED" });
    expect((await tasks().get({ id: taskId })).state).toBe("sent");
  });

  it("says why it failed, in a foreign agent's own words", async () => {
    const { taskId } = await order();
    await poll();
    await complete(taskId, { success: false, error: "no such image", errorCode: "E_WHATEVER" });
    expect(await tasks().get({ id: taskId })).toMatchObject({ state: "failed", errorCode: "TASK_FAILED", errorMessage: "no such image" });
  });
});

describe("an agent that asks", () => {
  const told = async (answer: Promise<{ text: string }>) =>
    z.object({ cancelled: z.unknown().optional() }).parse(JSON.parse((await answer).text)).cancelled;
  const beat = () => ask("POST", of(host, "/heartbeat"), { status: "healthy" });

  it("is told in every answer which of its tasks it is to end, until it has said what became of them", async () => {
    const [first, second] = [await order(), await order({ payload: { image: "other" } })];
    await poll();
    expect(await told(beat())).toBeUndefined();
    await tasks().cancel({ id: first.taskId });
    const mine = [{ taskId: first.taskId, generation: 1 }];
    expect(await told(beat())).toEqual(mine);
    expect(await told(ask("GET", of(host, "/tasks")))).toEqual(mine);
    expect(await told(complete(second.taskId, { success: true }))).toEqual(mine);
    expect(await told(complete(first.taskId, { success: false, errorCode: "COMMAND_CANCELLED", error: "ended" }))).toBeUndefined();
    expect((await tasks().get({ id: first.taskId })).state).toBe("cancelled");
  });

  it("is told of what was ended by force for a while, and of what is over its time; never of what it was not handed", async () => {
    const other = { ...(await kit.enrolAgent(`${host.name}-d`)), name: `${host.name}-d` };
    const [forced, slow, unbegun] = [await order(), await order({ timeout: 20 }), await order({ notBefore: "2999-01-01T00:00:00Z" })];
    await poll();
    await tasks().cancel({ id: forced.taskId, force: true });
    await tasks().cancel({ id: unbegun.taskId });
    expect(await told(beat())).toEqual([{ taskId: forced.taskId, generation: 1 }]);
    expect(await told(ask("GET", of(other, "/tasks"), undefined, other))).toBeUndefined();
    await kit.clock.advance(21_000);
    expect(await told(beat())).toEqual([forced, slow].map(({ taskId }) => ({ taskId, generation: 1 })));
    await kit.clock.advance(300_000);
    expect(await told(beat())).not.toContainEqual({ taskId: forced.taskId, generation: 1 });
  });
});

describe("the task stream", () => {
  it("assigns, hears progress and log lines, and tells of an end that was asked for", async () => {
    const open = await stream();
    const { taskId } = await order({ credentials });
    await vi.waitFor(() => expect(open.heard[0]).toMatchObject({ type: "task_assigned", task: { taskId, credentials, timeout: 3600 } }));
    open.say({ type: "task_progress", taskId, progress: 50, message: "Pulling layer 3/5" });
    open.say({ type: "task_log", taskId, level: "info", message: "hello" });
    await vi.waitFor(async () => expect((await tasks().logs({ id: taskId })).lines.map(({ message }) => message)).toEqual(["hello"]));
    expect(await tasks().get({ id: taskId })).toMatchObject({
      state: "acknowledged",
      deliveredBy: "stream",
      progress: { percent: 50, message: "Pulling layer 3/5" },
    });
    await tasks().cancel({ id: taskId });
    await vi.waitFor(() => expect(open.heard).toContainEqual({ type: "task_cancelled", taskId, generation: 1 }));
    await complete(taskId, { success: false, errorCode: "COMMAND_CANCELLED", error: "ended" });
    expect((await tasks().get({ id: taskId })).state).toBe("cancelled");
    open.end();
  });

  it("assigns again what an earlier stream may not have brought, and not what was heard of", async () => {
    const first = await stream();
    const [lost, heardOf] = [await order(), await order({ payload: { image: "other" } })];
    await vi.waitFor(() => expect(first.heard).toHaveLength(2));
    first.say({ type: "task_progress", taskId: heardOf.taskId, message: "at it" });
    await vi.waitFor(async () => expect((await tasks().get({ id: heardOf.taskId })).state).toBe("acknowledged"));
    first.end();
    await first.closed;
    const second = await stream();
    await vi.waitFor(() => expect(second.heard.map(({ task }) => task?.taskId)).toEqual([lost.taskId]));
    second.end();
  });

  it("refuses by name what it does not know, and what is another agent's", async () => {
    const open = await stream();
    open.say({ type: "task_done" });
    open.say({ type: "task_log", taskId: crypto.randomUUID(), level: "info", message: "x" });
    await vi.waitFor(() => expect(open.heard.map(({ code }) => code)).toEqual(["MESSAGE_INVALID", "TASK_NOT_FOUND"]));
    open.end();
  });

  it("ends with the agent's access", async () => {
    const open = await stream();
    kit.doors.taskStreams.disconnect(host.agentId, "its access was revoked");
    expect(await open.closed).toBe(4003);
    expect(kit.doors.taskStreams.isOpen(host.agentId)).toBe(false);
  });
});

describe("four ways at once", () => {
  it("hand out each of fifty tasks once", { timeout: 60_000 }, async () => {
    await kit.dispatcher.stop();
    const [made, handed]: [string[], string[]] = [[], []];
    const mine = (id: string) => id === host.agentId;
    const ways = [
      async () => (await poll()).map(({ taskId }) => taskId),
      async () => (await heartbeat()).map(({ taskId }) => taskId),
      async () => (await kit.handOut.take("channel", mine)).map(({ id }) => id),
      async () => (await kit.handOut.take("stream", mine)).map(({ id }) => id),
    ];
    const makeAll = async () => {
      for (let count = 0; count < 50; count += 1) made.push((await order({ payload: { image: `app-${count}` } })).taskId);
    };
    const asking = async (way: () => Promise<string[]>) => {
      while (handed.length < 50) handed.push(...(await way()));
    };
    await Promise.all([makeAll(), ...ways.map(asking)]);
    expect(handed.sort()).toEqual(made.sort());
    const used = await kit.database.task.groupBy({ by: ["deliveredBy"], where: { agentId: host.agentId } });
    expect(used.length).toBeGreaterThan(1);
    kit.dispatcher.start();
  });
});
