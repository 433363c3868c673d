/**
 * Reads what a display sends to a viewer whose terms keep the desktop's clipboard closed, and leaves out what was copied there. Everything
 * else passes byte for byte. It holds no more than the head of one message (24 bytes); pictures stream through. What can't be measured
 * ends the stream: a clipboard is not to slip through behind it.
 */
import { ENCODING, type PixelSize, pixelSize } from "./rfb-encodings";
import type { RfbFilter } from "./rfb-filter";

/** What the parser wants next: `head` in one piece, to decide by; `body` as it comes. */
type Want = { readonly head: number } | { readonly body: number; readonly pass: boolean };
type Parser = Generator<Want, void, Buffer>;

class Unreadable extends Error {}

export interface ServerFiltered {
  /** Slices of the chunk that was given, or copies. */
  readonly forward: readonly Buffer[];
  readonly problem: string | null;
}

export class RfbServerFilter {
  readonly #client: Pick<RfbFilter, "security" | "pixel">;
  readonly #parser: Parser;
  #want: Want | null;
  #remaining = 0;
  #held: Buffer = Buffer.alloc(0);
  #forward: Buffer[] = [];
  #native: PixelSize = { bytes: 4, tightBytes: 3 };
  #problem: string | null = null;
  /** What was copied inside the desktop passes after all: the terms may change. */
  clipboard = false;

  /** `client`: the filter of the other direction, which knows what this client chose. */
  constructor(client: Pick<RfbFilter, "security" | "pixel">) {
    this.#client = client;
    this.#parser = this.#conversation();
    this.#want = null;
    this.#advance(Buffer.alloc(0));
  }

  /** Bytes that wait for the rest of a head. */
  get held(): number {
    return this.#held.length;
  }

  /** How the bytes are cut into chunks makes no difference to what comes out. */
  push(chunk: Buffer): ServerFiltered {
    this.#forward = [];
    let data = chunk;
    try {
      while (data.length > 0 && this.#want && this.#problem === null) data = data.subarray(this.#take(data, this.#want));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#problem = error.message;
    }
    return { forward: this.#forward, problem: this.#problem };
  }

  #take(data: Buffer, want: Want): number {
    if ("body" in want) {
      const part = data.subarray(0, this.#remaining);
      this.#remaining -= part.length;
      if (want.pass) this.#forward.push(part);
      if (this.#remaining === 0) this.#advance(part);
      return part.length;
    }
    const part = data.subarray(0, want.head - this.#held.length);
    // A copy: the chunk's memory must not be kept alive by a few bytes of it.
    this.#held = Buffer.concat([this.#held, part]);
    if (this.#held.length === want.head) {
      const head = this.#held;
      this.#held = Buffer.alloc(0);
      this.#advance(head);
    }
    return part.length;
  }

  /** Gives the parser what it wanted, and nothing where it wants nothing. */
  #advance(given: Buffer): void {
    for (let bytes = given; ; bytes = Buffer.alloc(0)) {
      const { value } = this.#parser.next(bytes);
      this.#want = value ?? null;
      if (!value || "head" in value) return;
      this.#remaining = value.body;
      if (value.body > 0) return;
    }
  }

  /** A head that goes on as it is. */
  *#passed(count: number): Generator<Want, Buffer, Buffer> {
    const head = yield { head: count };
    this.#forward.push(head);
    return head;
  }

  *#body(count: number, pass = true): Parser {
    yield { body: count, pass };
  }

  *#text(): Parser {
    yield* this.#body((yield* this.#passed(4)).readUInt32BE(0));
  }

  *#conversation(): Parser {
    yield* this.#body(12);
    const types = (yield* this.#passed(1)).readUInt8(0);
    if (types === 0) return yield* this.#ends("refused the client");
    yield* this.#body(types);
    // The display goes on only once the client has chosen, and that choice went through the other filter.
    const first = yield* this.#passed(4);
    if (this.#client.security === 2) {
      yield* this.#body(12);
      if ((yield* this.#passed(4)).readUInt32BE(0) !== 0) return yield* this.#ends("refused the client");
    } else if (first.readUInt32BE(0) !== 0) return yield* this.#ends("refused the client");
    const init = yield* this.#passed(24);
    this.#native = pixelSize(init.subarray(4, 20)) ?? unreadable("pixels of an unknown size");
    yield* this.#body(init.readUInt32BE(20));
    for (;;) yield* this.#message();
  }

  /** A reason in words follows, and then nothing more. */
  *#ends(what: string): Parser {
    yield* this.#text();
    yield { head: 1 };
    unreadable(`more after it ${what}`);
  }

  *#message(): Parser {
    const type = (yield { head: 1 }).readUInt8(0);
    if (type === 3) return yield* this.#cutText();
    this.#forward.push(Buffer.from([type]));
    switch (type) {
      case 0: {
        const rectangles = (yield* this.#passed(3)).readUInt16BE(1);
        for (let at = 0; at < rectangles; at++) if (!(yield* this.#rectangle())) return;
        return;
      }
      case 1:
        return yield* this.#body(6 * (yield* this.#passed(5)).readUInt16BE(3));
      case 2:
      case 150:
        return;
      case 248:
        return yield* this.#body((yield* this.#passed(8)).readUInt8(7));
      case 250:
        return yield* this.#body(3);
      default:
        unreadable(`a message of unknown type ${type}`);
    }
  }

  /** A negative length marks the extended clipboard. */
  *#cutText(): Parser {
    const head = yield { head: 7 };
    const pass = this.clipboard;
    if (pass) this.#forward.push(Buffer.from([3]), head);
    yield* this.#body(Math.abs(head.readInt32BE(3)), pass);
  }

  /** False after the last one of its update. */
  *#rectangle(): Generator<Want, boolean, Buffer> {
    const head = yield* this.#passed(12);
    const width = head.readUInt16BE(4);
    const height = head.readUInt16BE(6);
    const encoding = head.readInt32BE(8);
    const { bytes, tightBytes } = this.#client.pixel ?? this.#native;
    const mask = Math.ceil(width / 8) * height;
    switch (encoding) {
      case ENCODING.lastRect:
        return false;
      case ENCODING.desktopSize:
      case ENCODING.qemuExtendedKey:
      case ENCODING.extendedMouseButtons:
        return true;
      case ENCODING.raw:
        yield* this.#body(width * height * bytes);
        return true;
      case ENCODING.copyRect:
        yield* this.#body(4);
        return true;
      case ENCODING.zrle:
      case ENCODING.desktopName:
        yield* this.#text();
        return true;
      case ENCODING.tight:
        yield* this.#tight(width, height, tightBytes);
        return true;
      case ENCODING.cursor:
        yield* this.#body(width * height * bytes + mask);
        return true;
      case ENCODING.vmwareCursor: {
        const kind = (yield* this.#passed(2)).readUInt8(0);
        if (kind > 1) unreadable(`a cursor of unknown kind ${kind}`);
        yield* this.#body(kind === 0 ? 2 * width * height * bytes : 4 * width * height);
        return true;
      }
      case ENCODING.qemuLed:
        yield* this.#body(1);
        return true;
      case ENCODING.extendedDesktopSize:
        yield* this.#body(16 * (yield* this.#passed(4)).readUInt8(0));
        return true;
      default:
        return unreadable(`a rectangle in encoding ${encoding}, which nobody asked for`);
    }
  }

  *#tight(width: number, height: number, pixelBytes: number): Parser {
    const control = (yield* this.#passed(1)).readUInt8(0) >> 4;
    if (control === 8) return yield* this.#body(pixelBytes);
    if (control === 9) return yield* this.#body(yield* this.#compactLength());
    if (control > 9) unreadable(`a Tight rectangle of unknown kind ${control}`);
    const filter = control & 4 ? (yield* this.#passed(1)).readUInt8(0) : 0;
    let size = width * height * pixelBytes;
    if (filter === 1) {
      const colours = (yield* this.#passed(1)).readUInt8(0) + 1;
      yield* this.#body(colours * pixelBytes);
      size = colours <= 2 ? Math.ceil(width / 8) * height : width * height;
    } else if (filter > 2) unreadable(`a Tight rectangle with unknown filter ${filter}`);
    // So few bytes are sent as they are, without their length.
    yield* this.#body(size < 12 ? size : yield* this.#compactLength());
  }

  /** One to three bytes, seven bits each and eight of the last. */
  *#compactLength(): Generator<Want, number, Buffer> {
    const first = (yield* this.#passed(1)).readUInt8(0);
    if (first < 0x80) return first;
    const second = (yield* this.#passed(1)).readUInt8(0);
    const length = (first & 0x7f) | ((second & 0x7f) << 7);
    return second < 0x80 ? length : length | ((yield* this.#passed(1)).readUInt8(0) << 14);
  }
}

function unreadable(what: string): never {
  throw new Unreadable(`the display sent ${what}: it can't be kept from the clipboard`);
}
