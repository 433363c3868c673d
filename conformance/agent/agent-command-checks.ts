import { randomUUID } from "node:crypto";
import type { Check } from "../check";
import { commandAckShape, completedResultShape, failedResultShape, startedResultShape } from "../contract/shapes";
import { expectEqual, expectShape, expectThat } from "../expectations";
import type { AgentWorld } from "./agent-world";

const section = "agent-commands";
const where = "channel, from the agent: command_result";
const named = { name: "conformance-session", namespace: "conformance" };

export const agentCommandChecks: readonly Check<AgentWorld>[] = [
  {
    id: "channel-60",
    section,
    says: "start_session is acknowledged first, then completed with session_id, pod_ip, pod_name, vnc_port and started_at",
    async run(world) {
      const { sessionId, started } = await world.session();
      expectThat(started.acknowledgedFirst, "command_ack before command_result", started.message, "channel, from the agent");
      expectShape(commandAckShape, started.acknowledgement, "channel, from the agent: command_ack");
      const { result } = expectShape(startedResultShape, started.message, where);
      expectEqual(result.session_id, sessionId, `${where}.result.session_id`);
    },
  },
  {
    id: "channel-61",
    section,
    says: "The same command again is answered again with the same result, and not carried out again",
    async run(world) {
      const { sessionId, started } = await world.session();
      const again = await world.command("start_session", world.startData(), { sessionId, id: started.id });
      expectEqual([again.status, again.result.container_id], ["completed", started.result.container_id], where);
    },
  },
  {
    id: "channel-62",
    section,
    says: "Another command for the same session and generation finds the container that is there",
    async run(world) {
      const { sessionId, started } = await world.session();
      const again = await world.command("start_session", world.startData(), { sessionId });
      expectEqual([again.status, again.result.container_id], ["completed", started.result.container_id], where);
    },
  },
  {
    id: "channel-63",
    section,
    says: "A start that is malformed, or that asks for more than a session may have, is a failed result with words and a code",
    async run(world) {
      for (const more of [{ image: undefined }, { home: { volume: "/etc", path: "/home/user" } }, { generation: "first" }]) {
        const { message } = await world.command("start_session", world.startData(more), { sessionId: randomUUID() });
        expectShape(failedResultShape, message, `${where} for ${JSON.stringify(more)}`);
      }
    },
  },
  {
    id: "channel-64",
    section,
    says: "The inventory names the session, with its generation and as running",
    async run(world) {
      const { sessionId } = await world.session();
      const { channel } = await world.channel();
      const from = channel.heard.length;
      channel.say({ type: "inventory_request" });
      const { sessions } = await channel.next("inventory", undefined, from);
      const text = JSON.stringify(sessions);
      const fits = text.includes(sessionId) && text.includes('"observed":"running"') && text.includes('"generation":1');
      expectThat(fits, `session ${sessionId} as running, generation 1`, sessions, "channel, from the agent: inventory.sessions");
    },
  },
];

/** After the tunnels, which need it to run. */
export const agentHibernationChecks: readonly Check<AgentWorld>[] = [
  {
    id: "channel-65",
    section,
    says: "hibernate_session and wake_session are completed, each for the generation that it names",
    async run(world) {
      const { sessionId } = await world.session();
      const slept = await world.command("hibernate_session", { ...named, generation: 2, mode: "stop" }, { sessionId });
      expectShape(completedResultShape, slept.message, `${where} of hibernate_session`);
      const woken = await world.command("wake_session", world.startData({ generation: 3 }), { sessionId });
      expectShape(startedResultShape, woken.message, `${where} of wake_session`);
    },
  },
  {
    id: "channel-66",
    section,
    says: "A command that is older than what the session is at is refused with COMMAND_SUPERSEDED",
    async run(world) {
      const { sessionId } = await world.session();
      const { message } = await world.command("hibernate_session", { ...named, generation: 1, mode: "stop" }, { sessionId });
      const { error_code } = expectShape(failedResultShape, message, where);
      expectEqual(error_code, "COMMAND_SUPERSEDED", `${where}.error_code`);
    },
  },
  {
    id: "channel-67",
    section,
    says: "stop_session is completed, the session is in no inventory then, and stopping it again changes nothing",
    async run(world) {
      const { sessionId } = await world.session();
      const data = { ...named, generation: 4, graceful: true, timeout: "5s", remove_home: null };
      for (const _ of [1, 2]) {
        const { message } = await world.command("stop_session", data, { sessionId });
        expectShape(completedResultShape, message, `${where} of stop_session`);
      }
      const { channel } = await world.channel();
      const from = channel.heard.length;
      channel.say({ type: "inventory_request" });
      const { sessions } = await channel.next("inventory", undefined, from);
      expectThat(
        !JSON.stringify(sessions).includes(sessionId),
        "no session that was stopped",
        sessions,
        "channel, from the agent: inventory.sessions",
      );
    },
  },
];
