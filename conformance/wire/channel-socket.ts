/** One end of the agent channel: what was said, and the first that fits of what was or will be. */

import WebSocket, { type RawData } from "ws";
import { z } from "zod";
import { Difference } from "../check";
import { shown } from "../expectations";

const messageSchema = z.looseObject({ type: z.string() });
export type Message = z.infer<typeof messageSchema>;

export class ChannelSocket {
  readonly heard: Message[] = [];
  /** Frames that were no message: not text, not JSON, without a type. */
  readonly strange: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Set when it has closed. */
  ended: { code: number; reason: string } | null = null;
  readonly #changed = new Set<() => void>();

  constructor(
    readonly socket: WebSocket,
    /** Whose messages are heard, for words about them. */
    readonly who: string,
    private readonly patienceMs: number,
  ) {
    socket.on("message", (data, isBinary) => this.#take(data, isBinary));
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.ended = { code, reason: reason.toString("utf8") };
        resolve(this.ended);
        this.#tell();
      });
    });
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  say(message: Readonly<Record<string, unknown>>): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The first message past `from` that fits. Throws `Difference`, with what came instead. */
  async next(type: string, fits: (message: Message) => boolean = () => true, from = 0): Promise<Message> {
    const found = await this.#until(() => this.heard.slice(from).find((message) => message.type === type && fits(message)));
    if (found) return found;
    const others = this.heard.slice(from).map((message) => message.type);
    const instead = this.ended ? `the channel closed with ${this.ended.code} ${this.ended.reason}` : shown(others.join(", "));
    throw new Difference(`a message '${type}' within ${this.patienceMs / 1000} s`, instead, `channel, from the ${this.who}`);
  }

  /** Waits for its end. Throws `Difference` where it stays open. */
  async end(what: string): Promise<{ code: number; reason: string }> {
    const ended = await this.#until(() => this.ended ?? undefined);
    if (!ended) throw new Difference(`the channel closed ${what}`, "it stays open", `channel, by the ${this.who}`);
    return ended;
  }

  async close(): Promise<void> {
    this.socket.close(1000);
    const late = setTimeout(() => this.socket.terminate(), 1000);
    await this.closed;
    clearTimeout(late);
  }

  #take(data: RawData, isBinary: boolean): void {
    const message = isBinary ? null : readMessage(data.toString());
    if (message) this.heard.push(message);
    else this.strange.push(isBinary ? "a binary frame" : shown(data.toString()));
    this.#tell();
  }

  #tell(): void {
    for (const changed of [...this.#changed]) changed();
  }

  #until<Value>(find: () => Value | undefined): Promise<Value | undefined> {
    const there = find();
    if (there !== undefined || this.ended) return Promise.resolve(there);
    return new Promise((resolve) => {
      const settle = (value: Value | undefined) => {
        clearTimeout(late);
        this.#changed.delete(look);
        resolve(value);
      };
      const late = setTimeout(() => settle(undefined), this.patienceMs);
      const look = () => {
        const found = find();
        if (found !== undefined || this.ended) settle(found);
      };
      this.#changed.add(look);
    });
  }
}

function readMessage(text: string): Message | null {
  try {
    return messageSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
