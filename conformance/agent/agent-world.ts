/** The agent under test: its program, the control plane that the kit plays to it, and sessions that it was asked for. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { Difference, NotRun } from "../check";
import { once } from "../once";
import type { ChannelSocket, Message } from "../wire/channel-socket";
import type { AgentProgram } from "./agent-program";
import { PlayedPlane } from "./played-plane";

export interface AgentOptions {
  /** Null: somebody starts it by hand, and can't be asked to start it again. */
  readonly program: AgentProgram | null;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** What sessions are started from. */
  readonly image: string;
  /** Where the agent's own HTTP API is; null where it has none that can be reached. */
  readonly agentHttp: URL | null;
  readonly patienceMs: number;
  /** Told how to start the agent, where there is no program. */
  say(text: string): void;
}

const resultSchema = z.looseObject({ status: z.string(), result: z.record(z.string(), z.unknown()).optional() });

export class AgentWorld {
  readonly #planes: PlayedPlane[] = [];

  constructor(readonly options: AgentOptions) {}

  /** It was started and has asked for something. */
  readonly plane = once("control plane that the agent was told of", async () => {
    const { program, host, port, say } = this.options;
    const plane = await this.newPlane(port);
    const words = plane.words(host);
    if (program) await program.start(words);
    else
      say(
        `Start your agent against ${words.url} (or ${words["tls-url"]}, by certificate), as '${words.name}', with the registration token ${words.token}`,
      );
    const first = await plane.until(() => plane.seen[0], program ? this.options.patienceMs * 2 : 10 * 60_000);
    if (!first) throw new Difference("a request", `none; it printed: ${program?.output() ?? ""}`, "the agent");
    return plane;
  });

  /** Its channel as it is now; a new one after it was closed. */
  async channel(): Promise<{ plane: PlayedPlane; channel: ChannelSocket }> {
    const plane = await this.plane();
    return { plane, channel: await plane.channel(0) };
  }

  async newPlane(port = 0): Promise<PlayedPlane> {
    const { host, patienceMs } = this.options;
    const plane = await PlayedPlane.listen({ host, port, patienceMs });
    this.#planes.push(plane);
    return plane;
  }

  program(): AgentProgram {
    if (this.options.program) return this.options.program;
    throw new NotRun("the agent would have to be started again: give its command with --agent", true);
  }

  startData(more: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      name: "conformance-session",
      namespace: "conformance",
      user: "john.doe",
      template: "conformance",
      image: this.options.image,
      resources: { memory: "256Mi", cpu: "500m" },
      vnc: { port: 5900 },
      persistent_home: false,
      environment: { PUID: "1000", PGID: "1000" },
      generation: 1,
      display: { protocol: "rfb", port: 5900, unix_socket: true, path: "/" },
      security: "strict",
      home: null,
      shm_size_bytes: 64 * 1024 * 1024,
      pids_limit: 256,
      hibernate_mode: "stop",
      ready_timeout_seconds: 60,
      ...more,
    };
  }

  /** Sends a command and waits for its acknowledgement and result, in this order. */
  async command(type: string, data: Record<string, unknown>, told: { sessionId?: string; id?: string } = {}) {
    const { channel } = await this.channel();
    const { sessionId = null, id = randomUUID() } = told;
    const from = channel.heard.length;
    const mine = ({ command_id }: Message) => command_id === id;
    channel.say({ type: "command", command_id: id, command_type: type, session_id: sessionId, data });
    const message = await channel.next("command_result", mine, from);
    const after = channel.heard.slice(from);
    const acknowledgement = after.find((one) => one.type === "command_ack" && mine(one));
    const acknowledgedFirst = acknowledgement !== undefined && after.indexOf(acknowledgement) < after.indexOf(message);
    const { status, result = {} } = resultSchema.parse(message);
    return { id, message, status, result, acknowledgement, acknowledgedFirst };
  }

  /** A session that runs; the id of its container, where the agent tells it. */
  readonly session = once("running session", async () => {
    const sessionId = randomUUID();
    const started = await this.command("start_session", this.startData(), { sessionId });
    if (started.status !== "completed")
      throw new Difference("status completed", JSON.stringify(started.message), "start_session, command_result");
    return { sessionId, started };
  });

  async close(): Promise<void> {
    await this.options.program?.stop();
    await Promise.all(this.#planes.map((plane) => plane.close()));
  }
}
