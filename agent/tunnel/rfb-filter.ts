/**
 * Reads what a viewer sends to a display: finds the messages in the bytes, notes real input, and in mode `view` lets through only what a
 * viewer needs to see. What goes on to the display in that mode is made of whole, known messages, so that a client cannot smuggle input
 * by disagreeing with the display about where a message ends.
 */
import type { ViewerMode } from "@berth/protocol/agent-messages";
import { EXTENDED_MOUSE_BUTTONS, measureMessage, RFB_MESSAGE } from "./rfb-messages";

export interface Filtered {
  /** Bytes for the display, in order. Slices of the chunk that was given: to be written before it is used again. */
  readonly forward: readonly Buffer[];
  /** A key or the pointer was used. */
  readonly input: boolean;
  /** The client broke the protocol: the stream has to end, for this reason. */
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
const SHARED = Buffer.from([1]);
const NOTHING = Buffer.alloc(0);

type Stage = "version" | "security" | "challenge" | "init" | "messages" | "opaque" | "ended";

export class RfbFilter {
  readonly #mode: ViewerMode;
  #stage: Stage = "version";
  /** The beginning of a message whose length is not known yet; a few bytes, or one SetEncodings. */
  #held: Buffer = NOTHING;
  /** Bytes of the current message that are still to come, and whether they go on. */
  #remaining = 0;
  #passing = true;
  #extendedPointer = false;
  #forward: Buffer[] = [];
  #input = false;
  #problem: string | null = null;

  constructor(mode: ViewerMode) {
    this.#mode = mode;
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
        this.#forward.push(this.#mode === "view" ? SHARED : data.subarray(0, 1));
        this.#stage = "messages";
        return 1;
    }
  }

  #version(data: Buffer): number | null {
    const begin = data.subarray(0, 12).toString("latin1");
    if (!"RFB 003.00".startsWith(begin.slice(0, 10))) return this.#end("the client does not speak RFB");
    if (data.length < 12) return null;
    if (!/^RFB 003\.00[78]\n$/.test(begin)) return this.#end(`the client speaks ${JSON.stringify(begin.trim())}; RFB 3.7 or 3.8 is needed`);
    this.#forward.push(data.subarray(0, 12));
    this.#stage = "security";
    return 12;
  }

  #message(data: Buffer): number | null {
    const size = measureMessage(data, 0, this.#extendedPointer);
    if (size.kind === "more") return null;
    if (size.kind === "excessive") return this.#end(`the client sent ${size.reason}`);
    if (size.kind === "unknown") {
      if (this.#mode === "view") return this.#end(`the client sent an RFB message of unknown type ${size.type}, which a viewer may not`);
      this.#stage = "opaque";
      return 0;
    }
    if (size.type === RFB_MESSAGE.setEncodings) {
      if (data.length < size.length) return null;
      this.#noteEncodings(data.subarray(4, size.length));
    }
    const isKey = size.type === RFB_MESSAGE.keyEvent || (size.type === RFB_MESSAGE.qemu && data.readUInt8(1) === 0);
    if (isKey || size.type === RFB_MESSAGE.pointerEvent) this.#input = true;
    this.#passing = this.#mode === "control" || !NOT_FOR_VIEWERS.has(size.type);
    const part = data.subarray(0, size.length);
    this.#remaining = size.length - part.length;
    if (this.#passing) this.#forward.push(part);
    return part.length;
  }

  #noteEncodings(encodings: Buffer): void {
    for (let at = 0; at + 4 <= encodings.length; at += 4) {
      if (encodings.readInt32BE(at) === EXTENDED_MOUSE_BUTTONS) this.#extendedPointer = true;
    }
  }
}
