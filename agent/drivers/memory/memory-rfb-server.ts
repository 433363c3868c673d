/** A tiny RFB 3.8 server: no authentication, raw encoding, any pixel format a client asks for. */
import type { Duplex } from "node:stream";
import { measureMessage, RFB_MESSAGE } from "../../tunnel/rfb-messages";
import { NATIVE_FORMAT, type PixelFormat } from "./framebuffer";
import type { MemoryDisplay } from "./memory-display";

const BANNER = Buffer.from("RFB 003.008\n", "latin1");
/** Number of security types (1), and type 1: None. */
const SECURITY = Buffer.from([1, 1]);
const SECURITY_OK = Buffer.from([0, 0, 0, 0]);
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** Hands out exact numbers of bytes from what arrives; the messages of a client are few and short. */
class Reader {
  #data: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#data = this.#data.length > 0 ? Buffer.concat([this.#data, chunk]) : chunk;
  }

  get data(): Buffer {
    return this.#data;
  }

  take(count: number): Buffer | null {
    if (this.#data.length < count) return null;
    const taken = this.#data.subarray(0, count);
    this.#data = this.#data.subarray(count);
    return taken;
  }
}

/** Answers on `stream`; returns what to call when the picture has changed. */
export function serveRfb(stream: Duplex, display: MemoryDisplay): () => void {
  const reader = new Reader();
  let format = NATIVE_FORMAT;
  let waiting = false;
  let dirty = false;
  const update = () => {
    waiting = false;
    dirty = false;
    const { width, height } = display.picture;
    const head = Buffer.alloc(16);
    head.writeUInt16BE(1, 2);
    head.writeUInt16BE(width, 8);
    head.writeUInt16BE(height, 10);
    stream.write(Buffer.concat([head, display.picture.encode(0, 0, width, height, format)]));
  };
  const take = (message: Buffer) => {
    switch (message.readUInt8(0)) {
      case RFB_MESSAGE.setPixelFormat:
        format = pixelFormat(message) ?? format;
        break;
      case RFB_MESSAGE.framebufferUpdateRequest:
        if (message.readUInt8(1) === 0 || dirty) update();
        else waiting = true;
        break;
      case RFB_MESSAGE.keyEvent:
        display.key(message.readUInt32BE(4), message.readUInt8(1) !== 0);
        break;
      case RFB_MESSAGE.pointerEvent:
        display.point(message.readUInt16BE(2), message.readUInt16BE(4), message.readUInt8(1));
        break;
      case RFB_MESSAGE.setDesktopSize:
        display.input.sizes = [...display.input.sizes, `${message.readUInt16BE(2)}x${message.readUInt16BE(4)}`].slice(-100);
        break;
      case RFB_MESSAGE.clientCutText:
        if (message.readInt32BE(4) >= 0) display.input.clipboard = message.subarray(8).toString("latin1");
    }
  };
  converse(stream, reader, () => serverInit(display), take);
  return () => {
    dirty = true;
    if (waiting) update();
  };
}

/** What was copied inside the desktop, as a display says it. */
export function cutTextMessage(text: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(3, 0);
  head.writeUInt32BE(Buffer.byteLength(text, "latin1"), 4);
  return Buffer.concat([head, Buffer.from(text, "latin1")]);
}

/** After the handshake every byte comes back as it is: for tests of exactness and speed. */
export function serveEcho(stream: Duplex): void {
  const reader = new Reader();
  handshake(stream, reader, () => {
    const init = Buffer.alloc(28);
    init.writeUInt16BE(1, 0);
    init.writeUInt16BE(1, 2);
    writePixelFormat(init, 4);
    init.writeUInt32BE(4, 20);
    init.write("echo", 24, "latin1");
    stream.write(init);
    if (reader.data.length > 0) stream.write(reader.data);
    stream.pipe(stream);
  });
}

function converse(stream: Duplex, reader: Reader, init: () => Buffer, take: (message: Buffer) => void): void {
  handshake(stream, reader, () => {
    stream.write(init());
    const drain = () => {
      for (;;) {
        const size = measureMessage(reader.data, 0, false);
        if (size.kind === "unknown" || size.kind === "excessive" || (size.kind === "known" && size.length > MAX_MESSAGE_BYTES))
          return void stream.destroy();
        const message = size.kind === "known" ? reader.take(size.length) : null;
        if (!message) return;
        take(message);
      }
    };
    stream.on("data", (chunk: Buffer) => {
      reader.add(chunk);
      drain();
    });
    drain();
  });
}

/** Version, security None, ClientInit; `done` runs when the client may speak. */
function handshake(stream: Duplex, reader: Reader, done: () => void): void {
  let step = 0;
  stream.write(BANNER);
  const onData = (chunk: Buffer) => {
    reader.add(chunk);
    if (step === 0 && reader.take(12)) {
      stream.write(SECURITY);
      step = 1;
    }
    if (step === 1 && reader.take(1)) {
      stream.write(SECURITY_OK);
      step = 2;
    }
    if (step === 2 && reader.take(1)) {
      stream.off("data", onData);
      done();
    }
  };
  stream.on("data", onData);
  stream.on("end", () => stream.end());
}

function serverInit(display: MemoryDisplay): Buffer {
  const name = Buffer.from("memory", "latin1");
  const init = Buffer.alloc(24);
  init.writeUInt16BE(display.picture.width, 0);
  init.writeUInt16BE(display.picture.height, 2);
  writePixelFormat(init, 4);
  init.writeUInt32BE(name.length, 20);
  return Buffer.concat([init, name]);
}

function writePixelFormat(target: Buffer, at: number): void {
  target.writeUInt8(32, at);
  target.writeUInt8(24, at + 1);
  target.writeUInt8(1, at + 3);
  for (const [index, max] of NATIVE_FORMAT.max.entries()) target.writeUInt16BE(max, at + 4 + 2 * index);
  for (const [index, shift] of NATIVE_FORMAT.shift.entries()) target.writeUInt8(shift, at + 10 + index);
}

/** Null where the client wants a palette or a size that has no meaning. */
function pixelFormat(message: Buffer): PixelFormat | null {
  const bits = message.readUInt8(4);
  if ((bits !== 8 && bits !== 16 && bits !== 32) || message.readUInt8(7) === 0) return null;
  return {
    bitsPerPixel: bits,
    bigEndian: message.readUInt8(6) !== 0,
    max: [message.readUInt16BE(8), message.readUInt16BE(10), message.readUInt16BE(12)],
    shift: [message.readUInt8(14) & 31, message.readUInt8(15) & 31, message.readUInt8(16) & 31],
  };
}
