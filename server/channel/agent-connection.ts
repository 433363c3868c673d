import { type FromAgent, type FromAgentOf, MAX_MESSAGE_BYTES, type ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { RawData, WebSocket } from "ws";
import type { Clock, Timer } from "../platform/clock";
import { isOurs, toBerthError } from "../platform/errors";
import type { Log } from "../platform/log";
import type { AgentIdentity, ChannelHandler } from "./channel-handler";
import { decodeMessage } from "./decode-message";

/** Close codes of our own; an agent reconnects after each but `refused`, after which trying again soon can't help. */
export const closeCodes = { goingAway: 1001, policy: 1008, internal: 1011, replaced: 4000, registerFirst: 4001, refused: 4003 } as const;

/** From the 101 until a valid `register`. */
export const REGISTER_TIMEOUT_MS = 10_000;
/** Heartbeat intervals without any sign of life. */
const MISSED_INTERVALS = 3;
/** Bad frames within one heartbeat interval. */
export const MAX_BAD_FRAMES = 20;
/** Messages waiting for the one being handled; beyond it the socket is not read. */
const MAX_QUEUED = 64;
/** What an agent that doesn't read may leave unsent with us. */
export const MAX_UNSENT_BYTES = 4 * MAX_MESSAGE_BYTES;
/** How long is waited before a message that could not be handled, for a reason of ours, is handled again: as when the database is away for a moment. */
const TRY_AGAIN_MS = [50, 100, 200, 400, 800, 1600, 3200, 6400];
/** How long a peer may take to answer our close frame. */
const CLOSE_GRACE_MS = 1000;

export interface ConnectionParts {
  readonly socket: WebSocket;
  readonly agent: AgentIdentity;
  readonly connectionId: string;
  readonly handler: ChannelHandler;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when the agent's earlier connection is done with, `disconnected` included. */
  claim(connection: AgentConnection): Promise<void>;
  /** The connection can't send any more. */
  release(connection: AgentConnection): void;
}

/** One WebSocket of one agent, from its 101 to its end. Messages are handled in order, one at a time. */
export class AgentConnection {
  readonly agent: AgentIdentity;
  /** Resolves when nothing more of this connection will reach the handler. */
  readonly finished: Promise<void>;
  private state: "new" | "registering" | "registered" | "ended" = "new";
  private everRegistered = false;
  private readonly queue: FromAgent[] = [];
  private working = false;
  /** Off from a message that failed to the last try until one is handled: what is behind it then waits no longer. */
  private patient = true;
  /** Ends the wait for another try: this connection is to end, and on its next one the agent says again what it isn't sure of. */
  private hurry: () => void = () => {};
  private hurried = false;
  private badFrames = 0;
  private lastHeard: number;
  private endReason = "";
  private timer: Timer;
  private finish: () => void = () => {};

  constructor(private readonly parts: ConnectionParts) {
    this.agent = parts.agent;
    this.finished = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.lastHeard = parts.clock.now().getTime();
    this.timer = parts.clock.after(REGISTER_TIMEOUT_MS, () =>
      this.end(closeCodes.registerFirst, `no 'register' within ${REGISTER_TIMEOUT_MS / 1000} s`),
    );
    const { socket } = parts;
    socket.on("message", (data, isBinary) => this.onFrame(data, isBinary));
    socket.on("pong", () => this.heard());
    socket.on("ping", () => this.heard());
    socket.on("error", (error) => this.ended(error.message));
    socket.on("close", (code, reason) => this.ended(reason.toString() || `closed by the agent (${code})`));
  }

  get open(): boolean {
    return this.state === "registered";
  }

  /** False when it was not sent: not registered, ending, or so far behind in reading that it was cut off. */
  send(message: ToAgent): boolean {
    return this.state === "registered" && this.write(message);
  }

  /** Nothing that is still queued is handled; what is being handled runs to its end. */
  endAtOnce(code: number, reason: string): void {
    this.queue.length = 0;
    this.end(code, reason);
  }

  /** What was received is still handled. */
  end(code: number, reason: string): void {
    this.hurried = true;
    this.hurry();
    if (this.state === "ended") return;
    const { socket, clock } = this.parts;
    socket.close(code, reason.slice(0, 120));
    clock.after(CLOSE_GRACE_MS, () => socket.terminate());
    this.ended(reason);
  }

  private cut(reason: string): void {
    this.parts.socket.terminate();
    this.ended(reason);
  }

  private write(message: ToAgent): boolean {
    const { socket } = this.parts;
    if (socket.readyState !== socket.OPEN) return false;
    const text = JSON.stringify(message);
    if (socket.bufferedAmount + text.length > MAX_UNSENT_BYTES) {
      this.cut("the agent does not read what it is sent");
      return false;
    }
    socket.send(text);
    return true;
  }

  private heard(): void {
    this.lastHeard = this.parts.clock.now().getTime();
  }

  private onFrame(data: RawData, isBinary: boolean): void {
    if (this.state === "ended") return;
    this.heard();
    if (isBinary) return this.refuse("Binary frames are not used on this channel; send JSON as text");
    const decoded = decodeMessage(data.toString());
    if (!decoded.ok) return this.refuse(decoded.problem, decoded.commandId);
    const { message } = decoded;
    if (message.type !== "error" && message.agent_id !== this.agent.name) {
      const problem = `agent_id: the credential is that of '${this.agent.name}', not of '${message.agent_id}'`;
      this.tell(new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", problem));
      return message.type === "register" ? this.end(closeCodes.refused, "agent_id is another agent's") : this.countBadFrame();
    }
    if (this.state === "new" && message.type !== "register") {
      this.refuse(`Send 'register' before '${message.type}'`);
      return this.end(closeCodes.registerFirst, "the first message must be 'register'");
    }
    if (this.state !== "new" && message.type === "register") return this.refuse("Already registered; connect again to register anew");
    if (message.type === "register") this.state = "registering";
    this.queue.push(message);
    if (this.queue.length >= MAX_QUEUED) this.parts.socket.pause();
    void this.work();
  }

  private refuse(problem: string, commandId?: string): void {
    this.tell(new BerthError("MESSAGE_INVALID", problem), commandId);
    this.countBadFrame();
  }

  private countBadFrame(): void {
    this.badFrames += 1;
    if (this.badFrames >= MAX_BAD_FRAMES) this.end(closeCodes.policy, "too many messages that could not be taken");
  }

  private tell(error: BerthError, commandId?: string): void {
    this.write({ type: "error", code: error.code, message: error.message.slice(0, 1000), ...(commandId ? { command_id: commandId } : {}) });
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (let message = this.queue.shift(); message; message = this.queue.shift()) {
      await this.handle(message);
      if (this.parts.socket.isPaused && this.queue.length < MAX_QUEUED / 2) {
        this.heard();
        this.parts.socket.resume();
      }
    }
    this.working = false;
    if (this.state === "ended") await this.conclude();
  }

  private async handle(message: FromAgent): Promise<void> {
    const { log } = this.parts;
    try {
      if (message.type === "register") await this.register(message);
      else await this.receive(message);
    } catch (error) {
      const known = toBerthError(error);
      if (isOurs(known)) log.error({ err: error, agent: this.agent.name, type: message.type }, "message could not be handled");
      this.tell(known, "command_id" in message ? message.command_id : undefined);
      if (message.type === "register") {
        this.endAtOnce(isOurs(known) ? closeCodes.internal : closeCodes.refused, `registration refused: ${known.message}`);
      }
    }
  }

  /** What an agent says once must not be lost because we could not write it down at that moment: it takes each in as often as it comes. */
  private async receive(message: Exclude<FromAgent, { type: "register" }>): Promise<void> {
    const { handler, connectionId, clock, log } = this.parts;
    for (let tries = 0; ; tries++) {
      try {
        await handler.received(this.agent, connectionId, message);
        this.patient = true;
        return;
      } catch (error) {
        const wait = TRY_AGAIN_MS[tries];
        if (!isOurs(toBerthError(error))) throw error;
        this.patient = this.patient && wait !== undefined;
        if (!this.patient || this.hurried || wait === undefined) throw error;
        log.warn({ err: error, agent: this.agent.name, type: message.type, retryInMs: wait }, "message could not be handled; trying again");
        await new Promise<void>((resolve) => {
          const timer = clock.after(wait, resolve);
          this.hurry = () => {
            timer.cancel();
            resolve();
          };
        });
      }
    }
  }

  private async register(message: FromAgentOf<"register">): Promise<void> {
    const { handler, connectionId, clock } = this.parts;
    this.timer.cancel();
    await this.parts.claim(this);
    if (this.state === "ended") return;
    const { heartbeatIntervalSeconds } = await handler.registered(this.agent, connectionId, message);
    this.everRegistered = true;
    // The socket may have ended while the handler was at work; `disconnected` then follows from `conclude`.
    if (this.state !== "registering") return;
    this.state = "registered";
    this.write({
      type: "register_ack",
      agent_id: this.agent.name,
      status: "registered",
      heartbeat_interval: `${heartbeatIntervalSeconds}s`,
    });
    this.heard();
    this.timer = clock.every(heartbeatIntervalSeconds * 1000, () => this.beat(heartbeatIntervalSeconds * 1000));
  }

  private beat(intervalMs: number): void {
    this.badFrames = 0;
    const { socket, clock } = this.parts;
    // A paused socket is silent because we don't read it.
    if (socket.isPaused) return;
    if (clock.now().getTime() - this.lastHeard >= MISSED_INTERVALS * intervalMs) {
      this.cut(`nothing heard for ${(MISSED_INTERVALS * intervalMs) / 1000} s`);
    } else if (socket.readyState === socket.OPEN) socket.ping();
  }

  private ended(reason: string): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.endReason = reason;
    this.timer.cancel();
    this.parts.release(this);
    void this.work();
  }

  private async conclude(): Promise<void> {
    const { handler, connectionId, log } = this.parts;
    if (this.everRegistered) {
      this.everRegistered = false;
      try {
        await handler.disconnected(this.agent, connectionId, this.endReason);
      } catch (error) {
        log.error({ err: error, agent: this.agent.name }, "disconnect could not be handled");
      }
    }
    this.finish();
  }
}
