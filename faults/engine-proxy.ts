/** Stands between an agent and its container engine, so that a request or its answer can be held on its way. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Gate } from "./gate";

export interface EngineCall {
  readonly method: string;
  /** Without the version. */
  readonly path: string;
}

export class EngineProxy {
  readonly asked = new Gate<EngineCall>();
  readonly answered = new Gate<EngineCall>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(engine: string) {
    this.#server = createServer({ allowHalfOpen: true }, (agent) => this.#join(agent, connect({ path: engine, allowHalfOpen: true })));
  }

  /** `engine` and `path` are unix sockets. */
  static async start(engine: string, path: string): Promise<EngineProxy> {
    const proxy = new EngineProxy(engine);
    proxy.#server.listen(path);
    await once(proxy.#server, "listening");
    return proxy;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(agent: Socket, engine: Socket): void {
    let call: EngineCall | null = null;
    for (const socket of [agent, engine]) {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    }
    void relay(agent, engine, (chunk) => {
      const next = callIn(chunk);
      if (!next) return Promise.resolve(true);
      call = next;
      return this.asked.pass(next);
    });
    void relay(engine, agent, () => (call ? this.answered.pass(call) : Promise.resolve(true)));
  }
}

async function relay(from: Socket, to: Socket, pass: (chunk: Buffer) => Promise<boolean>): Promise<void> {
  try {
    for await (const chunk of from) {
      if (!(await pass(chunk))) return void [from, to].map((socket) => socket.destroy());
      if (to.writable && !to.write(chunk)) await Promise.race([once(to, "drain"), once(to, "close")]);
    }
    to.end();
  } catch {
    to.destroy();
  }
}

/** A client writes the head of each request by itself. */
function callIn(chunk: Buffer): EngineCall | null {
  const [, method = "", path = ""] = /^(GET|HEAD|POST|PUT|DELETE) (?:\/v[\d.]+)?(\S+) HTTP\/1\.1\r\n/.exec(chunk.toString("latin1")) ?? [];
  return method ? { method, path } : null;
}
