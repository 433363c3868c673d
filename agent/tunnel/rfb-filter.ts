/**
 * Reads what a viewer sends to a display: finds the messages in the bytes, notes real input, and lets through only what the viewer's terms
 * allow. Under terms that forbid something, what goes on to the display is made of known messages, so that a client cannot smuggle
 * anything by disagreeing with the display about where a message ends.
 */
import { asksOnly } from "./clipboard-in";
import { HeldInput } from "./held-input";
import { ResizeLead, type ResizeSeat } from "./resize-lead";
import { ENCODING, onlyMeasurable, type PixelSize, pixelSize } from "./rfb-encodings";
import { measureMessage, RFB_MESSAGE } from "./rfb-messages";
import type { ViewerTerms } from "./viewer-terms";

export interface Filtered {
  /** Bytes for the display, in order. Slices of the chunk that was given: to be written before it is used again. */
  readonly forward: readonly Buffer[];
  /** A key or the pointer was used. */
  readonly input: boolean;
  /** The client broke the protocol, or can't be held to its terms: the stream has to end, for this reason. */
  readonly problem: string | null;
}

const NOT_FOR_VIEWERS: ReadonlySet<number> = new Set([
  RFB_MESSAGE.keyEvent,
  RFB_MESSAGE.pointerEvent,
  RFB_MESSAGE.clientCutText,
  RFB_MESSAGE.setDesktopSize,
  RFB_MESSAGE.xvp,
  RFB_MESSAGE.qemu,
]);
/** Short, and noted as a whole: they are never passed on in parts. */
const INPUT: ReadonlySet<number> = new Set([RFB_MESSAGE.keyEvent, RFB_MESSAGE.pointerEvent, RFB_MESSAGE.qemu]);
const SHARED = Buffer.from([1]);
const NOTHING = Buffer.alloc(0);
/** `view` and terms without the clipboard hold only where every message is known. */
const unknownMessage = (type: number) => `the client sent an RFB message of unknown type ${type}, which a viewer may not`;

type Stage = "version" | "security" | "challenge" | "init" | "messages" | "opaque" | "ended";

export class RfbFilter {
  #terms: ViewerTerms;
  readonly #resize: ResizeSeat;
  /** What comes back is read too (`RfbServerFilter`): the client may only ask for what can be measured. For as long as the stream lasts. */
  readonly #measured: boolean;
  #stage: Stage = "version";
  #security: number | null = null;
  #pixel: PixelSize | null = null;
  #askedForPictures = false;
  /** The beginning of a message that is not dealt with yet; a few bytes, or one SetEncodings. */
  #held: Buffer = NOTHING;
  /** Bytes of the current message that are still to come, and whether they go on. */
  #remaining = 0;
  #passing = true;
  readonly #pressed = new HeldInput();
  /** Keys are to be let go of as soon as the message under way has ended. */
  #releasing = false;
  #extendedPointer = false;
  #forward: Buffer[] = [];
  #input = false;
  #problem: string | null = null;

  /** `resize`: its place among the viewers of the same display; alone without one. */
  constructor(terms: ViewerTerms, resize: ResizeSeat = new ResizeLead().join()) {
    this.#terms = terms;
    this.#resize = resize;
    this.#measured = !terms.clipboardOut;
  }

  /** The security type that the client chose; null until it has. */
  get security(): number | null {
    return this.#security;
  }

  /** The size of pixels that the client asked for; null: the display's own. */
  get pixel(): PixelSize | null {
    return this.#pixel;
  }

  /** A controller that became a watcher is in the middle of a message: its keys are let go of when that ends. */
  get releasing(): boolean {
    return this.#releasing;
  }

  /** How the bytes are cut into chunks makes no difference to what comes out. */
  push(chunk: Buffer): Filtered {
    this.#forward = [];
    this.#input = false;
    let data = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = NOTHING;
    while (data.length > 0 && this.#stage !== "ended") {
      const used = this.#take(data);
      if (used === null) {
        // A copy: the chunk's memory must not be kept alive by a few bytes of it.
        this.#held = Buffer.from(data);
        break;
      }
      data = data.subarray(used);
    }
    return { forward: this.#forward, input: this.#input, problem: this.#problem };
  }

  /** Other terms from the next message on. What the viewer holds down is let go of when it may not type any more. */
  change(terms: ViewerTerms): Filtered {
    this.#forward = [];
    this.#input = false;
    const typed = this.#terms.mode === "control";
    this.#terms = terms;
    if (this.#stage === "opaque" && this.#restricted)
      this.#end("what the client sends can't be read, so it can't be held to its new terms");
    else if (!this.#measured && !terms.clipboardOut && this.#stage !== "ended")
      this.#end("the clipboard of the desktop was closed; connect again to go on without it");
    if (typed && terms.mode === "view") {
      this.#resize.left();
      this.#releasing = true;
      this.#releaseBetweenMessages();
    }
    return { forward: this.#forward, input: false, problem: this.#problem };
  }

  get #restricted(): boolean {
    return this.#terms.mode === "view" || !this.#terms.clipboardIn || this.#measured;
  }

  #releaseBetweenMessages(): void {
    if (!this.#releasing || (this.#remaining > 0 && this.#passing)) return;
    this.#releasing = false;
    this.#forward.push(...this.#pressed.release());
  }

  /** How many bytes were dealt with; null waits for more. */
  #take(data: Buffer): number | null {
    if (this.#stage === "opaque") {
      this.#forward.push(data);
      this.#input = true;
      return data.length;
    }
    if (this.#remaining > 0) {
      const part = data.subarray(0, this.#remaining);
      this.#remaining -= part.length;
      if (this.#passing) this.#forward.push(part);
      this.#releaseBetweenMessages();
      return part.length;
    }
    return this.#stage === "messages" ? this.#message(data) : this.#handshake(data);
  }

  #end(problem: string): number {
    this.#problem = problem;
    this.#stage = "ended";
    return 0;
  }

  #handshake(data: Buffer): number | null {
    switch (this.#stage) {
      case "version":
        return this.#version(data);
      case "security": {
        const type = data.readUInt8(0);
        if (type !== 1 && type !== 2)
          return this.#end(`the client chose RFB security type ${type}; only None and VNC authentication are known`);
        this.#security = type;
        this.#forward.push(data.subarray(0, 1));
        this.#stage = type === 1 ? "init" : "challenge";
        return 1;
      }
      case "challenge": {
        if (data.length < 16) return null;
        this.#forward.push(data.subarray(0, 16));
        this.#stage = "init";
        return 16;
      }
      default:
        // A watcher always shares: it must not send others away from the display.
        this.#forward.push(this.#terms.mode === "view" ? SHARED : data.subarray(0, 1));
        this.#stage = "messages";
        return 1;
    }
  }

  #version(data: Buffer): number | null {
    const begin = data.subarray(0, 12).toString("latin1");
    if (!"RFB 003.00".startsWith(begin.slice(0, 10))) return this.#end("the client does not speak RFB");
    if (data.length < 12) return null;
    if (!/^RFB 003\.00[78]\n$/.test(begin)) return this.#end(`the client speaks ${JSON.stringify(begin.trim())}; RFB 3.7 or 3.8 is needed`);
    if (this.#measured && begin !== "RFB 003.008\n")
      return this.#end(`the client speaks ${JSON.stringify(begin.trim())}; RFB 3.8 is needed where the desktop's clipboard is closed`);
    this.#forward.push(data.subarray(0, 12));
    this.#stage = "security";
    return 12;
  }

  #message(data: Buffer): number | null {
    const size = measureMessage(data, 0, this.#extendedPointer);
    if (size.kind === "more") return null;
    if (size.kind === "excessive") return this.#end(`the client sent ${size.reason}`);
    if (size.kind === "unknown") {
      if (this.#restricted) return this.#end(unknownMessage(size.type));
      this.#stage = "opaque";
      return 0;
    }
    const { type, length } = size;
    if (type === RFB_MESSAGE.setEncodings) {
      if (data.length < length) return null;
      this.#setEncodings(data.subarray(0, length));
      return length;
    }
    if (INPUT.has(type) && length <= 12) {
      if (data.length < length) return null;
      return this.#inputMessage(data.subarray(0, length));
    }
    if (this.#measured && type === RFB_MESSAGE.setPixelFormat) {
      if (data.length < length) return null;
      const problem = this.#setPixelFormat(data.subarray(4, length));
      if (problem) return this.#end(problem);
    }
    if (type === RFB_MESSAGE.framebufferUpdateRequest || type === RFB_MESSAGE.enableContinuousUpdates) this.#askedForPictures = true;
    const passes = this.#passes(type, data, length);
    if (passes === null) return null;
    this.#passing = passes;
    const part = data.subarray(0, length);
    this.#remaining = length - part.length;
    if (this.#passing) this.#forward.push(part);
    return part.length;
  }

  /** Null: more of the message is needed to tell. */
  #passes(type: number, data: Buffer, length: number): boolean | null {
    if (this.#terms.mode === "view") return !NOT_FOR_VIEWERS.has(type);
    if (type === RFB_MESSAGE.setDesktopSize) return this.#resize.mayResize();
    if (type === RFB_MESSAGE.clientCutText && !this.#terms.clipboardIn) return asksOnly(data.subarray(0, length), length);
    return true;
  }

  #inputMessage(message: Buffer): number {
    const isAudio = message.readUInt8(0) === RFB_MESSAGE.qemu && message.readUInt8(1) !== 0;
    if (!isAudio) this.#input = true;
    if (this.#terms.mode === "view") return message.length;
    if (!isAudio && !this.#pressed.note(message)) return this.#end("the client holds down more keys than a keyboard has");
    if (!isAudio && this.#pressed.any) this.#resize.used();
    this.#forward.push(message);
    return message.length;
  }

  #setEncodings(message: Buffer): void {
    for (let at = 4; at + 4 <= message.length; at += 4) {
      if (message.readInt32BE(at) === ENCODING.extendedMouseButtons) this.#extendedPointer = true;
    }
    this.#forward.push(this.#measured ? onlyMeasurable(message) : message);
  }

  /** Why it can't be: once pictures are under way, nobody could tell from which on the new format counts. */
  #setPixelFormat(format: Buffer): string | null {
    if (this.#askedForPictures) return "the client changed the pixel format while pictures were under way";
    this.#pixel = pixelSize(format);
    return this.#pixel ? null : "the client asked for pixels of an unknown size";
  }
}
