/** Stands before a server on loopback and lets only so many of its bytes through in a second, or all of them. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

const TICK_MS = 50;

export class SlowDoor {
  readonly #server: Server;
  readonly #pairs = new Set<Socket>();
  /** Bytes of the server in a second, to each of its clients; null is as fast as it goes. */
  bytesPerSecond: number | null = null;
  /** Takes connections and says nothing. */
  silent = false;

  private constructor(target: number) {
    this.#server = createServer((near) => this.#join(near, connect(target, "127.0.0.1")));
  }

  static async before(target: number): Promise<SlowDoor> {
    const door = new SlowDoor(target);
    door.#server.listen(0, "127.0.0.1");
    await once(door.#server, "listening");
    return door;
  }

  get address(): string {
    const address = this.#server.address();
    return address && typeof address === "object" ? `127.0.0.1:${address.port}` : "";
  }

  /** Clients that are connected now. */
  get clients(): number {
    return this.#pairs.size;
  }

  hangUp(): void {
    for (const near of this.#pairs) near.destroy();
  }

  close(): void {
    this.hangUp();
    this.#server.close();
  }

  #join(near: Socket, far: Socket): void {
    this.#pairs.add(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => one.destroy());
      one.on("close", () => other.destroy());
    }
    near.on("close", () => this.#pairs.delete(near));
    if (this.silent) return void near.resume();
    near.pipe(far);
    far.on("end", () => near.end());
    far.on("data", (chunk: Buffer) => {
      const rate = this.bytesPerSecond;
      const room = near.write(chunk);
      if (rate === null && room) return;
      far.pause();
      setTimeout(() => far.resume(), rate === null ? TICK_MS : (1000 * chunk.length) / rate);
    });
  }
}
