/**
 * The agent's one WebSocket to the control plane: connects, registers, comes back after every loss. Knows messages as such and what keeps a
 * connection alive; what they mean is for others.
 */
import type { IncomingMessage } from "node:http";
import { type FromAgent, type FromAgentOf, MAX_MESSAGE_BYTES, type ToAgent } from "@berth/protocol/agent-messages";
import { agentChannelPath } from "@berth/protocol/tunnel";
import WebSocket, { type RawData } from "ws";
import type { Clock, Timer } from "../clock";
import type { Credentials, TlsOptions } from "../identity/credentials";
import { type Log, wordsOf } from "../log";
import { reconnectDelay, refusedDelay } from "./backoff";
import { controlPlaneUrl } from "./control-plane-url";
import { readIncoming } from "./incoming";

/** From the dial until `register_ack`. */
const REGISTER_TIMEOUT_MS = 15_000;
const SILENT_INTERVALS = 3;
/** A control plane that does not read: beyond this the connection is ended rather than memory filled. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

export interface ConnectionOptions {
  readonly url: URL;
  readonly agentName: string;
  readonly credentials: Credentials;
  readonly platform: string;
  readonly region: string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Asked for anew at every connection: capacity and metadata change. */
  registration(): Promise<FromAgentOf<"register">>;
  registered(heartbeatSeconds: number): void;
  received(message: ToAgent): void;
  lost(reason: string): void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  #socket: WebSocket | null = null;
  #registered = false;
  #stopped = false;
  #attempt = 0;
  #lastHeard = 0;
  #timers: Timer[] = [];
  #retry: Timer | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get registered(): boolean {
    return this.#registered;
  }

  start(): void {
    void this.#connect();
  }

  /** False: not registered, or not written; the message is lost. */
  send(message: FromAgent): boolean {
    return this.#registered && this.#write(message);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    const socket = this.#socket;
    if (!socket) return;
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => socket.terminate(), 1000);
      socket.once("close", () => {
        clearTimeout(force);
        resolve();
      });
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
      else socket.close(1000, "the agent ends");
    });
  }

  async #connect(): Promise<void> {
    const { url, agentName, platform, region, credentials, log } = this.#options;
    const query = new URLSearchParams({ agent_id: agentName, platform, ...(region ? { region } : {}) });
    const target = `${agentChannelPath}?${query}`;
    try {
      const headers = await credentials.headers("GET", target);
      if (!this.#stopped) this.#dial(controlPlaneUrl(url, target), headers, credentials.tls());
    } catch (error) {
      log.error({ err: error }, "the agent can't show who it is");
      this.#later(refusedDelay(this.#options.random));
    }
  }

  #dial(target: URL, headers: Record<string, string>, tls: TlsOptions): void {
    const { clock } = this.#options;
    target.protocol = target.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(target, {
      ...tls,
      headers,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handshakeTimeout: REGISTER_TIMEOUT_MS,
      followRedirects: false,
    });
    this.#socket = socket;
    let reason = "";
    let refused = false;
    const heard = () => {
      this.#lastHeard = clock.now().getTime();
    };
    heard();
    const acknowledged = clock.after(REGISTER_TIMEOUT_MS, () => this.#end(socket, "no register_ack came"));
    this.#timers = [acknowledged];
    socket.on("unexpected-response", (request, response) => {
      refused = response.statusCode === 401 || response.statusCode === 403;
      void bodyOf(response).then((body) => {
        reason = `the control plane answered ${response.statusCode}${body ? `: ${body}` : ""}`;
        request.destroy();
        socket.terminate();
      });
    });
    socket.on("open", () => {
      heard();
      void this.#register(socket);
    });
    socket.on("ping", heard);
    socket.on("pong", heard);
    socket.on("message", (data, isBinary) => {
      heard();
      if (isBinary) return void this.#write({ type: "error", code: "MESSAGE_INVALID", message: "binary messages are not known here" });
      this.#take(data, acknowledged);
    });
    socket.on("error", (error) => {
      reason ||= wordsOf(error);
    });
    socket.on("close", (code, text) => {
      reason ||= text.toString("utf8") || `the connection was closed with code ${code}`;
      this.#closed(socket, reason, refused);
    });
  }

  async #register(socket: WebSocket): Promise<void> {
    try {
      const message = await this.#options.registration();
      if (socket === this.#socket) this.#write(message);
    } catch (error) {
      this.#end(socket, `registration could not be made: ${wordsOf(error)}`);
    }
  }

  #take(data: RawData, acknowledged: Timer): void {
    const incoming = readIncoming(data.toString());
    if ("refusal" in incoming) {
      this.#options.log.warn({ problem: incoming.refusal.message }, "a message of the control plane was refused");
      this.#write(incoming.refusal);
      return;
    }
    const { message } = incoming;
    if (message.type !== "register_ack") {
      if (this.#registered) return this.#options.received(message);
      this.#options.log.warn({ type: message.type }, "a message came before register_ack and was left aside");
      return;
    }
    if (this.#registered) return;
    acknowledged.cancel();
    const seconds = Math.max(1, Number.parseInt(message.heartbeat_interval, 10));
    this.#registered = true;
    this.#attempt = 0;
    this.#watchSilence(seconds);
    this.#options.log.info({ url: this.#options.url.origin, heartbeatSeconds: seconds }, "registered with the control plane");
    this.#options.registered(seconds);
  }

  #watchSilence(seconds: number): void {
    const { clock } = this.#options;
    const socket = this.#socket;
    if (!socket) return;
    this.#timers.push(
      clock.every(seconds * 1000, () => {
        const silentFor = clock.now().getTime() - this.#lastHeard;
        if (silentFor >= SILENT_INTERVALS * seconds * 1000) {
          this.#end(socket, `nothing was heard from the control plane for ${Math.round(silentFor / 1000)} s`);
        }
      }),
    );
  }

  #write(message: FromAgent): boolean {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#end(socket, "the control plane does not read");
      return false;
    }
    socket.send(JSON.stringify(message));
    return true;
  }

  #end(socket: WebSocket, reason: string): void {
    if (socket !== this.#socket) return;
    this.#options.log.warn({ reason }, "ending the connection");
    socket.terminate();
  }

  #closed(socket: WebSocket, reason: string, refused: boolean): void {
    if (socket !== this.#socket) return;
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    this.#socket = null;
    const wasRegistered = this.#registered;
    this.#registered = false;
    if (wasRegistered) this.#options.lost(reason);
    if (this.#stopped) return;
    const delay = refused ? refusedDelay(this.#options.random) : reconnectDelay(this.#attempt++, this.#options.random);
    const seconds = Math.round(delay / 100) / 10;
    const advice = "this agent's credential is not accepted (revoked, or of another control plane); enrol it again with a new token";
    if (refused) this.#options.log.error({ reason, retryInSeconds: seconds }, advice);
    else this.#options.log.warn({ reason, retryInSeconds: seconds }, "not connected to the control plane");
    this.#later(delay);
  }

  #later(delayMs: number): void {
    if (!this.#stopped) this.#retry = this.#options.clock.after(delayMs, () => void this.#connect());
  }
}

/** The first bytes of an answer, for the log. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = "";
  try {
    for await (const chunk of response) {
      body += String(chunk);
      if (body.length > 500) break;
    }
  } catch {
    // What was read of it is enough.
  }
  return body.slice(0, 500).trim();
}
