import { DISPLAY_PONG, DISPLAY_WITH_PINGS } from "@berth/protocol/display-ping";
import { DesktopSize } from "./desktop-size";

type Handler<Happening> = ((event: Happening) => void) | null;

/** A ping that is not answered in this time is given up. */
const PING_LOST_MS = 10_000;
const MAX_PING = 999_999_999;

/**
 * The WebSocket that noVNC speaks through: it counts what comes, measures the way to the agent and back, and sees to the sizes that are
 * asked for. Text messages are its own and never reach noVNC.
 */
export class MeteredSocket {
  onopen: Handler<Event> = null;
  onmessage: Handler<MessageEvent> = null;
  onclose: Handler<CloseEvent> = null;
  onerror: Handler<Event> = null;
  readonly size = new DesktopSize();
  readonly #socket: WebSocket;
  #received = 0;
  #pings = 0;
  #sentAt: number | null = null;
  #latency: number | null = null;

  constructor(url: string) {
    this.#socket = new WebSocket(url, [DISPLAY_WITH_PINGS, "binary"]);
    this.#socket.onopen = (event) => this.onopen?.(event);
    this.#socket.onclose = (event) => this.onclose?.(event);
    this.#socket.onerror = (event) => this.onerror?.(event);
    this.#socket.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === "string") return this.#answered(event.data);
      if (event.data instanceof ArrayBuffer) this.#received += event.data.byteLength;
      this.onmessage?.(event);
    };
  }

  get binaryType(): BinaryType {
    return this.#socket.binaryType;
  }
  set binaryType(type: BinaryType) {
    this.#socket.binaryType = type;
  }
  get protocol(): string {
    return this.#socket.protocol;
  }
  get readyState(): number {
    return this.#socket.readyState;
  }

  /** Bytes of pictures and all else since it opened. */
  get received(): number {
    return this.#received;
  }

  /** Milliseconds to the agent and back, at the last ping or for as long as one is waited for; null: its agent answers none. */
  get latency(): number | null {
    if (this.#sentAt === null) return this.#latency;
    const waited = performance.now() - this.#sentAt;
    return this.#latency === null && waited < PING_LOST_MS / 10 ? null : Math.max(this.#latency ?? 0, waited);
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    const passed = this.size.pass(message);
    if (passed) this.#socket.send(passed);
  }

  /** Asks for the desktop to fit a window of this size. */
  askSize(width: number, height: number): void {
    const message = this.readyState === WebSocket.OPEN ? this.size.ask(width, height) : null;
    if (message) this.#socket.send(message);
  }

  /** One at a time; nothing happens where the agent would not understand it. */
  ping(): void {
    if (this.protocol !== DISPLAY_WITH_PINGS || this.readyState !== WebSocket.OPEN) return;
    const now = performance.now();
    if (this.#sentAt !== null && now - this.#sentAt < PING_LOST_MS) return;
    this.#pings = (this.#pings + 1) % MAX_PING;
    this.#sentAt = now;
    this.#socket.send(`ping ${this.#pings}`);
  }

  close(): void {
    this.#socket.close();
  }

  #answered(text: string): void {
    if (this.#sentAt === null || DISPLAY_PONG.exec(text)?.[1] !== String(this.#pings)) return;
    this.#latency = performance.now() - this.#sentAt;
    this.#sentAt = null;
  }
}
