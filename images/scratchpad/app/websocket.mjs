/** The server's side of RFC 6455, as much as this app needs: text messages, fragments, ping, close. No extensions. */
import { createHash } from "node:crypto";

const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** The answer to `Sec-WebSocket-Key`. */
export const acceptKey = (key) =>
  createHash("sha1")
    .update(key + acceptSuffix)
    .digest("base64");

/** One unmasked frame, as a server sends it. */
export function encodeFrame(opcode, payload) {
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(payload, "utf8");
  const long = body.length > 0xffff;
  const head = Buffer.alloc(body.length < 126 ? 2 : long ? 10 : 4);
  head[0] = 0x80 | opcode;
  if (body.length < 126) head[1] = body.length;
  else if (long) {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  } else {
    head[1] = 126;
    head.writeUInt16BE(body.length, 2);
  }
  return Buffer.concat([head, body]);
}

/** What a peer did wrong, with the close code for it. */
export class ProtocolError extends Error {
  constructor(closeCode, message) {
    super(message);
    this.closeCode = closeCode;
  }
}

/**
 * Takes a client's bytes in any pieces and calls `onMessage(text)`, `onControl(opcode, payload)`. Throws `ProtocolError`; after that, or after
 * a close frame, it must not be fed again. A message may have at most `limit` bytes.
 */
export class FrameReader {
  constructor({ limit = 1 << 20, onMessage, onControl }) {
    this.limit = limit;
    this.onMessage = onMessage;
    this.onControl = onControl;
    this.pending = Buffer.alloc(0);
    this.parts = null;
    this.partsLength = 0;
  }

  feed(bytes) {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    for (;;) {
      const frame = this.takeFrame();
      if (!frame) return;
      this.accept(frame);
    }
  }

  takeFrame() {
    const bytes = this.pending;
    if (bytes.length < 2) return null;
    if ((bytes[0] & 0x70) !== 0) throw new ProtocolError(1002, "reserved bits are set");
    if ((bytes[1] & 0x80) === 0) throw new ProtocolError(1002, "a client's frames must be masked");
    const opcode = bytes[0] & 0x0f;
    const final = (bytes[0] & 0x80) !== 0;
    const short = bytes[1] & 0x7f;
    if (opcode >= 8 && (!final || short > 125)) throw new ProtocolError(1002, "a control frame is short and whole");
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    if (bytes.length < 2 + lengthBytes + 4) return null;
    const length = lengthBytes === 8 ? Number(bytes.readBigUInt64BE(2)) : lengthBytes === 2 ? bytes.readUInt16BE(2) : short;
    if (length + this.partsLength > this.limit) throw new ProtocolError(1009, "message too long");
    const start = 2 + lengthBytes + 4;
    if (bytes.length < start + length) return null;
    const mask = bytes.subarray(start - 4, start);
    const payload = Buffer.from(bytes.subarray(start, start + length));
    for (let at = 0; at < payload.length; at++) payload[at] ^= mask[at & 3];
    this.pending = bytes.subarray(start + length);
    return { opcode, final, payload };
  }

  accept({ opcode, final, payload }) {
    if (opcode >= 8) {
      if (opcode > opcodes.pong) throw new ProtocolError(1002, "unknown control frame");
      this.onControl(opcode, payload);
      return;
    }
    if (opcode === opcodes.binary) throw new ProtocolError(1003, "text only");
    if (opcode > opcodes.binary) throw new ProtocolError(1002, "unknown frame");
    if ((opcode === opcodes.continuation) !== (this.parts !== null)) throw new ProtocolError(1002, "fragments out of order");
    this.parts ??= [];
    this.parts.push(payload);
    this.partsLength += payload.length;
    if (!final) return;
    const whole = Buffer.concat(this.parts);
    this.parts = null;
    this.partsLength = 0;
    this.onMessage(decodeText(whole));
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeText(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ProtocolError(1007, "not UTF-8");
  }
}

/**
 * Answers an upgrade request on its socket. Returns `{ send(text), close(code) }`, or null after it refused. `onClose` is called once,
 * however it ends. A client that reads too slowly (over 4 MB waiting) is cut off.
 */
export function acceptWebSocket(request, socket, head, { onMessage, onClose }) {
  const key = request.headers["sec-websocket-key"];
  const version = request.headers["sec-websocket-version"];
  if (request.method !== "GET" || !key || version !== "13" || request.headers.upgrade?.toLowerCase() !== "websocket") {
    socket.end(
      "HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n",
    );
    return null;
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
  );
  socket.setNoDelay(true);
  socket.setTimeout(0);
  let closing = false;
  const close = (code) => {
    if (closing) return;
    closing = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    socket.end(encodeFrame(opcodes.close, payload));
    setTimeout(() => socket.destroy(), 2000).unref();
  };
  const reader = new FrameReader({
    onMessage,
    onControl(opcode, payload) {
      if (opcode === opcodes.ping) socket.write(encodeFrame(opcodes.pong, payload));
      if (opcode === opcodes.close) close(1000);
    },
  });
  const feed = (bytes) => {
    if (closing) return;
    try {
      reader.feed(bytes);
    } catch (error) {
      close(error instanceof ProtocolError ? error.closeCode : 1011);
    }
  };
  const beat = setInterval(() => socket.write(encodeFrame(opcodes.ping, "")), 25_000);
  beat.unref();
  socket.on("data", feed);
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    closing = true;
    clearInterval(beat);
    onClose();
  });
  if (head.length > 0) feed(head);
  return {
    send(text) {
      if (closing) return;
      if (socket.writableLength > 4 << 20) socket.destroy();
      else socket.write(encodeFrame(opcodes.text, text));
    },
    close,
  };
}
