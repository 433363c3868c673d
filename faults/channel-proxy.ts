/** Stands between an agent and its control plane, message by message, so that each can be held on its way. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { Duplex } from "node:stream";
import WebSocket, { WebSocketServer } from "ws";
import { z } from "zod";
import { Gate } from "./gate";

const messageSchema = z.object({ type: z.string(), command_id: z.string().optional(), command_type: z.string().optional() });
export type ChannelMessage = z.infer<typeof messageSchema>;

export class ChannelProxy {
  readonly toAgent = new Gate<ChannelMessage>();
  readonly fromAgent = new Gate<ChannelMessage>();
  /** Commands that were sent through, by id: their type, and how often. */
  readonly commands = new Map<string, { type: string; times: number }>();
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #open = new Set<WebSocket>();
  #shut = false;
  #registered: WebSocket | null = null;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((asked, answer) => {
      const { method, url, headers } = asked;
      const onward = request({ host: "127.0.0.1", port: target, method, path: url, headers }, (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      });
      onward.on("error", () => answer.destroy());
      asked.pipe(onward);
    });
    this.#server.on("upgrade", (asked, socket, head) => this.#upgrade(asked, socket, head));
  }

  static async start(target: number): Promise<ChannelProxy> {
    const proxy = new ChannelProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return z.object({ port: z.number() }).parse(this.#server.address()).port;
  }

  /** Its registration was acknowledged, and the connection is there. */
  get agentIsThere(): boolean {
    return this.#registered?.readyState === WebSocket.OPEN;
  }

  /** What is there belongs to an agent that is about to end. */
  forgetAgent(): void {
    this.#registered = null;
  }

  /** Cuts the agent off, and keeps it off until `letIn`. */
  keepOff(): void {
    this.#shut = true;
    for (const socket of this.#open) socket.terminate();
  }

  letIn(): void {
    this.#shut = false;
  }

  async stop(): Promise<void> {
    this.keepOff();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #upgrade(asked: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    if (this.#shut) return void socket.destroy();
    const kept = Object.entries(asked.headers).filter(([name]) => !/^(?:host|connection|upgrade|sec-websocket-.*)$/.test(name));
    const plane = new WebSocket(`ws://127.0.0.1:${this.#target}${asked.url}`, {
      headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
      perMessageDeflate: false,
    });
    plane.on("error", () => socket.destroy());
    plane.on("unexpected-response", (_, answer) => {
      socket.end(`HTTP/1.1 ${answer.statusCode} refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      plane.terminate();
    });
    plane.on("open", () => this.#sockets.handleUpgrade(asked, socket, head, (agent) => this.#join(agent, plane)));
  }

  #join(agent: WebSocket, plane: WebSocket): void {
    for (const one of [agent, plane]) {
      this.#open.add(one);
      one.on("close", () => this.#open.delete(one));
      one.on("error", () => one.terminate());
    }
    this.#relay(plane, agent, this.toAgent, ({ type, command_id, command_type }) => {
      if (type === "register_ack") this.#registered = agent;
      if (type !== "command" || !command_id) return;
      this.commands.set(command_id, { type: command_type ?? "", times: (this.commands.get(command_id)?.times ?? 0) + 1 });
    });
    this.#relay(agent, plane, this.fromAgent, () => {});
    plane.on("ping", (data) => agent.readyState === WebSocket.OPEN && agent.ping(data));
  }

  /** In order, and to the end: what was said before a side ended still arrives, unless it is to be lost. */
  #relay(from: WebSocket, to: WebSocket, gate: Gate<ChannelMessage>, note: (message: ChannelMessage) => void): void {
    let before = Promise.resolve();
    from.on("message", (data, isBinary) => {
      const text = String(data);
      const message = messageSchema.parse(JSON.parse(text));
      note(message);
      before = before.then(async () => {
        if (await gate.pass(message)) return void (to.readyState === WebSocket.OPEN && to.send(text, { binary: isBinary }));
        from.terminate();
        to.terminate();
      });
    });
    from.on("close", () => {
      before = before.then(() => to.terminate());
    });
  }
}
