import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { z } from "zod";

/** Between an agent and its control plane: bytes as they are, until it is cut. */
export class CutWire {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #left = Number.POSITIVE_INFINITY;
  #cut: () => void = () => undefined;

  private constructor(
    target: number,
    /** Whose bytes are counted. */
    readonly counted: "toAgent" | "fromAgent" = "toAgent",
  ) {
    this.#server = createServer((agent) => {
      const plane = connect(target, "127.0.0.1");
      for (const [from, to, way] of [
        [agent, plane, "fromAgent"],
        [plane, agent, "toAgent"],
      ] as const) {
        this.#open.add(from);
        from.on("error", () => from.destroy());
        from.on("close", () => {
          this.#open.delete(from);
          to.destroy();
        });
        from.on("data", (bytes: Buffer) => this.#pass(bytes, from, to, way === this.counted));
      }
    });
  }

  static async start(target: number, counted?: "toAgent" | "fromAgent"): Promise<CutWire> {
    const wire = new CutWire(target, counted);
    wire.#server.listen(0, "127.0.0.1");
    await once(wire.#server, "listening");
    return wire;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${z.object({ port: z.number() }).parse(this.#server.address()).port}`);
  }

  /** Ends every connection when so many bytes more have gone the counted way; resolves then. New ones are let through. */
  cutAfter(bytes: number): Promise<void> {
    this.#left = bytes;
    return new Promise((resolve) => {
      this.#cut = resolve;
    });
  }

  close(): void {
    this.#end();
    this.#server.close();
  }

  #pass(bytes: Buffer, from: Socket, to: Socket, counts: boolean): void {
    const some = counts ? bytes.subarray(0, this.#left) : bytes;
    if (counts) this.#left -= some.length;
    const room = to.write(some);
    if (some.length < bytes.length) {
      this.#left = Number.POSITIVE_INFINITY;
      this.#end();
      this.#cut();
    } else if (!room) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  }

  #end(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
