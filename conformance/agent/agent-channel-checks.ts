import { MAX_MESSAGE_BYTES } from "@berth/protocol/agent-messages";
import type { Check } from "../check";
import { channelErrorShape, channelHeartbeatShape, failedResultShape, registerShape } from "../contract/shapes";
import { expectEqual, expectShape, expectThat } from "../expectations";
import type { ChannelSocket } from "../wire/channel-socket";
import type { AgentWorld } from "./agent-world";

const section = "agent-channel";
const where = "channel, from the agent";

async function refused(channel: ChannelSocket, send: () => void, names: string): Promise<void> {
  const from = channel.heard.length;
  send();
  const { message } = expectShape(channelErrorShape, await channel.next("error", undefined, from), `${where}: error`);
  expectThat(message.includes(names), `a message that names '${names}'`, message, `${where}: error.message`);
  expectThat(channel.open, "an open channel", channel.ended, "channel");
}

export const agentChannelChecks: readonly Check<AgentWorld>[] = [
  {
    id: "channel-50",
    section,
    says: "It dials /agent/ws with agent_id and platform, and its first message is register with both, capacity and metadata",
    async run(world) {
      const { plane, channel } = await world.channel();
      const dial = plane.seen.find((seen) => seen.where === "upgrade of /agent/ws");
      const register = expectShape(registerShape, channel.heard[0], `${where}: the first message`);
      expectEqual(dial?.json, { ...Object(dial?.json), agent_id: plane.name, platform: register.platform }, "upgrade of /agent/ws, query");
      expectEqual(register.agent_id, plane.name, `${where}: register.agent_id`);
    },
  },
  {
    id: "channel-51",
    section,
    says: "It sends heartbeats at the interval of register_ack, with its id, the time and how many sessions it has",
    async run(world) {
      const { plane, channel } = await world.channel();
      const beats = () => channel.heard.filter(({ type }) => type === "heartbeat");
      const started = Date.now();
      const had = beats().length;
      await plane.until(() => (beats().length >= had + 2 ? true : undefined), 4000 * plane.heartbeatSeconds);
      expectThat(beats().length >= had + 2, "two heartbeats in four intervals of one second", beats().length - had, `${where}: heartbeat`);
      expectThat(Date.now() - started > 500, "an interval of one second", `${Date.now() - started} ms for two`, `${where}: heartbeat`);
      const beat = expectShape(channelHeartbeatShape, beats().at(-1), `${where}: heartbeat`);
      expectEqual(beat.agent_id, plane.name, `${where}: heartbeat.agent_id`);
      const skew = Math.abs(Date.parse(beat.timestamp) - Date.now());
      expectThat(skew < 60_000, "the time of now", beat.timestamp, `${where}: heartbeat.timestamp`);
    },
  },
  {
    id: "channel-52",
    section,
    says: "A message of an unknown type is named in an error, and the channel stays",
    async run(world) {
      const { channel } = await world.channel();
      await refused(channel, () => channel.say({ type: "no_such_message" }), "no_such_message");
    },
  },
  {
    id: "channel-53",
    section,
    says: "What is no message (not JSON, without a type, a field of a wrong kind) is refused in an error, and the channel stays",
    async run(world) {
      const { channel } = await world.channel();
      await refused(channel, () => channel.socket.send("{"), "");
      await refused(channel, () => channel.say({ kind: "command" }), "type");
      await refused(channel, () => channel.say({ type: "command", command_id: 7, command_type: "start_session", data: {} }), "command_id");
    },
  },
  {
    id: "channel-54",
    section,
    says: "Fields that are not known pass",
    async run(world) {
      const { channel } = await world.channel();
      const from = channel.heard.length;
      channel.say({ type: "inventory_request", colour: "blue" });
      await channel.next("inventory", undefined, from);
      expectEqual(
        channel.heard.slice(from).filter(({ type }) => type === "error"),
        [],
        `${where}: error`,
      );
    },
  },
  {
    id: "channel-55",
    section,
    says: "A command that it does not know is answered with a failed result, COMMAND_UNSUPPORTED",
    async run(world) {
      const { message } = await world.command("paint_session", {});
      const { error_code } = expectShape(failedResultShape, message, `${where}: command_result`);
      expectEqual(error_code, "COMMAND_UNSUPPORTED", `${where}: command_result.error_code`);
    },
  },
];

/** After the sessions: they break the channel. */
export const agentReconnectChecks: readonly Check<AgentWorld>[] = [
  {
    id: "channel-56",
    section,
    says: "A frame past 1 MiB ends the channel with 1009, and it comes back",
    async run(world) {
      const { plane, channel } = await world.channel();
      const before = plane.channels.length;
      channel.say({ type: "inventory_request", filler: "x".repeat(MAX_MESSAGE_BYTES) });
      const { code } = await channel.end("at a frame past 1 MiB");
      expectEqual(code, 1009, "channel, close code");
      await plane.channel(before);
    },
  },
  {
    id: "channel-57",
    section,
    says: "After the control plane closed the channel it comes back, registers anew and has its sessions as before",
    async run(world) {
      const { sessionId } = await world.session();
      const { plane, channel } = await world.channel();
      const before = plane.channels.length;
      channel.socket.close(1001, "going away");
      const again = await plane.channel(before);
      expectShape(registerShape, again.heard[0], `${where}: the first message`);
      const inventory = await again.next("inventory");
      expectThat(
        JSON.stringify(inventory.sessions).includes(sessionId),
        "the session that it had",
        inventory.sessions,
        `${where}: inventory`,
      );
    },
  },
];
