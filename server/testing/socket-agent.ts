import { once } from "node:events";
import { commandTypeSchema } from "@berth/protocol/agent-commands";
import { FILES, LOGS, TERMINALS, type ToAgentOf, toAgentSchema, VIEWER_UPDATE } from "@berth/protocol/agent-messages";
import { PORTS } from "@berth/protocol/session-ports";
import { SNAPSHOTS } from "@berth/protocol/snapshots";
import { WebSocket } from "ws";
import type { Credentials } from "../../agent/identity/credentials";
import { DialingAgent, type DialingAgentOptions } from "./dialing-agent";

export interface SocketAgentParts extends DialingAgentOptions {
  readonly name: string;
  readonly credentials: Pick<Credentials, "headers">;
}

/** An agent on a real channel: has every command done at once, and dials back for every tunnel. */
export class SocketAgent {
  private constructor(
    readonly name: string,
    readonly credentials: Pick<Credentials, "headers">,
    private readonly socket: WebSocket,
  ) {}

  /** Resolves when the control plane has registered it. */
  static async connect(parts: SocketAgentParts): Promise<SocketAgent> {
    const target = `/agent/ws?agent_id=${parts.name}&platform=docker`;
    const socket = new WebSocket(`ws://127.0.0.1:${parts.port()}${target}`, { headers: await parts.credentials.headers("GET", target) });
    const dialing = new DialingAgent(parts);
    const say = (message: Record<string, unknown>) => socket.send(JSON.stringify({ agent_id: parts.name, ...message }));
    const registered = new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        const message = toAgentSchema.parse(JSON.parse(data.toString()));
        if (message.type === "register_ack") resolve();
        else if (message.type === "command") for (const answer of answersTo(message)) say(answer);
        else dialing.receive(message);
      });
    });
    await once(socket, "open");
    say({
      type: "register",
      platform: "docker",
      capacity: {},
      metadata: {},
      capabilities: [VIEWER_UPDATE, LOGS, FILES, TERMINALS, PORTS, SNAPSHOTS],
    });
    await registered;
    return new SocketAgent(parts.name, parts.credentials, socket);
  }

  async close(): Promise<void> {
    const closed = once(this.socket, "close");
    this.socket.close();
    await closed;
  }
}

function answersTo(command: ToAgentOf<"command">): Record<string, unknown>[] {
  const { command_id, session_id } = command;
  const starts = commandTypeSchema.parse(command.command_type) === "start_session";
  const result = starts ? { container_id: `c-${session_id?.slice(0, 8)}`, pod_name: "pod", hibernate_modes: ["stop"] } : {};
  return [
    { type: "command_ack", command_id, status: "acknowledged" },
    { type: "command_result", command_id, status: "completed", result },
  ];
}
