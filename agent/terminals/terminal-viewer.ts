import type { FromTerminal, TerminalSize } from "@berth/protocol/terminal";
import { MAX_INPUT_BYTES, WINDOW_BYTES } from "@berth/protocol/terminal";
import type { WebSocket } from "ws";
import type { Clock } from "../clock";
import { ReceivedFlow, SentFlow } from "./flow";
import { closeWith } from "./message-socket";

/** One WebSocket that is attached to a terminal: what it was sent, what it took, and what it missed. */
export class TerminalViewer {
  size: TerminalSize | null = null;
  readonly #webSocket: WebSocket;
  readonly #sent = new SentFlow();
  readonly #input: ReceivedFlow;
  #skipped = 0;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    this.#input = new ReceivedFlow((bytes) => this.say({ type: "taken", bytes }));
  }

  get isBehind(): boolean {
    return this.#sent.isFull || this.#webSocket.bufferedAmount > 2 * WINDOW_BYTES;
  }

  get untaken(): number {
    return this.#sent.untaken;
  }

  say(words: FromTerminal): void {
    this.#webSocket.send(JSON.stringify(words));
  }

  show(bytes: Buffer): void {
    if (this.isBehind || this.#skipped > 0) this.#skipped += bytes.length;
    else this.#send(bytes);
  }

  replay(kept: Buffer): void {
    this.say({ type: "replay_begin" });
    for (let at = 0; at < kept.length; at += MAX_INPUT_BYTES) this.#send(kept.subarray(at, at + MAX_INPUT_BYTES));
    this.say({ type: "replay_end" });
  }

  /** One that missed something sees it all again as soon as it has taken what it had been sent. */
  taken(bytes: number, kept: () => Buffer): void {
    this.#sent.taken(bytes);
    if (this.#skipped === 0 || this.untaken > WINDOW_BYTES / 4) return;
    this.say({ type: "skipped", bytes: this.#skipped });
    this.#skipped = 0;
    this.replay(kept());
  }

  /** False: more than it may send. */
  receives(bytes: number): boolean {
    this.#input.received(bytes);
    return !this.#input.isBroken;
  }

  took(bytes: number): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#input.taken(bytes);
  }

  close(clock: Clock, code: number, reason: string): void {
    closeWith(this.#webSocket, clock, code, reason);
  }

  cut(): void {
    this.#webSocket.terminate();
  }

  #send(bytes: Buffer): void {
    this.#sent.sent(bytes.length);
    this.#webSocket.send(bytes, { binary: true });
  }
}
