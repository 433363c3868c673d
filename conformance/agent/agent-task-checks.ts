import { randomUUID } from "node:crypto";
import { DOCKER_TASKS } from "@berth/protocol/agent-messages";
import type { Check } from "../check";
import { Difference, NotServed } from "../check";
import { completedResultShape, failedResultShape } from "../contract/shapes";
import { expectEqual, expectShape, expectThat, shown } from "../expectations";
import type { AgentWorld } from "./agent-world";

const section = "agent-tasks";
const where = "channel, from the agent: command_result";
/** By name: nothing of the sort is on the host by chance. */
const container = `conformance-${randomUUID().slice(0, 8)}`;

async function demandTasks(world: AgentWorld): Promise<void> {
  const { channel } = await world.channel();
  const capabilities = channel.heard[0]?.capabilities;
  if (Array.isArray(capabilities) && capabilities.includes(DOCKER_TASKS)) return;
  throw new NotServed(`capabilities ${shown(capabilities)}`, `tasks of a container engine (capability '${DOCKER_TASKS}')`);
}

const run = (world: AgentWorld, more: Record<string, unknown> = {}, id: string = randomUUID()) =>
  world.command("docker_run", { image: "busybox", tag: "1.36", name: container, command: ["sleep", "60"], ...more }, { id });

/** A way by which a task may be asked for, beside the channel. */
const way = (id: `agents-${number}`, words: string, used: (seen: string, agentId: string, name: string) => boolean): Check<AgentWorld> => ({
  id,
  section: "agent-task-ways",
  says: `It asks for its tasks ${words}`,
  async run(world) {
    const plane = await world.plane();
    const found = plane.seen.some((seen) => used(seen.where, plane.agentId, plane.name));
    if (!found) throw new NotServed("it never asked; its tasks come by the channel", words);
  },
});

export const agentTaskChecks: readonly Check<AgentWorld>[] = [
  {
    id: "agents-90",
    section,
    says: "A docker.run is acknowledged and completed with the container's id, and is carried out once however often it comes",
    async run(world) {
      await demandTasks(world);
      const first = await run(world);
      expectShape(completedResultShape, first.message, where);
      expectThat(typeof first.result.containerId === "string", "containerId", first.result, `${where}.result`);
      const again = await run(world, {}, first.id);
      expectEqual(again.result.containerId, first.result.containerId, `${where}.result.containerId, of the same task again`);
    },
  },
  {
    id: "agents-91",
    section,
    says: "Its own allow-list holds, whatever the control plane lets through: privileges, devices and folders of the host are refused",
    async run(world) {
      await demandTasks(world);
      for (const more of [
        { privileged: true },
        { networkMode: "host" },
        { devices: ["/dev/kmsg"] },
        { volumes: [{ name: "/", path: "/host" }] },
        { volumes: [{ name: "data", path: "/etc" }] },
      ]) {
        const refused = await run(world, { name: `${container}-x`, ...more });
        expectShape(failedResultShape, refused.message, `${where} for ${JSON.stringify(more)}`);
      }
    },
  },
  {
    id: "agents-92",
    section,
    says: "A container that no task of its made can't be stopped or removed by one",
    async run(world) {
      await demandTasks(world);
      for (const type of ["docker_stop", "docker_remove"]) {
        const refused = await world.command(type, { name: "somebody-elses", ...(type === "docker_remove" ? { force: true } : {}) });
        const { removed } = refused.result;
        if (type === "docker_remove" && refused.status === "completed" && removed === false) continue;
        if (refused.status !== "failed") throw new Difference("a failed result", shown(refused.message), `${where} of ${type}`);
      }
    },
  },
  {
    id: "agents-93",
    section,
    says: "docker.stop and docker.remove end the container that its task made",
    async run(world) {
      await demandTasks(world);
      for (const type of ["docker_stop", "docker_remove"]) {
        const { message } = await world.command(type, { name: container });
        expectShape(completedResultShape, message, `${where} of ${type}`);
      }
    },
  },
  way("agents-94", "by heartbeat: POST /api/v1/agents/{id}/heartbeat", (seen) => /^POST .*\/heartbeat$/.test(seen)),
  way("agents-95", "by poll: GET /api/v1/agents/{id}/tasks", (seen) => /^GET .*\/tasks$/.test(seen)),
  way("agents-96", "by the task stream: WS /api/v1/agents/{id}/task-stream", (seen) => seen.endsWith("/task-stream")),
];
