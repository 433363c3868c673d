/** A control plane for the agent's tests: real HTTP and WebSockets on loopback, and a record of all that the agents said. */
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import {
  type FromAgent,
  type FromAgentOf,
  fromAgentSchema,
  type ToAgent,
  type ToAgentOf,
  type ViewerMode,
  type ViewerPolicy,
} from "@berth/protocol/agent-messages";
import { registrationRequestSchema } from "@berth/protocol/agent-registration";
import { displayPath, TUNNEL_SECRET_HEADER } from "@berth/protocol/tunnel";
import WebSocket, { WebSocketServer } from "ws";
import { FakeAuthority } from "./fake-authority";

export class FakeControlPlane {
  readonly received: FromAgent[] = [];
  readonly registrations: Array<{ token: string | undefined; name: string }> = [];
  /** What the agent's dials looked like. */
  readonly dials: IncomingMessage[] = [];
  /** Set to answer the next connections on the channel with this status. */
  refuseChannel: number | null = null;
  refuseTunnels: number | null = null;
  /** Set to leave `register` without an answer. */
  silent = false;
  /** How long something that an agent should do is waited for. */
  patienceMs = 8000;
  heartbeatSeconds = 10;
  registrationToken = "one-time-token";
  /** Taken as it is, beside proofs by certificates that this control plane issued. */
  readonly credential = "agent-credential";
  readonly #authority = new FakeAuthority();
  /** What a registration is answered with. */
  agentId: string = randomUUID();
  readonly #server: Server = createServer(
    (request, response) =>
      void this.#http(request).then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      }),
  );
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #tunnels = new Map<string, { secret: string; arrived: (socket: Duplex) => void }>();
  readonly #changed = new Set<() => void>();
  readonly #streams = new Set<Duplex>();
  #port = 0;
  channel: WebSocket | null = null;
  channels = 0;

  async listen(port = 0): Promise<void> {
    this.#server.on("connection", (socket) => {
      this.#streams.add(socket);
      socket.on("close", () => this.#streams.delete(socket));
    });
    this.#server.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    const address: AddressInfo | string | null = this.#server.address();
    if (address && typeof address === "object") this.#port = address.port;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}`);
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  send(message: ToAgent): void {
    this.sendRaw(JSON.stringify(message));
  }

  sendRaw(data: string | Buffer): void {
    if (!this.channel) throw new Error("no agent is connected");
    this.channel.send(data);
  }

  /** The id that it was sent with. */
  command(
    type: string,
    sessionId: string | null,
    data: Record<string, unknown>,
    id: string = randomUUID(),
    extra: Partial<ToAgentOf<"command">> = {},
  ): string {
    this.send({ type: "command", command_id: id, command_type: type, session_id: sessionId, data, ...extra });
    return id;
  }

  /** The first message, past or to come, that `wanted` takes. */
  async until<T extends FromAgent["type"]>(type: T, wanted: (message: FromAgentOf<T>) => boolean = () => true): Promise<FromAgentOf<T>> {
    const find = () => this.all(type).find(wanted);
    return this.#until(`a message ${type}`, find);
  }

  result(commandId: string): Promise<FromAgentOf<"command_result">> {
    return this.until("command_result", (message) => message.command_id === commandId);
  }

  all<T extends FromAgent["type"]>(type: T): Array<FromAgentOf<T>> {
    return this.received.filter((message): message is FromAgentOf<T> => message.type === type);
  }

  untilConnected(channels: number): Promise<WebSocket> {
    return this.#until(`connection ${channels}`, () => (this.channels >= channels && this.channel ? this.channel : undefined));
  }

  /** The socket that the agent dials back, after its 101. */
  async displayTunnel(sessionId: string, mode: ViewerMode): Promise<Duplex> {
    return this.#tunnel((id, secret) => ({
      type: "vnc_proxy_request",
      session_id: sessionId,
      proxy_id: id,
      data: { pod_name: "pod", namespace: "berth", vnc_port: 5900, tunnel_secret: secret, mode },
    }));
  }

  /** A viewer under these terms, and how to change them. */
  async displayViewer(sessionId: string, mode: ViewerMode, policy?: ViewerPolicy) {
    let proxyId = "";
    const tunnel = await this.#tunnel((id, secret) => {
      proxyId = id;
      const data = { pod_name: "pod", namespace: "berth", vnc_port: 5900, tunnel_secret: secret, mode, ...(policy ? { policy } : {}) };
      return { type: "vnc_proxy_request", session_id: sessionId, proxy_id: id, data };
    });
    return {
      socket: webSocketOver(tunnel, displayPath(sessionId, mode)),
      update: (next: ViewerMode, rules: ViewerPolicy = { clipboard_in: true, clipboard_out: true }, session = sessionId) =>
        this.send({ type: "viewer_update", session_id: session, proxy_id: proxyId, mode: next, policy: rules }),
    };
  }

  /** A tunnel on which the agent serves its HTTP API for this session. */
  async apiTunnel(sessionId: string): Promise<Duplex> {
    return this.#tunnel((id, secret) => ({ type: "api_request", tunnel_id: id, tunnel_secret: secret, session_id: sessionId }));
  }

  async portTunnel(sessionId: string, port: number): Promise<Duplex> {
    return this.#tunnel((id, secret) => ({
      type: "tunnel_request",
      tunnel_id: id,
      tunnel_secret: secret,
      purpose: "port",
      session_id: sessionId,
      port,
    }));
  }

  /** All that the agent says on the tunnel of a small picture. */
  async thumbnail(sessionId: string, policy: { thumbnails: boolean } = { thumbnails: true }): Promise<{ head: unknown; png: Buffer }> {
    const tunnel = await this.#tunnel((id, secret) => ({
      type: "thumbnail_request",
      tunnel_id: id,
      tunnel_secret: secret,
      session_id: sessionId,
      policy,
    }));
    const said: Buffer[] = [];
    for await (const chunk of tunnel) said.push(chunk);
    const all = Buffer.concat(said);
    const end = all.indexOf("\n");
    return { head: JSON.parse(all.subarray(0, end).toString("utf8")), png: all.subarray(end + 1) };
  }

  /** The tunnel of a log; what the agent says on it is lines of JSON. */
  async logs(sessionId: string, { tail = 100, follow = false } = {}): Promise<Duplex> {
    return this.#tunnel((id, secret) => ({
      type: "logs_request",
      tunnel_id: id,
      tunnel_secret: secret,
      session_id: sessionId,
      tail,
      follow,
    }));
  }

  /** A viewer at the end of a display tunnel, before its handshake is answered. */
  async viewer(
    sessionId: string,
    mode: ViewerMode = "control",
    path = displayPath(sessionId, mode),
    protocols?: string[],
  ): Promise<WebSocket> {
    const socket = await this.displayTunnel(sessionId, mode);
    return webSocketOver(socket, path, protocols);
  }

  #tunnel(request: (id: string, secret: string) => ToAgent): Promise<Duplex> {
    const id = randomUUID();
    const secret = randomBytes(32).toString("base64url");
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("the agent did not dial back")), this.patienceMs);
      this.#tunnels.set(id, {
        secret,
        arrived: (socket) => {
          clearTimeout(late);
          resolve(socket);
        },
      });
      this.send(request(id, secret));
    });
  }

  async #http(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    if (request.url !== "/api/v1/agents/register" || request.method !== "POST")
      return { status: 404, body: { code: "NOT_FOUND", message: "Not found" } };
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const body = registrationRequestSchema.parse(JSON.parse(text));
    const token = request.headers["x-agent-token"]?.toString();
    this.registrations.push({ token, name: body.name });
    if (token !== this.registrationToken)
      return { status: 401, body: { code: "REGISTRATION_TOKEN_INVALID", message: "The token was used already" } };
    const config = { heartbeatInterval: this.heartbeatSeconds, taskPollInterval: 30, logLevel: "info" };
    const certificate = body.csr ? await this.#authority.issue(this.agentId, body.name, body.csr) : null;
    return { status: 201, body: { agentId: this.agentId, token: "token-of-the-registration", config, certificate } };
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const refuse = (status: number) => void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    if (request.headers.authorization !== `Bearer ${this.credential}` && !(await this.#authority.proves(request))) return refuse(401);
    if (url.pathname === "/agent/ws") {
      if (this.refuseChannel !== null) return refuse(this.refuseChannel);
      return this.#sockets.handleUpgrade(request, socket, head, (channel) => this.#accept(channel));
    }
    this.dials.push(request);
    const id = url.pathname.replace("/agent/tunnel/", "");
    const tunnel = this.#tunnels.get(id);
    if (!tunnel || request.headers[TUNNEL_SECRET_HEADER] !== tunnel.secret) return refuse(404);
    this.#tunnels.delete(id);
    if (this.refuseTunnels !== null) return refuse(this.refuseTunnels);
    socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n");
    if (head.length > 0) socket.unshift(head);
    socket.on("error", () => socket.destroy());
    tunnel.arrived(socket);
  }

  #accept(channel: WebSocket): void {
    this.channel = channel;
    channel.on("message", (data) => {
      const message = fromAgentSchema.parse(JSON.parse(data.toString()));
      this.received.push(message);
      if (message.type === "register" && !this.silent) {
        this.channels++;
        this.send({
          type: "register_ack",
          agent_id: message.agent_id,
          status: "registered",
          heartbeat_interval: `${this.heartbeatSeconds}s`,
        });
      }
      this.#tell();
    });
    channel.on("close", () => {
      if (this.channel === channel) this.channel = null;
      this.#tell();
    });
    this.#tell();
  }

  #tell(): void {
    for (const changed of [...this.#changed]) changed();
  }

  #until<T>(what: string, find: () => T | undefined): Promise<T> {
    const there = find();
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#changed.delete(look);
        const types = this.received.map((message) => message.type).join(", ");
        reject(new Error(`${what} did not come within ${this.patienceMs} ms; there were: ${types.slice(-1500)}`));
      }, this.patienceMs);
      const look = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(late);
        this.#changed.delete(look);
        resolve(found);
      };
      this.#changed.add(look);
    });
  }
}

/** A WebSocket client on a connection that is there already. */
export function webSocketOver(socket: Duplex, path: string, protocols = ["binary"]): WebSocket {
  return new WebSocket(`ws://agent${path}`, protocols, { createConnection: () => socket, perMessageDeflate: false });
}
