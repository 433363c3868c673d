/** RFB's SetDesktopSize, and ClientCutText, which alone is sent in more than one piece. */
const SET_DESKTOP_SIZE = 251;
const CLIENT_CUT_TEXT = 6;
const HEAD_BYTES = 8;
const SCREEN_BYTES = 16;
const MAX_SIDE = 8192;

/**
 * Reads what noVNC sends, one message a piece, and has its say where it asks for another size of the desktop. noVNC asks for as many
 * pixels as the window has by the browser's count; on a screen that has more, the desktop would be blurred. It also asks again for ever
 * where it gets another size than it asked for, and never again where it gets no answer, as one who may not say how large the desktop is.
 */
export class DesktopSize {
  /** Pixels of the screen to one of the window's. */
  ratio = 1;
  #template: Uint8Array<ArrayBuffer> | null = null;
  #asked = "";
  #cutTextLeft = 0;

  /** What is to be sent instead; null: nothing. */
  pass(message: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
    if (this.#cutTextLeft > 0) {
      this.#cutTextLeft = Math.max(0, this.#cutTextLeft - message.length);
      return message;
    }
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    if (message[0] === CLIENT_CUT_TEXT && message.length >= HEAD_BYTES) {
      this.#cutTextLeft = Math.max(0, HEAD_BYTES + Math.abs(view.getInt32(4)) - message.length);
      return message;
    }
    if (message[0] !== SET_DESKTOP_SIZE || message.length !== HEAD_BYTES + SCREEN_BYTES * (message[6] ?? 0) || message[6] !== 1)
      return message;
    this.#template = message.slice();
    return this.#sized(view.getUint16(2), view.getUint16(4), false);
  }

  /** Asks for the desktop to fit a window of this size, also where that was asked before. Null: the display was never asked, and may not be able to. */
  ask(width: number, height: number): Uint8Array<ArrayBuffer> | null {
    return this.#sized(width, height, true);
  }

  /** The size in the desktop's pixels that fits a window of this size. */
  wanted(width: number, height: number): { width: number; height: number } {
    const side = (length: number) => Math.min(MAX_SIDE, Math.max(1, Math.round(Math.floor(length) * this.ratio)));
    return { width: side(width), height: side(height) };
  }

  #sized(width: number, height: number, again: boolean): Uint8Array<ArrayBuffer> | null {
    if (!this.#template) return null;
    const size = this.wanted(width, height);
    const asked = `${size.width}x${size.height}`;
    if (asked === this.#asked && !again) return null;
    this.#asked = asked;
    const message = this.#template.slice();
    const view = new DataView(message.buffer);
    for (const at of [2, HEAD_BYTES + 8]) {
      view.setUint16(at, size.width);
      view.setUint16(at + 2, size.height);
    }
    return message;
  }
}
