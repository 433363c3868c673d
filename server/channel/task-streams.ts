import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type TaskStreamFromAgent, type TaskStreamToAgent, taskStreamFromAgentSchema } from "@berth/protocol/agent-tasks";
import { BerthError } from "@berth/protocol/errors";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import type { Clock } from "../platform/clock";
import { isOurs, toBerthError, validationError } from "../platform/errors";
import type { Log } from "../platform/log";
import { type ShownCredential, shownCredential } from "../platform/shown-credential";
import { closeCodes, MAX_BAD_FRAMES } from "./agent-connection";
import type { AgentIdentity } from "./channel-handler";

/** One log line, escaped. */
const MAX_MESSAGE_BYTES = 64 * 1024;
/** Messages waiting for the one being handled; beyond it the socket is not read. */
const MAX_QUEUED = 64;
/** What an agent that doesn't read may leave unsent with us. */
const MAX_UNSENT_BYTES = 1024 * 1024;
const PING_MS = 25_000;

/** What the streams ask of whoever knows what tasks are. */
export interface TaskStreamHandler {
  /** Throws `BerthError` before anything is answered: the id in the path must be the credential's. */
  authenticate(agentRef: string, shown: ShownCredential): Promise<AgentIdentity>;
  /** It is there, and sent nothing before this has been done. */
  opening(agent: AgentIdentity): Promise<void>;
  /** From now on it can be sent to. */
  opened(agent: AgentIdentity): Promise<void>;
  /** A `BerthError` is told to the agent; the stream stays. */
  received(agent: AgentIdentity, message: TaskStreamFromAgent): Promise<void>;
}

export interface TaskStreamsOptions {
  readonly handler: TaskStreamHandler;
  readonly clock: Clock;
  readonly log: Log;
}

/** `/api/v1/agents/{id}/task-stream`: the streams that are open here, one for each agent: the newest. */
export class TaskStreams {
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  private readonly open = new Map<string, OpenStream>();

  constructor(private readonly options: TaskStreamsOptions) {}

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, agentRef: string): Promise<void> {
    const agent = await this.options.handler.authenticate(agentRef, shownCredential(request));
    if (socket.destroyed) return;
    this.server.handleUpgrade(request, socket, head, (webSocket) => this.opened(agent, webSocket));
  }

  openCount(): number {
    return this.open.size;
  }

  isOpen(agentId: string): boolean {
    return this.open.get(agentId)?.ready === true;
  }

  /** False: none is open here, or its agent reads too slowly and was cut off. True is no promise that it arrived. */
  send(agentId: string, message: TaskStreamToAgent): boolean {
    const stream = this.open.get(agentId);
    return stream?.ready === true && write(stream.webSocket, message);
  }

  disconnect(agentId: string, reason: string): void {
    const stream = this.open.get(agentId);
    if (stream) this.end(agentId, stream.webSocket, closeCodes.refused, reason);
  }

  close(): void {
    for (const [agentId, { webSocket }] of this.open) this.end(agentId, webSocket, closeCodes.goingAway, "the control plane is stopping");
  }

  private opened(agent: AgentIdentity, webSocket: WebSocket): void {
    const { handler, clock, log } = this.options;
    const { agentId } = agent;
    const older = this.open.get(agentId);
    if (older) this.end(agentId, older.webSocket, closeCodes.replaced, "replaced by a newer stream");
    const stream: OpenStream = { webSocket, ready: false };
    this.open.set(agentId, stream);
    let answered = true;
    const beat = clock.every(PING_MS, () => {
      if (!answered) return webSocket.terminate();
      answered = false;
      webSocket.ping();
    });
    webSocket.on("pong", () => {
      answered = true;
    });
    webSocket.on("error", () => webSocket.terminate());
    webSocket.once("close", () => {
      beat.cancel();
      if (this.open.get(agentId) === stream) this.open.delete(agentId);
    });
    const inbox = new StreamInbox(agent, webSocket, handler, log);
    webSocket.on("message", (data, isBinary) => inbox.take(data, isBinary));
    const warn = (words: string) => (error: unknown) => log.warn({ err: error, agent: agent.name }, words);
    void handler
      .opening(agent)
      .catch(warn("what an earlier task stream was sent is not due again before its time"))
      .then(() => {
        stream.ready = true;
        return handler.opened(agent);
      })
      .catch(warn("an opened task stream was told to nobody"));
  }

  private end(agentId: string, webSocket: WebSocket, code: number, reason: string): void {
    this.open.delete(agentId);
    webSocket.close(code, reason);
    this.options.clock.after(1000, () => webSocket.terminate());
  }
}

interface OpenStream {
  readonly webSocket: WebSocket;
  ready: boolean;
}

/** What one stream says, handled in order, one message at a time. */
class StreamInbox {
  private work: Promise<void> = Promise.resolve();
  private queued = 0;
  private bad = 0;

  constructor(
    private readonly agent: AgentIdentity,
    private readonly webSocket: WebSocket,
    private readonly handler: TaskStreamHandler,
    private readonly log: Log,
  ) {}

  take(data: RawData, isBinary: boolean): void {
    const read = isBinary ? new BerthError("MESSAGE_INVALID", "Send JSON as text") : readMessage(data.toString());
    if (read instanceof BerthError) {
      this.refuse(read);
      this.bad += 1;
      if (this.bad >= MAX_BAD_FRAMES) this.webSocket.close(closeCodes.policy, "too many messages that could not be taken");
      return;
    }
    this.queued += 1;
    if (this.queued >= MAX_QUEUED) this.webSocket.pause();
    this.work = this.work.then(() => this.handle(read));
  }

  private async handle(message: TaskStreamFromAgent): Promise<void> {
    try {
      await this.handler.received(this.agent, message);
    } catch (error) {
      const known = toBerthError(error);
      if (isOurs(known)) this.log.error({ err: error, agent: this.agent.name }, "a task stream's message could not be handled");
      this.refuse(known, message.taskId);
    }
    this.queued -= 1;
    if (this.webSocket.isPaused && this.queued < MAX_QUEUED / 2) this.webSocket.resume();
  }

  private refuse(error: BerthError, taskId?: string): void {
    write(this.webSocket, { type: "error", code: error.code, message: error.message.slice(0, 1000), ...(taskId ? { taskId } : {}) });
  }
}

function write(webSocket: WebSocket, message: TaskStreamToAgent): boolean {
  if (webSocket.readyState !== webSocket.OPEN) return false;
  const text = JSON.stringify(message);
  if (webSocket.bufferedAmount + text.length > MAX_UNSENT_BYTES) {
    webSocket.terminate();
    return false;
  }
  webSocket.send(text);
  return true;
}

const knownTypes = taskStreamFromAgentSchema.options.map((option) => option.shape.type.value);
const envelopeSchema = z.object({ type: z.string() });

function readMessage(text: string): TaskStreamFromAgent | BerthError {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return new BerthError("MESSAGE_INVALID", "The frame is not JSON");
  }
  const type = envelopeSchema.safeParse(json).data?.type;
  if (!knownTypes.some((known) => known === type))
    return new BerthError("MESSAGE_INVALID", `Unknown message type '${type?.slice(0, 60) ?? ""}'; known are ${knownTypes.join(", ")}`);
  const parsed = taskStreamFromAgentSchema.safeParse(json);
  return parsed.success ? parsed.data : new BerthError("MESSAGE_INVALID", `${type}: ${validationError(parsed.error).message}`);
}
