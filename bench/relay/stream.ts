/** One stream as the browser's end sees it: WebSocket frames or, straight to the source, a TCP connection. */
import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";
import { z } from "zod";
import { clientHandshake, floodRequest } from "./rfb-wire";

export const targetSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("tcp"), port: z.number() }),
  z.object({ kind: z.literal("websocket"), url: z.string() }),
]);
export type Target = z.infer<typeof targetSchema>;

interface Carrier {
  send(bytes: Buffer): void;
  pause(): void;
  close(): Promise<void>;
}

export class Stream {
  received = 0;
  #carrier: Carrier | undefined;
  #step = 0;
  #handshakeBytes = 0;
  #wanted = 0;
  #arrived: (() => void) | undefined;
  readonly #ready: Promise<void>;

  private constructor(target: Target) {
    this.#ready = new Promise((resolve, reject) => {
      this.#arrived = resolve;
      this.#carrier = target.kind === "tcp" ? this.#overTcp(target.port, reject) : this.#overWebSocket(target.url, reject);
    });
  }

  /** Resolves after the RFB handshake, all bytes of it through the chain. */
  static async open(target: Target): Promise<Stream> {
    const stream = new Stream(target);
    await stream.#ready;
    return stream;
  }

  flood(megabytesPerSecond: number): void {
    this.#carrier?.send(floodRequest(megabytesPerSecond));
  }

  /** Resolves when as many bytes as were sent have come back. */
  async echo(message: Buffer): Promise<void> {
    const back = new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    this.#wanted = this.received + message.length;
    this.#carrier?.send(message);
    await back;
  }

  stall(): void {
    this.#carrier?.pause();
  }

  async close(): Promise<void> {
    await this.#carrier?.close();
  }

  #take(bytes: number): void {
    if (this.#step < clientHandshake.length) {
      this.#handshakeBytes += bytes;
      this.#shakeHands();
      return;
    }
    this.received += bytes;
    if (this.#arrived && this.received >= this.#wanted) {
      const arrived = this.#arrived;
      this.#arrived = undefined;
      arrived();
    }
  }

  #shakeHands(): void {
    for (let next = clientHandshake[this.#step]; next && this.#handshakeBytes >= next.expect; next = clientHandshake[this.#step]) {
      this.#handshakeBytes -= next.expect;
      if (next.send.length > 0) this.#carrier?.send(next.send);
      this.#step += 1;
    }
    if (this.#step === clientHandshake.length) {
      this.#arrived?.();
      this.#arrived = undefined;
    }
  }

  #overTcp(port: number, failed: (error: Error) => void): Carrier {
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#take(chunk.length));
    socket.on("error", failed);
    return {
      send: (bytes) => socket.write(bytes),
      pause: () => socket.pause(),
      close: async () => {
        if (socket.closed) return;
        const closed = once(socket, "close");
        socket.destroy();
        await closed;
      },
    };
  }

  #overWebSocket(url: string, failed: (error: Error) => void): Carrier {
    const socket = new WebSocket(url, "binary", { perMessageDeflate: false, rejectUnauthorized: false, skipUTF8Validation: true });
    socket.binaryType = "nodebuffer";
    socket.on("message", (data) => this.#take(Buffer.isBuffer(data) ? data.length : 0));
    socket.on("error", failed);
    return {
      send: (bytes) => socket.send(bytes),
      pause: () => socket.pause(),
      close: async () => {
        if (socket.readyState === WebSocket.CLOSED) return;
        const closed = once(socket, "close");
        socket.terminate();
        await closed;
      },
    };
  }
}
