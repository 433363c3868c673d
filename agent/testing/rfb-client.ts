/** The client's side of an RFB handshake and its messages, as bytes. */
import WebSocket from "ws";

/** Version and the choice of security type None. */
export const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n", "latin1"), Buffer.from([1])]);

export function keyPress(character: string): Buffer {
  return Buffer.concat([keyEvent(character.charCodeAt(0), true), keyEvent(character.charCodeAt(0), false)]);
}

export function keyEvent(keysym: number, down: boolean): Buffer {
  const message = Buffer.alloc(8);
  message.writeUInt8(4, 0);
  message.writeUInt8(down ? 1 : 0, 1);
  message.writeUInt32BE(keysym, 4);
  return message;
}

export function pointerEvent(x: number, y: number, buttons: number): Buffer {
  const message = Buffer.alloc(6);
  message.writeUInt8(5, 0);
  message.writeUInt8(buttons, 1);
  message.writeUInt16BE(x, 2);
  message.writeUInt16BE(y, 4);
  return message;
}

export function updateRequest(incremental: boolean, width: number, height: number): Buffer {
  const message = Buffer.alloc(10);
  message.writeUInt8(3, 0);
  message.writeUInt8(incremental ? 1 : 0, 1);
  message.writeUInt16BE(width, 6);
  message.writeUInt16BE(height, 8);
  return message;
}

export function setEncodings(...encodings: number[]): Buffer {
  const message = Buffer.alloc(4 + 4 * encodings.length);
  message.writeUInt8(2, 0);
  message.writeUInt16BE(encodings.length, 2);
  for (const [index, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + 4 * index);
  return message;
}

export function cutText(text: string): Buffer {
  const message = Buffer.alloc(8);
  message.writeUInt8(6, 0);
  message.writeUInt32BE(Buffer.byteLength(text, "latin1"), 4);
  return Buffer.concat([message, Buffer.from(text, "latin1")]);
}

/** Reads exact numbers of bytes from a viewer's WebSocket. */
export class ViewerReader {
  #data: Buffer[] = [];
  #length = 0;
  #wake: () => void = () => {};
  #closed: string | null = null;

  constructor(socket: WebSocket) {
    socket.on("message", (data: Buffer) => {
      this.#data.push(data);
      this.#length += data.length;
      this.#wake();
    });
    socket.on("close", (code, reason) => {
      this.#closed = `${code} ${reason.toString()}`;
      this.#wake();
    });
    socket.on("error", () => {});
  }

  async read(count: number): Promise<Buffer> {
    while (this.#length < count) {
      if (this.#closed !== null) throw new Error(`the viewer was closed (${this.#closed}) before ${count} bytes came`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const all = Buffer.concat(this.#data);
    this.#data = [all.subarray(count)];
    this.#length -= count;
    return all.subarray(0, count);
  }
}

/** Goes through the handshake; resolves with the size of the screen. */
export async function shakeHands(socket: WebSocket, reader: ViewerReader): Promise<{ width: number; height: number }> {
  if (socket.readyState === WebSocket.CONNECTING) {
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
  }
  const banner = await reader.read(12);
  if (banner.toString("latin1") !== "RFB 003.008\n") throw new Error(`not a banner: ${JSON.stringify(banner.toString("latin1"))}`);
  socket.send(HELLO.subarray(0, 12));
  await reader.read(2);
  socket.send(HELLO.subarray(12, 13));
  await reader.read(4);
  socket.send(Buffer.from([1]));
  const init = await reader.read(24);
  await reader.read(init.readUInt32BE(20));
  return { width: init.readUInt16BE(0), height: init.readUInt16BE(2) };
}
