/** A control plane that the kit plays: real listeners, one agent, and a record of all that it said and showed. */
import { createPublicKey, randomBytes, randomUUID, X509Certificate } from "node:crypto";
import { once as nextEvent } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { AGENT_TOKEN_HEADER } from "@berth/protocol/agent-proof";
import { TUNNEL_SECRET_HEADER } from "@berth/protocol/tunnel";
import { WebSocketServer } from "ws";
import { z } from "zod";
import { Difference } from "../check";
import { shown } from "../expectations";
import { type Authority, type Issued, makeAuthority } from "../wire/authority";
import { ChannelSocket } from "../wire/channel-socket";
import { identityProblem, keyHash } from "../wire/check-identity";

/** So short that an agent that looks has to renew it at once. */
const FIRST_LIFE_MS = 50 * 60_000;

export interface Seen {
  readonly where: string;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly json: unknown;
  /** The connection's own, in the TLS handshake. */
  readonly byCertificate: boolean;
}

interface Waiting {
  readonly secret: string;
  take(socket: Duplex): void;
}

export class PlayedPlane {
  readonly name: string = `conformance-${randomBytes(3).toString("hex")}`;
  readonly agentId: string = randomUUID();
  readonly token: string = randomBytes(24).toString("base64url");
  /** Every request and upgrade, in order. */
  readonly seen: Seen[] = [];
  /** Requests that did not prove whose they are. */
  readonly unproven: string[] = [];
  readonly channels: ChannelSocket[] = [];
  readonly streams: ChannelSocket[] = [];
  /** Handed out to who asks for tasks by request or stream, once each. */
  readonly tasks: Record<string, unknown>[] = [];
  readonly completed: { taskId: string; json: unknown }[] = [];
  heartbeatSeconds = 1;
  /** What the certificate is asked for before an administrator has approved it. */
  approvals = 0;
  certificates = 0;
  readonly #used = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #open = new Set<Duplex>();
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #enrolledKey: string | null = null;
  #csr: string | null = null;

  private constructor(
    readonly authority: Authority,
    private readonly plain: http.Server,
    private readonly secure: https.Server,
    readonly patienceMs: number,
  ) {
    for (const server of [plain, secure]) {
      server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response));
      server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head));
      server.on("connection", (socket: Duplex) => {
        this.#open.add(socket);
        socket.on("close", () => this.#open.delete(socket));
      });
    }
  }

  static async listen(options: { readonly host: string; readonly port: number; readonly patienceMs: number }): Promise<PlayedPlane> {
    const authority = await makeAuthority("Conformance");
    const { cert, key } = await authority.serverCertificate([...new Set(["localhost", "127.0.0.1", "::1", options.host])]);
    const secure = https.createServer({ cert, key, ca: authority.root, requestCert: true, rejectUnauthorized: false });
    const plane = new PlayedPlane(authority, http.createServer(), secure, options.patienceMs);
    plane.plain.listen(options.port, options.host);
    plane.secure.listen(0, options.host);
    await Promise.all([nextEvent(plane.plain, "listening"), nextEvent(plane.secure, "listening")]);
    return plane;
  }

  /** What a command line may have filled in. */
  words(host: string): Record<string, string> {
    const root = new X509Certificate(this.authority.root);
    return {
      url: `http://${host}:${portOf(this.plain)}`,
      "tls-url": `https://${host}:${portOf(this.secure)}`,
      name: this.name,
      token: this.token,
      "ca-sha256": keyHash(root.publicKey),
      authority: this.authority.root,
    };
  }

  get registrations(): Seen[] {
    return this.seen.filter(({ where }) => where === "POST /api/v1/agents/register");
  }

  /** The newest channel past `before`, once its first message came. Throws `Difference` with what came instead. */
  async channel(before = 0): Promise<ChannelSocket> {
    const found = await this.#until(() => this.channels.slice(before).find(({ heard, open }) => open && heard.length > 0));
    if (found) return found;
    const instead =
      this.seen.length === 0
        ? "no request at all"
        : shown(
            this.seen
              .map(({ where }) => where)
              .slice(-8)
              .join(", "),
          );
    throw new Difference(
      `a channel with a first message within ${this.patienceMs / 1000} s`,
      instead,
      "upgrade of /agent/ws, by the agent",
    );
  }

  /** Resolves with what `find` found, or undefined when it took too long. */
  async #until<Value>(find: () => Value | undefined, patienceMs = this.patienceMs): Promise<Value | undefined> {
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; ) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise((resume) => setTimeout(resume, 20));
    }
    return find();
  }

  until<Value>(find: () => Value | undefined, patienceMs?: number): Promise<Value | undefined> {
    return this.#until(find, patienceMs);
  }

  /** Asks for a tunnel and waits for the dial. `request` is told its id and secret. */
  async tunnel(channel: ChannelSocket, request: (id: string, secret: string) => Record<string, unknown>): Promise<Duplex> {
    const id = randomUUID();
    const secret = randomBytes(32).toString("base64url");
    let socket: Duplex | undefined;
    this.#waiting.set(id, { secret, take: (taken) => (socket = taken) });
    const asked = request(id, secret);
    channel.say(asked);
    const dialled = await this.#until(() => socket);
    this.#waiting.delete(id);
    if (dialled) return dialled;
    throw new Difference(`a dial within ${this.patienceMs / 1000} s`, "none", `upgrade of /agent/tunnel/{id}, after ${shown(asked.type)}`);
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await Promise.all([this.plain, this.secure].map((server) => new Promise((resolve) => server.close(resolve))));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { status, body } = await this.#reply(request, Buffer.concat(parts)).catch((error: unknown) => refusal(400, String(error)));
    const text = typeof body === "string" ? body : JSON.stringify(body);
    response.writeHead(status, { "content-type": typeof body === "string" ? "application/x-pem-file" : "application/json" }).end(text);
  }

  async #reply(request: IncomingMessage, body: Buffer): Promise<{ status: number; body: unknown }> {
    const path = request.url?.split("?")[0] ?? "";
    const text = body.toString("utf8");
    const json = jsonOf(text);
    this.#note(`${request.method} ${path}`, request, text, json);
    if (path === "/agent/ca.pem") return { status: 200, body: this.authority.root };
    if (path === "/api/v1/agents/register") return this.#register(request, json);
    const [, ref, rest = ""] = /^\/api\/v1\/agents\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (ref === undefined) return refusal(404, "No such path");
    const problem = this.#problem(request, body);
    if (problem) return refusal(401, problem);
    if (ref !== this.agentId && ref !== this.name) return refusal(403, "Another agent's path");
    if (rest === "certificate") return this.#certificate(json);
    if (rest === "heartbeat") {
      const { csr } = z.object({ csr: z.string().optional() }).catch({}).parse(json);
      const renewal = csr ? { certificateRenewal: await this.#issue(csr) } : {};
      return { status: 200, body: { tasks: this.#handOut(), ...renewal } };
    }
    if (rest === "tasks") return { status: 200, body: { tasks: this.#handOut() } };
    const taskId = /^tasks\/([^/]+)\/complete$/.exec(rest)?.[1];
    if (taskId === undefined) return refusal(404, "No such path");
    this.completed.push({ taskId, json });
    return { status: 200, body: { acknowledged: true } };
  }

  async #register(request: IncomingMessage, json: unknown): Promise<{ status: number; body: unknown }> {
    if (request.headers[AGENT_TOKEN_HEADER] !== this.token || this.#csr !== null) return refusal(401, "Registration token invalid");
    const { csr } = z.object({ csr: z.string() }).parse(json);
    this.#csr = csr;
    const certificate = await this.#issue(csr, FIRST_LIFE_MS);
    this.#enrolledKey = keyHash(createPublicKey(certificate.cert));
    const config = { heartbeatInterval: this.heartbeatSeconds, taskPollInterval: 1, logLevel: "info" };
    const answer = { agentId: this.agentId, token: this.token, config, certificate: this.approvals > 0 ? null : certificate };
    return { status: 201, body: answer };
  }

  async #certificate(json: unknown): Promise<{ status: number; body: unknown }> {
    if (this.approvals > 0 && --this.approvals > 0) return { status: 200, body: { certificate: null } };
    const { csr } = z.object({ csr: z.string().optional() }).parse(json ?? {});
    return { status: 200, body: { certificate: await this.#issue(csr ?? this.#csr ?? "") } };
  }

  async #issue(csr: string, lifeMs?: number): Promise<Issued> {
    this.certificates += 1;
    return this.authority.issue(this.agentId, this.name, csr, lifeMs);
  }

  #handOut = (): Record<string, unknown>[] => this.tasks.splice(0);

  #problem(request: IncomingMessage, body: Uint8Array): string | null {
    const known = { agentId: this.agentId, root: this.authority.root, enrolledKey: this.#enrolledKey, used: this.#used };
    const problem = identityProblem(request, body, known);
    if (problem) this.unproven.push(`${request.method} ${request.url?.split("?")[0]}: ${problem}`);
    return problem;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = new URL(request.url ?? "/", "http://conformance");
    this.#note(`upgrade of ${url.pathname}`, request, "", Object.fromEntries(url.searchParams));
    const refuse = (status: number) => void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    socket.on("error", () => socket.destroy());
    if (this.#problem(request, new Uint8Array())) return refuse(401);
    if (url.pathname === "/agent/ws") return this.#accept(request, socket, head, this.channels);
    if (url.pathname === `/api/v1/agents/${this.agentId}/task-stream`) return this.#accept(request, socket, head, this.streams);
    const waiting = this.#waiting.get(url.pathname.replace("/agent/tunnel/", ""));
    if (!waiting || request.headers[TUNNEL_SECRET_HEADER] !== waiting.secret) return refuse(404);
    socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n");
    if (head.length > 0) socket.unshift(head);
    waiting.take(socket);
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, list: ChannelSocket[]): void {
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const channel = new ChannelSocket(webSocket, "agent", this.patienceMs);
      list.push(channel);
      if (list === this.channels) webSocket.once("message", () => this.#acknowledge(channel));
    });
  }

  #acknowledge(channel: ChannelSocket): void {
    channel.say({ type: "register_ack", agent_id: this.name, status: "registered", heartbeat_interval: `${this.heartbeatSeconds}s` });
  }

  #note(where: string, request: IncomingMessage, text: string, json: unknown): void {
    const byCertificate = request.socket instanceof TLSSocket && request.socket.getPeerX509Certificate() !== undefined;
    this.seen.push({ where, headers: request.headers, text, json, byCertificate });
  }
}

const refusal = (status: number, message: string) => ({
  status,
  body: { error: "Refused", message, code: "REFUSED", timestamp: new Date().toISOString(), request_id: "conformance" },
});

function portOf(server: http.Server | https.Server): number {
  const address: AddressInfo | string | null = server.address();
  return address && typeof address === "object" ? address.port : 0;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
