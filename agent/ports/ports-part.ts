/** The agent's API of ports inside sessions (see `@berth/protocol/session-ports`). */
import type { ServerResponse } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import {
  type listenersSchema,
  MAX_PORT_CONNECTIONS,
  PORT_PROTOCOL,
  PORTS_PATH,
  portNumberSchema,
  portPath,
} from "@berth/protocol/session-ports";
import type { z } from "zod";
import type { Clock } from "../clock";
import type { SessionDriver } from "../drivers/driver";
import type { ApiCall, ApiPart } from "../http/api-routes";
import { MessageSockets } from "../terminals/message-socket";
import { openSessionPort } from "./open-port";
import { joinPort } from "./port-socket";
import { readListeners } from "./read-listeners";

export interface PortsOptions {
  readonly driver: Pick<SessionDriver, "exec" | "openPort">;
  readonly clock: Clock;
  onInput(sessionId: string): void;
}

export class Ports implements ApiPart {
  readonly routes: ApiPart["routes"];
  readonly upgrades: ApiPart["upgrades"];

  readonly #options: PortsOptions;
  readonly #sockets: MessageSockets;
  readonly #open = new Map<string, number>();
  /** Of several who look at once one asks the session. */
  readonly #reading = new Map<string, ReturnType<typeof readListeners>>();

  constructor(options: PortsOptions) {
    this.#options = options;
    this.#sockets = new MessageSockets(PORT_PROTOCOL, options.clock);
    this.routes = [{ method: "GET", path: PORTS_PATH, answer: (call, response) => this.#list(call, response) }];
    this.upgrades = [
      {
        path: portPath("{port}"),
        open: async (call, socket, head) => {
          const port = portNumberSchema.safeParse(Number(call.params.port));
          if (!port.success) throw new BerthError("INVALID_PARAMETER", "port: a number from 1 to 65535");
          demandOpen(call.portTerms, port.data);
          await this.#connect(call, port.data, (target) =>
            this.#sockets
              .accept(call, socket, head)
              .then((webSocket) => joinPort(webSocket, target, options.clock, () => options.onInput(call.sessionId))),
          );
        },
      },
    ];
  }

  async #list({ sessionId }: ApiCall, response: ServerResponse): Promise<void> {
    const reading = this.#reading.get(sessionId) ?? readListeners(this.#options.driver, sessionId);
    this.#reading.set(sessionId, reading);
    const listeners = await reading.finally(() => this.#reading.delete(sessionId));
    const answer = { listeners } satisfies z.infer<typeof listenersSchema>;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  /** Counts it from the dial on. */
  async #connect(
    { sessionId, signal }: ApiCall,
    port: number,
    join: (target: Awaited<ReturnType<typeof openSessionPort>>) => Promise<void>,
  ): Promise<void> {
    if ((this.#open.get(sessionId) ?? 0) >= MAX_PORT_CONNECTIONS)
      throw new BerthError("PORT_LIMIT", `${MAX_PORT_CONNECTIONS} connections to this session's ports are open; end some first`);
    this.#count(sessionId, 1);
    let target: Awaited<ReturnType<typeof openSessionPort>>;
    try {
      target = await openSessionPort(this.#options.driver, this.#options.clock, sessionId, port);
    } catch (error) {
      this.#count(sessionId, -1);
      throw error;
    }
    target.once("close", () => this.#count(sessionId, -1));
    // Until it is joined nobody else hears it break.
    target.on("error", () => target.destroy());
    if (signal.aborted || target.destroyed) return void target.destroy();
    signal.addEventListener("abort", () => target.destroy(), { once: true });
    await join(target);
  }

  #count(sessionId: string, by: 1 | -1): void {
    const now = (this.#open.get(sessionId) ?? 0) + by;
    if (now > 0) this.#open.set(sessionId, now);
    else this.#open.delete(sessionId);
  }
}

/** The control plane holds it too: an agent does not count on that. Throws PORTS_OFF. */
function demandOpen(terms: ApiCall["portTerms"], port: number): void {
  if (!terms?.ports) throw new BerthError("PORTS_OFF", "This tunnel was not asked for with a policy that opens ports");
  if (terms.closed_ports.includes(port)) throw new BerthError("PORTS_OFF", `Port ${port} is closed by the session's policy`);
}
