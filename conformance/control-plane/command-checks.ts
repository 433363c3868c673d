import type { Check } from "../check";
import { hibernateCommandShape, type SessionAnswer, startCommandShape, stopCommandShape, wakeCommandShape } from "../contract/shapes";
import { expectEqual, expectShape, expectStatus, expectThat } from "../expectations";
import { onceFor } from "../once";
import type { ChannelSocket, Message } from "../wire/channel-socket";
import { type Plane, sessionOf } from "./plane";
import type { PlayedAgent } from "./played-agent";

const section = "commands";
const where = "channel, from the control plane: command";

export interface Story {
  readonly agent: PlayedAgent;
  readonly channel: ChannelSocket;
  readonly session: SessionAnswer;
  readonly start: Message;
}

/** An agent on the channel and a session that was placed on it, whose start waits to be acknowledged. */
const storyOf = onceFor("session on the channel", async (plane: Plane): Promise<Story> => {
  const agent = await plane.enrol();
  const channel = await plane.channelOf(agent);
  const session = sessionOf(await plane.createSession(agent));
  return { agent, channel, session, start: await nextCommand(channel, session.id, 0) };
});

export const acknowledge = ({ agent, channel }: Pick<Story, "agent" | "channel">, { command_id }: Message): void =>
  channel.say({ type: "command_ack", command_id, agent_id: agent.name, status: "acknowledged" });

/** The contract's own frame. */
export function complete({ agent, channel, session }: Pick<Story, "agent" | "channel" | "session">, { command_id }: Message): void {
  const result = {
    session_id: session.id,
    pod_ip: "10.42.1.5",
    pod_name: `${session.name}-7c8f9d6b5`,
    vnc_port: 5900,
    started_at: new Date().toISOString(),
  };
  channel.say({ type: "command_result", command_id, agent_id: agent.name, status: "completed", result });
}

export const nextCommand = (channel: ChannelSocket, sessionId: string, from: number): Promise<Message> =>
  channel.next("command", ({ session_id }) => session_id === sessionId, from);

/** The session runs: for what comes after its start. */
export const runningStory = onceFor("running session", async (plane: Plane): Promise<Story> => {
  const story = await storyOf(plane);
  acknowledge(story, story.start);
  complete(story, story.start);
  await plane.untilPhase(story.session.id, "Running");
  return story;
});

/** Asks for another state and takes the command that follows. */
async function afterAsking(story: Story, ask: () => Promise<unknown>): Promise<Message> {
  const from = story.channel.heard.length;
  // The answer waits for the phase, which waits for us.
  const asked = ask();
  asked.catch(() => {});
  const command = await nextCommand(story.channel, story.session.id, from);
  acknowledge(story, command);
  complete(story, command);
  await asked;
  return command;
}

export const commandChecks: readonly Check<Plane>[] = [
  {
    id: "channel-20",
    section,
    says: "A session that is placed on the agent arrives as a start_session with all that its container needs",
    async run(plane) {
      const { start, session } = await storyOf(plane);
      const { data, command_type } = expectShape(startCommandShape, start, where);
      expectEqual(command_type, "start_session", `${where}.command_type`);
      expectEqual(
        [data.name, data.user, data.template],
        [session.name, session.user, session.template],
        `${where}.data, name, user and template`,
      );
    },
  },
  {
    id: "channel-21",
    section,
    says: "After command_ack and the contract's command_result the session runs, and tells the pod's name and address",
    async run(plane) {
      const { session } = await runningStory(plane);
      const { status, state } = await plane.session(session.id);
      const at = "GET /api/v1/sessions/{id}";
      expectEqual([state, status.phase], ["running", "Running"], `${at}, state and status.phase`);
      expectEqual([status.pod_ip, status.pod_name], ["10.42.1.5", `${session.name}-7c8f9d6b5`], `${at}, status.pod_ip and pod_name`);
      expectEqual(status.vnc_url, `/vnc-viewer/${session.id}`, `${at}, status.vnc_url`);
    },
  },
  {
    id: "channel-22",
    section,
    says: "A result that comes twice, and one of a command that never was, change nothing and keep the channel",
    async run(plane) {
      const story = await runningStory(plane);
      const { agent, channel, session, start } = story;
      complete(story, start);
      channel.say({
        type: "command_result",
        command_id: start.command_id,
        agent_id: agent.name,
        status: "failed",
        error: "late",
        error_code: "TASK_FAILED",
      });
      channel.say({ type: "command_result", command_id: "cmd-that-never-was", agent_id: agent.name, status: "failed", error: "lost" });
      const from = channel.heard.length;
      channel.say({ type: "last_word", agent_id: agent.name });
      await channel.next("error", ({ message }) => String(message).includes("last_word"), from);
      expectEqual((await plane.session(session.id)).status.phase, "Running", "GET /api/v1/sessions/{id}, status.phase");
    },
  },
  {
    id: "channel-23",
    section,
    says: "Hibernating a session sends hibernate_session with its name and namespace",
    async run(plane) {
      const story = await runningStory(plane);
      const { id } = story.session;
      const command = await afterAsking(story, () => plane.admin("PATCH", `/sessions/${id}`, { state: "hibernated" }));
      expectShape(hibernateCommandShape, command, where);
      await plane.untilPhase(id, "Hibernated");
    },
  },
  {
    id: "channel-24",
    section,
    says: "Waking it sends wake_session with its name and namespace, and it runs again",
    async run(plane) {
      const story = await runningStory(plane);
      const { id } = story.session;
      const command = await afterAsking(story, () => plane.admin("PATCH", `/sessions/${id}`, { state: "running" }));
      expectShape(wakeCommandShape, command, where);
      await plane.untilPhase(id, "Running");
    },
  },
  {
    id: "channel-25",
    section,
    says: "A command that was not acknowledged comes again to the agent's next connection, under the same id",
    async run(plane) {
      const agent = await plane.enrol();
      const channel = await plane.channelOf(agent);
      const session = sessionOf(await plane.createSession(agent));
      const first = await nextCommand(channel, session.id, 0);
      await channel.close();
      const again = await plane.channelOf(agent);
      const second = await nextCommand(again, session.id, 0);
      expectEqual(second.command_id, first.command_id, `${where}.command_id`);
      acknowledge({ agent, channel: again }, second);
      const failed = { error: "Failed to create pod: insufficient resources", error_code: "INSUFFICIENT_RESOURCES" };
      again.say({ type: "command_result", command_id: second.command_id, agent_id: agent.name, status: "failed", ...failed });
      const { status } = await plane.untilPhase(session.id, "Failed");
      expectThat(
        status.message.includes("insufficient resources"),
        "the agent's words",
        status.message,
        "GET /api/v1/sessions/{id}, status.message",
      );
      await again.close();
    },
  },
];

/** After the tunnels, which need the session. */
export const endingChecks: readonly Check<Plane>[] = [
  {
    id: "channel-40",
    section,
    says: "Ending a session sends stop_session with graceful and timeout, and it is terminated",
    async run(plane) {
      const story = await runningStory(plane);
      const { id } = story.session;
      const command = await afterAsking(story, async () =>
        expectStatus(await plane.admin("PATCH", `/sessions/${id}`, { state: "terminated" }), 200),
      );
      expectShape(stopCommandShape, command, where);
      await plane.untilPhase(id, "Terminated");
    },
  },
];
