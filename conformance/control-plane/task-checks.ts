import { z } from "zod";
import type { Check } from "../check";
import { deliveredTaskShape, errorShape, heartbeatAnswerShape, pollAnswerShape } from "../contract/shapes";
import { demandServed, eventually, expectEqual, expectShape, expectStatus, expectThat } from "../expectations";
import { onceFor } from "../once";
import type { Answer } from "../wire/ask";
import type { Plane } from "./plane";
import type { PlayedAgent } from "./played-agent";

const section = "tasks";
const CREDENTIALS = { "registry.username": "user", "registry.password": "conformance-registry-password" };
const PAYLOAD = { image: "registry.example/team/app", tag: "v2.3.1" };

/** Of the tasks' checks alone: without a channel, which would be given them first. */
export const taskAgent = onceFor("agent for tasks", (plane: Plane) => plane.enrol());

/** An administrator's order; its id. */
export async function order(plane: Plane, agent: PlayedAgent, more: Record<string, unknown> = {}): Promise<string> {
  const answer = await plane.admin("POST", `/agents/${agent.id}/tasks`, { taskType: "docker.pull", payload: PAYLOAD, ...more });
  demandServed(answer);
  expectStatus(answer, 201);
  return expectShape(z.object({ taskId: z.uuid() }), answer.json, answer.where).taskId;
}

export async function complete(agent: PlayedAgent, taskId: string, body: Record<string, unknown> = {}): Promise<Answer> {
  return agent.ask("POST", `/api/v1/agents/${agent.id}/tasks/${taskId}/complete`, {
    success: true,
    result: { imageId: "sha256:abc123" },
    logs: [
      { timestamp: new Date().toISOString(), level: "info", message: "Pulling image..." },
      { timestamp: new Date().toISOString(), level: "info", message: "Image pulled successfully" },
    ],
    ...body,
  });
}

async function byHeartbeat(agent: PlayedAgent): Promise<Record<string, unknown>[]> {
  const answer = await agent.ask("POST", `/api/v1/agents/${agent.id}/heartbeat`, { status: "healthy" });
  expectStatus(answer, 200);
  return expectShape(heartbeatAnswerShape, answer.json, answer.where).tasks;
}

async function byPoll(agent: PlayedAgent): Promise<Record<string, unknown>[]> {
  const answer = await agent.ask("GET", `/api/v1/agents/${agent.id}/tasks`);
  demandServed(answer);
  expectStatus(answer, 200);
  return expectShape(pollAnswerShape, answer.json, answer.where).tasks;
}

/** Asks again: what was ordered just now may be looked at a moment later. */
export const offered = (plane: Plane, look: () => Promise<Record<string, unknown>[]>, taskId: string, where: string) =>
  eventually(look, (tasks) => tasks.some((task) => task.taskId === taskId), {
    expected: `task ${taskId} among them`,
    where,
    patienceMs: plane.patienceMs,
  }).then((tasks) => tasks.find((task) => task.taskId === taskId));

export async function stateOf(plane: Plane, taskId: string): Promise<Record<string, unknown>> {
  const answer = await plane.admin("GET", `/tasks/${taskId}`);
  expectStatus(answer, 200);
  return expectShape(z.record(z.string(), z.unknown()), answer.json, answer.where);
}

export const untilState = (plane: Plane, taskId: string, state: string) =>
  eventually(
    () => stateOf(plane, taskId),
    (task) => task.state === state,
    {
      expected: `state ${state}`,
      where: "GET /api/v1/tasks/{id}",
      patienceMs: plane.patienceMs,
    },
  );

export const taskChecks: readonly Check<Plane>[] = [
  {
    id: "agents-60",
    section,
    says: "A heartbeat's answer brings a task with its payload, credentials and timeout",
    async run(plane) {
      const agent = await taskAgent(plane);
      const id = await order(plane, agent, { credentials: CREDENTIALS });
      const where = "POST /api/v1/agents/{id}/heartbeat, tasks";
      const task = expectShape(deliveredTaskShape, await offered(plane, () => byHeartbeat(agent), id, where), where);
      expectEqual([task.taskType, task.payload.image, task.payload.tag], ["docker.pull", PAYLOAD.image, PAYLOAD.tag], where);
      expectEqual(task.credentials?.["registry.username"], CREDENTIALS["registry.username"], `${where}.credentials`);
      expectStatus(await complete(agent, id), 200);
    },
  },
  {
    id: "agents-61",
    section,
    says: "A poll brings a task with its priority and when it was made",
    async run(plane) {
      const agent = await taskAgent(plane);
      const id = await order(plane, agent);
      const task = await offered(plane, () => byPoll(agent), id, "GET /api/v1/agents/{id}/tasks");
      expectThat(typeof task?.priority === "number", "a priority", task, "GET /api/v1/agents/{id}/tasks, tasks");
      expectStatus(await complete(agent, id), 200);
    },
  },
  {
    id: "agents-62",
    section,
    says: "A completed task is acknowledged, seen as completed with its result, and offered no more",
    async run(plane) {
      const agent = await taskAgent(plane);
      const id = await order(plane, agent);
      await offered(plane, () => byPoll(agent), id, "GET /api/v1/agents/{id}/tasks");
      const answer = await complete(agent, id);
      expectStatus(answer, 200);
      expectEqual(answer.json, { acknowledged: true }, `${answer.where}, body`);
      const task = await untilState(plane, id, "completed");
      expectEqual(task.result, { imageId: "sha256:abc123" }, "GET /api/v1/tasks/{id}, result");
      const again = [...(await byPoll(agent)), ...(await byHeartbeat(agent))];
      expectThat(!again.some((one) => one.taskId === id), "no task that is over", again, "GET /api/v1/agents/{id}/tasks");
    },
  },
  {
    id: "agents-63",
    section,
    says: "A task that the agent says it could not do is seen as failed",
    async run(plane) {
      const agent = await taskAgent(plane);
      const id = await order(plane, agent);
      await offered(plane, () => byPoll(agent), id, "GET /api/v1/agents/{id}/tasks");
      const logs = [{ timestamp: new Date().toISOString(), level: "error", message: "manifest unknown" }];
      expectStatus(await complete(agent, id, { success: false, result: {}, logs }), 200);
      await untilState(plane, id, "failed");
    },
  },
  {
    id: "agents-64",
    section,
    says: "A task is handed out once, whichever way asks: heartbeat and poll at once share none",
    async run(plane) {
      const agent = await taskAgent(plane);
      const ids = await Promise.all(Array.from({ length: 6 }, (_, at) => order(plane, agent, { payload: { ...PAYLOAD, tag: `v${at}` } })));
      const taken: unknown[] = [];
      const told = { expected: `${ids.length} tasks`, where: "heartbeat and poll at once", patienceMs: plane.patienceMs };
      const look = async () => {
        const answers = await Promise.all([byHeartbeat(agent), byPoll(agent), byHeartbeat(agent), byPoll(agent)]);
        taken.push(...answers.flat().map(({ taskId }) => taskId));
        return taken.length;
      };
      await eventually(look, (count) => count >= ids.length, told);
      expectEqual([...taken].sort(), [...ids].sort(), told.where);
      for (const id of ids) expectStatus(await complete(agent, id), 200);
    },
  },
  {
    id: "agents-65",
    section,
    says: "The end of a task that isn't there is a 404; of another agent's, or in another agent's path, 403 or 404",
    async run(plane) {
      const agent = await taskAgent(plane);
      const other = await plane.otherAgent();
      const id = await order(plane, agent);
      await offered(plane, () => byPoll(agent), id, "GET /api/v1/agents/{id}/tasks");
      const nowhere = await complete(agent, "7a1b5c9e-6b1f-4d0e-9d0b-5a1f8f6f2c11");
      expectStatus(nowhere, 404);
      expectEqual(expectShape(errorShape, nowhere.json, nowhere.where).code, "TASK_NOT_FOUND", `${nowhere.where}, code`);
      expectStatus(await complete(other, id), [403, 404], "by another agent");
      const target = `/api/v1/agents/${agent.id}/tasks/${id}/complete`;
      expectStatus(await other.ask("POST", target, { success: true }), 403, "in another agent's path");
      expectStatus(await other.ask("GET", `/api/v1/agents/${agent.id}/tasks`), 403, "a poll in another agent's path");
      expectStatus(await agent.ask("GET", `/api/v1/agents/${agent.id}/tasks`, undefined, { authorization: null }), 401);
      expectStatus(await complete(agent, id), 200);
    },
  },
  {
    id: "agents-66",
    section,
    says: "A task's credentials are shown to nobody: not in the task, not in the list, not in a refusal",
    async run(plane) {
      const agent = await plane.enrol();
      const id = await order(plane, agent, { credentials: CREDENTIALS });
      const wrong = { taskType: "docker.pull", payload: { ...PAYLOAD, colour: "blue" }, credentials: { ...CREDENTIALS, more: "x" } };
      for (const answer of [
        await plane.admin("GET", `/tasks/${id}`),
        await plane.admin("GET", "/tasks?limit=100"),
        await plane.admin("GET", `/agents/${agent.id}`),
        await plane.admin("POST", `/agents/${agent.id}/tasks`, wrong),
      ])
        expectThat(!answer.text.includes(CREDENTIALS["registry.password"]), "no credentials", "the registry's password", answer.where);
    },
  },
  {
    id: "agents-67",
    section,
    says: "A task that would be more than a container (privileges, devices, folders of the host) is refused with 400 before any agent sees it",
    async run(plane) {
      const agent = await taskAgent(plane);
      for (const more of [
        { privileged: true },
        { devices: ["/dev/kmsg"] },
        { volumes: [{ name: "/", path: "/host" }] },
        { networkMode: "host" },
      ]) {
        const body = { taskType: "docker.run", payload: { image: "busybox", name: "conformance", ...more } };
        const answer = await plane.admin("POST", `/agents/${agent.id}/tasks`, body);
        demandServed(answer);
        expectStatus(answer, 400, `for ${JSON.stringify(more)}`);
      }
    },
  },
];
