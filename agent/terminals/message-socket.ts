import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { z } from "zod";
import type { Clock } from "../clock";
import type { ApiCall } from "../http/api-routes";

const PING_MS = 25_000;
/** A start with all its arguments. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** The last words of a peer that has been told to go. */
const CLOSE_MS = 1000;

/** Answers upgrades of the agent's API with WebSockets of one subprotocol. */
export class MessageSockets {
  readonly #server: WebSocketServer;

  constructor(
    protocol: string,
    private readonly clock: Clock,
  ) {
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
    });
  }

  accept({ request }: ApiCall, socket: Duplex, head: Buffer): Promise<WebSocket> {
    return new Promise((resolve) =>
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        this.#keepAlive(webSocket);
        resolve(webSocket);
      }),
    );
  }

  /** A peer that is gone without a word is found out, and whatever is between sees that the connection is used. */
  #keepAlive(webSocket: WebSocket): void {
    let answered = true;
    webSocket.on("pong", () => {
      answered = true;
    });
    webSocket.on("error", () => webSocket.terminate());
    const beat = this.clock.every(PING_MS, () => {
      if (!answered) return webSocket.terminate();
      answered = false;
      webSocket.ping();
    });
    webSocket.once("close", () => beat.cancel());
  }
}

export function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** Null for what is none of the schema's. */
export function readWords<T>(data: RawData, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(bytesOf(data).toString("utf8"))).data ?? null;
  } catch {
    return null;
  }
}

/** Once; the reason, of plain letters, has 123 bytes at most. */
export function closeWith(webSocket: WebSocket, clock: Clock, code: number, reason: string): void {
  if (webSocket.readyState >= webSocket.CLOSING) return;
  webSocket.close(code, reason.slice(0, 120));
  const late = clock.after(CLOSE_MS, () => webSocket.terminate());
  webSocket.once("close", () => late.cancel());
}
