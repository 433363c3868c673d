import { MAX_MESSAGE_BYTES } from "@berth/protocol/agent-messages";
import type { Check } from "../check";
import { channelErrorShape, registerAckShape } from "../contract/shapes";
import { eventually, expectEqual, expectShape, expectThat, expectUpgrade } from "../expectations";
import { onceFor } from "../once";
import type { ChannelSocket, Message } from "../wire/channel-socket";
import type { Plane } from "./plane";
import type { PlayedAgent } from "./played-agent";

const section = "channel";
const where = "channel, from the control plane";

/** Of these checks alone: some of them end its channel. */
const agentOf = onceFor("agent on the channel", (plane: Plane) => (plane.options.admin ? plane.enrol() : plane.agent()));

async function registered(plane: Plane): Promise<{ agent: PlayedAgent; channel: ChannelSocket }> {
  const agent = await agentOf(plane);
  return { agent, channel: await plane.channelOf(agent) };
}

/** The `error` that names what could not be taken; the channel goes on after it. */
async function refused(channel: ChannelSocket, send: () => void, names: string): Promise<Message> {
  const from = channel.heard.length;
  send();
  const message = await channel.next("error", undefined, from);
  const { message: words } = expectShape(channelErrorShape, message, `${where}: error`);
  expectThat(words.includes(names), `a message that names '${names}'`, words, `${where}: error.message`);
  expectThat(channel.open, "an open channel", channel.ended, "channel");
  return message;
}

export const channelChecks: readonly Check<Plane>[] = [
  {
    id: "channel-1",
    section,
    says: "An upgrade of /agent/ws with agent_id and platform by the agent itself is answered 101",
    async run(plane) {
      const agent = await agentOf(plane);
      const dialled = await agent.upgrade(agent.channelTarget);
      expectUpgrade(dialled, "upgrade of /agent/ws").destroy();
    },
  },
  {
    id: "channel-2",
    section,
    says: "Without a credential, or without an agent_id, the upgrade is refused before a 101",
    async run(plane) {
      const agent = await agentOf(plane);
      const bare = await agent.upgrade(agent.channelTarget, {}, { authorization: null });
      expectThat(bare.status === 401, "401", bare.status, "upgrade of /agent/ws without a credential");
      const nameless = await agent.upgrade("/agent/ws?platform=docker");
      expectThat([400, 401, 403].includes(nameless.status), "400, 401 or 403", nameless.status, "upgrade of /agent/ws without agent_id");
    },
  },
  {
    id: "channel-3",
    section,
    says: "register is answered with register_ack: agent_id, status 'registered' and heartbeat_interval",
    async run(plane) {
      const agent = await agentOf(plane);
      const channel = await agent.channel();
      channel.say(agent.register());
      const ack = expectShape(registerAckShape, await channel.next("register_ack"), `${where}: register_ack`);
      expectEqual(ack.agent_id, agent.name, `${where}: register_ack.agent_id`);
      await channel.close();
    },
  },
  {
    id: "channel-4",
    section,
    says: "What register told is seen: online, region, platform, capacity, metadata and a connection's id",
    async run(plane) {
      const { agent, channel } = await registered(plane);
      const row = await plane.agentRow(agent.name);
      const at = "GET /api/v1/agents/{id}";
      expectEqual([row.status, row.region, row.platform], ["online", "conformance", "docker"], `${at}, status, region and platform`);
      expectThat(JSON.stringify(row.capacity).includes('"max_sessions":100'), "max_sessions 100", row.capacity, `${at}, capacity`);
      expectThat(JSON.stringify(row.metadata).includes("conformance"), "the metadata of register", row.metadata, `${at}, metadata`);
      expectThat(typeof row.websocket_conn_id === "string", "an id", row.websocket_conn_id, `${at}, websocket_conn_id`);
      await channel.close();
    },
  },
  {
    id: "channel-5",
    section,
    says: "A heartbeat is taken without an answer and seen: last_heartbeat and current_sessions",
    async run(plane) {
      const { agent, channel } = await registered(plane);
      const before = Date.now();
      channel.say(agent.heartbeat({ capacity: { current_sessions: 0 }, resource_usage: { cpu: 12.5, memory: 20, disk: 30 } }));
      const told = { expected: "the heartbeat's usage", where: "GET /api/v1/agents/{id}, resource_usage", patienceMs: plane.patienceMs };
      const usage = async () => JSON.stringify((await plane.agentRow(agent.name)).resource_usage);
      await eventually(usage, (text) => text.includes("12.5"), told);
      const { last_heartbeat: heard } = await plane.agentRow(agent.name);
      const fresh = typeof heard === "string" && Date.parse(heard) >= before - 5 * 60_000;
      expectThat(fresh, "the time of now", heard, "GET /api/v1/agents/{id}, last_heartbeat");
      expectEqual(
        channel.heard.filter(({ type }) => type === "error"),
        [],
        `${where}: error`,
      );
      await channel.close();
    },
  },
  {
    id: "channel-6",
    section,
    says: "Fields that are not known pass, in every message that an agent sends",
    async run(plane) {
      const { agent, channel } = await registered(plane);
      channel.say(agent.heartbeat({ mood: "good", capacity: { current_sessions: 0, current_mood: 1 } }));
      // Answered in order: whatever the heartbeat brought came before this one's error.
      await refused(channel, () => channel.say({ type: "weather", agent_id: agent.name }), "weather");
      expectEqual(channel.heard.filter(({ type }) => type === "error").length, 1, `${where}: errors`);
      await channel.close();
    },
  },
  {
    id: "channel-7",
    section,
    says: "A message of an unknown type is named in an error, and the channel stays",
    async run(plane) {
      const { agent, channel } = await registered(plane);
      await refused(channel, () => channel.say({ type: "no_such_message", agent_id: agent.name }), "no_such_message");
      channel.say(agent.heartbeat());
      await channel.close();
    },
  },
  {
    id: "channel-8",
    section,
    says: "What is no message (not JSON, binary, without a type, a field of a wrong kind) is refused in an error, and the channel stays",
    async run(plane) {
      const { agent, channel } = await registered(plane);
      await refused(channel, () => channel.socket.send("{"), "");
      await refused(channel, () => channel.socket.send(Buffer.from([1, 2, 3])), "");
      await refused(channel, () => channel.socket.send("[]"), "type");
      await refused(channel, () => channel.say(agent.heartbeat({ capacity: { current_sessions: "many" } })), "current_sessions");
      await channel.close();
    },
  },
  {
    id: "channel-9",
    section,
    says: "A message in another agent's name is refused with AUTH_INSUFFICIENT_PERMISSIONS; a register in it ends the channel",
    async run(plane) {
      const { channel } = await registered(plane);
      const error = await refused(
        channel,
        () => channel.say({ type: "heartbeat", agent_id: "somebody-else", timestamp: new Date().toISOString() }),
        "",
      );
      expectEqual(error.code, "AUTH_INSUFFICIENT_PERMISSIONS", `${where}: error.code`);
      await channel.close();
      const agent = await agentOf(plane);
      const second = await agent.channel();
      second.say(agent.register({ agent_id: "somebody-else" }));
      await second.end("at a register in another's name");
    },
  },
  {
    id: "channel-10",
    section,
    says: "A channel whose first message is not register is closed",
    async run(plane) {
      const agent = await agentOf(plane);
      const channel = await agent.channel();
      channel.say(agent.heartbeat());
      await channel.end("at a heartbeat before register");
    },
  },
  {
    id: "channel-11",
    section,
    says: "A frame past 1 MiB closes the channel with 1009",
    async run(plane) {
      const { agent, channel } = await registered(plane);
      channel.say(agent.heartbeat({ filler: "x".repeat(MAX_MESSAGE_BYTES) }));
      const { code } = await channel.end("at a frame past 1 MiB");
      expectEqual(code, 1009, "channel, close code");
    },
  },
  {
    id: "channel-12",
    section,
    says: "A newer connection takes the agent's place: the older is closed and the newer acknowledged",
    async run(plane) {
      const { agent, channel } = await registered(plane);
      const newer = await plane.channelOf(agent);
      await channel.end("when a newer one registered");
      expectThat(newer.open, "an open channel", newer.ended, "the newer channel");
      await newer.close();
    },
  },
  {
    id: "channel-13",
    section,
    says: "A channel that closed leaves the agent without a connection's id, and not online",
    async run(plane) {
      const { agent, channel } = await registered(plane);
      await channel.close();
      const told = {
        expected: "websocket_conn_id null and another status than online",
        where: "GET /api/v1/agents/{id}",
        patienceMs: plane.patienceMs,
      };
      const look = async () => {
        const { websocket_conn_id: connection, status } = await plane.agentRow(agent.name);
        return { connection, status };
      };
      await eventually(look, ({ connection, status }) => connection === null && status !== "online", told);
    },
  },
];
