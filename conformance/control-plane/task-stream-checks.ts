import type { Check } from "../check";
import { NotServed } from "../check";
import { taskAssignedShape } from "../contract/shapes";
import { demandServed, eventually, expectShape, expectStatus, expectThat } from "../expectations";
import { onceFor } from "../once";
import type { ChannelSocket } from "../wire/channel-socket";
import type { Plane } from "./plane";
import type { PlayedAgent } from "./played-agent";
import { complete, order, stateOf, untilState } from "./task-checks";

const section = "task-stream";
const where = "task stream, from the control plane";
const targetOf = (agent: PlayedAgent) => `/api/v1/agents/${agent.id}/task-stream`;

const streamOf = onceFor("task stream", async (plane: Plane): Promise<{ agent: PlayedAgent; stream: ChannelSocket }> => {
  const agent = await plane.enrol();
  const tried = await agent.upgrade(targetOf(agent));
  if (!tried.socket) {
    demandServed(tried);
    throw new NotServed(String(tried.status), "upgrade of /api/v1/agents/{id}/task-stream");
  }
  tried.socket.destroy();
  return { agent, stream: await agent.socket(targetOf(agent)) };
});

export const taskStreamChecks: readonly Check<Plane>[] = [
  {
    id: "agents-70",
    section,
    says: "The task stream assigns a task that is ordered while it is open",
    async run(plane) {
      const { agent, stream } = await streamOf(plane);
      const id = await order(plane, agent);
      const assigned = await stream.next("task_assigned", ({ task }) => JSON.stringify(task).includes(id));
      expectShape(taskAssignedShape, assigned, `${where}: task_assigned`);
      expectStatus(await complete(agent, id), 200);
      await untilState(plane, id, "completed");
    },
  },
  {
    id: "agents-71",
    section,
    says: "task_progress and task_log on the stream are seen in the task",
    async run(plane) {
      const { agent, stream } = await streamOf(plane);
      const id = await order(plane, agent);
      await stream.next("task_assigned", ({ task }) => JSON.stringify(task).includes(id));
      stream.say({ type: "task_progress", taskId: id, progress: 50, message: "Pulling layer 3/5" });
      stream.say({ type: "task_log", taskId: id, level: "info", message: "a line of the conformance kit" });
      const told = { expected: "50 percent, 'Pulling layer 3/5'", where: "GET /api/v1/tasks/{id}, progress", patienceMs: plane.patienceMs };
      await eventually(
        () => stateOf(plane, id),
        ({ progress }) => JSON.stringify(progress).includes("Pulling layer 3/5"),
        told,
      );
      const logs = await eventually(
        () => plane.admin("GET", `/tasks/${id}/logs`),
        ({ text }) => text.includes("a line of the conformance kit"),
        { expected: "the line", where: "GET /api/v1/tasks/{id}/logs", patienceMs: plane.patienceMs },
      );
      expectStatus(logs, 200);
      expectStatus(await complete(agent, id), 200);
    },
  },
  {
    id: "agents-72",
    section,
    says: "A task whose end is asked for is told with task_cancelled",
    async run(plane) {
      const { agent, stream } = await streamOf(plane);
      const id = await order(plane, agent);
      await stream.next("task_assigned", ({ task }) => JSON.stringify(task).includes(id));
      expectStatus(await plane.admin("POST", `/tasks/${id}/cancel`, {}), 200);
      await stream.next("task_cancelled", ({ taskId }) => taskId === id);
      await complete(agent, id, { success: false, result: {} });
    },
  },
  {
    id: "agents-73",
    section,
    says: "Nobody gets a task stream without a credential (401), and no agent another's (403)",
    async run(plane) {
      const { agent } = await streamOf(plane);
      const other = await plane.otherAgent();
      const at = "upgrade of /api/v1/agents/{id}/task-stream";
      const nobody = await agent.upgrade(targetOf(agent), {}, { authorization: null });
      expectThat(nobody.status === 401, "401", nobody.status, at);
      const stranger = await other.upgrade(targetOf(agent));
      expectThat(stranger.status === 403, "403", stranger.status, at);
    },
  },
  {
    id: "agents-74",
    section,
    says: "The stream ends when the agent is removed",
    async run(plane) {
      const { agent, stream } = await streamOf(plane);
      expectStatus(await plane.admin("DELETE", `/agents/${agent.id}`), 200);
      await stream.end("when the agent was removed");
    },
  },
];
