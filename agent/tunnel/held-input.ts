/** Keys and buttons that a viewer holds down on a display, so that they can be let go of when it may not type any more. */
import { RFB_MESSAGE } from "./rfb-messages";

/** More than any keyboard has: who goes beyond is no person. */
const MAX_KEYS = 256;

export class HeldInput {
  /** What lets go of each. */
  readonly #releases = new Map<string, Buffer>();
  #pointer: Buffer | null = null;

  /** Something is held down. */
  get any(): boolean {
    return this.#pointer !== null || this.#releases.size > 0;
  }

  /** Takes a whole key, QEMU key or pointer message that goes to the display. False: too many keys are held. */
  note(message: Buffer): boolean {
    switch (message.readUInt8(0)) {
      case RFB_MESSAGE.keyEvent:
        return this.#key(`keysym ${message.readUInt32BE(4)}`, message.readUInt8(1) !== 0, message, 1, 1);
      case RFB_MESSAGE.qemu:
        return this.#key(`code ${message.readUInt32BE(8)}`, message.readUInt16BE(2) !== 0, message, 2, 2);
      case RFB_MESSAGE.pointerEvent: {
        const extended = message.length === 7 ? message.readUInt8(6) : 0;
        const pressed = (message.readUInt8(1) & 0x7f) !== 0 || (message.length === 6 && message.readUInt8(1) !== 0) || extended !== 0;
        this.#pointer = pressed ? released(message.subarray(0, 6), 1, 1) : null;
      }
    }
    return true;
  }

  /** The messages that let go of everything that is held; nothing is held then. */
  release(): Buffer[] {
    const messages = [...this.#releases.values(), ...(this.#pointer ? [this.#pointer] : [])];
    this.#releases.clear();
    this.#pointer = null;
    return messages;
  }

  #key(name: string, down: boolean, message: Buffer, at: number, bytes: number): boolean {
    if (!down) this.#releases.delete(name);
    else if (this.#releases.size >= MAX_KEYS) return false;
    else this.#releases.set(name, released(message, at, bytes));
    return true;
  }
}

/** A copy of the message with what says "pressed" set to nothing. */
function released(message: Buffer, at: number, bytes: number): Buffer {
  const copy = Buffer.from(message);
  copy.fill(0, at, at + bytes);
  return copy;
}
