import { TAKEN_EVERY, WINDOW_BYTES } from "@berth/protocol/terminal";

/** Bytes that were sent to the other side of a WebSocket, and what it says that it has taken of them. */
export class SentFlow {
  #sent = 0;
  #taken = 0;

  sent(bytes: number): void {
    this.#sent += bytes;
  }

  /** As told: the sum since the beginning. What goes back, or beyond what was sent, is overlooked. */
  taken(bytes: number): void {
    if (bytes > this.#taken && bytes <= this.#sent) this.#taken = bytes;
  }

  get untaken(): number {
    return this.#sent - this.#taken;
  }

  get isFull(): boolean {
    return this.untaken >= WINDOW_BYTES;
  }
}

/** Bytes that came from the other side, and when it is to be told what was taken of them. */
export class ReceivedFlow {
  #received = 0;
  #taken = 0;
  #told = 0;

  constructor(private readonly tell: (taken: number) => void) {}

  received(bytes: number): void {
    this.#received += bytes;
  }

  taken(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken - this.#told < TAKEN_EVERY) return;
    this.#told = this.#taken;
    this.tell(this.#taken);
  }

  /** It sent more than it may: twice what was agreed, so that no rounding decides. */
  get isBroken(): boolean {
    return this.#received - this.#taken > 2 * WINDOW_BYTES;
  }
}
