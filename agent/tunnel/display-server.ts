/**
 * The HTTP server at the agent's end of display tunnels. It listens nowhere: connections that were dialled for a display are handed to it
 * with the one thing that may be asked on them.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { ViewerMode } from "@berth/protocol/agent-messages";
import { DISPLAY_WITH_PINGS } from "@berth/protocol/display-ping";
import { BerthError } from "@berth/protocol/errors";
import { displayPath, type tunnelErrorSchema } from "@berth/protocol/tunnel";
import { type WebSocket, WebSocketServer } from "ws";
import type { z } from "zod";
import { type Log, wordsOf } from "../log";
import { bridgeDisplay } from "./display-bridge";
import { ResizeLeads } from "./resize-lead";
import { RfbFilter } from "./rfb-filter";
import { RfbServerFilter } from "./rfb-server-filter";
import type { LiveTerms } from "./viewer-terms";

/** What the control plane asked this tunnel for; nothing else is served on it. */
export interface DisplayPurpose {
  readonly sessionId: string;
  /** The mode in the path of the upgrade: that of the request, whatever the terms have become since. */
  readonly mode: ViewerMode;
  readonly terms: LiveTerms;
}

export interface DisplayServerOptions {
  readonly log: Log;
  openDisplay(sessionId: string): Promise<Duplex>;
  /** A viewer in mode `control` used a key or the pointer. */
  onInput(sessionId: string): void;
}

/** A viewer's message: input and clipboard. Pictures go the other way. */
const MAX_VIEWER_MESSAGE_BYTES = 1024 * 1024;

export class DisplayServer {
  readonly #options: DisplayServerOptions;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #purposes = new WeakMap<Duplex, DisplayPurpose>();
  readonly #connections = new Set<Duplex>();
  readonly #leads = new ResizeLeads();

  constructor(options: DisplayServerOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_VIEWER_MESSAGE_BYTES,
      handleProtocols: (offered) => [DISPLAY_WITH_PINGS, "binary"].find((name) => offered.has(name)) ?? false,
    });
    this.#server = createServer({ maxHeaderSize: 16 * 1024 }, (request, response) => {
      const { status, body } = answerOf(
        new BerthError("NOT_FOUND", `Only a display is served on this tunnel, not ${request.method} ${request.url}`),
      );
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(body);
    });
    this.#server.headersTimeout = 0;
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
    this.#server.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  /** Serves `purpose`, and nothing else, on a connection that the control plane is the client of. */
  serve(connection: Duplex, purpose: DisplayPurpose): void {
    this.#purposes.set(connection, purpose);
    this.#connections.add(connection);
    connection.on("close", () => this.#connections.delete(connection));
    connection.on("error", () => connection.destroy());
    this.#server.emit("connection", connection);
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#server.close();
    this.#sockets.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const purpose = this.#purposes.get(socket);
    const { log } = this.#options;
    try {
      if (!purpose || request.url !== displayPath(purpose.sessionId, purpose.mode)) {
        throw new BerthError("NOT_FOUND", `This tunnel was not asked to serve ${request.url?.slice(0, 200)}`);
      }
      const display = await this.#options.openDisplay(purpose.sessionId);
      if (socket.destroyed) return void display.destroy();
      // Where the handshake is refused, the viewer never comes.
      const abandon = () => display.destroy();
      socket.once("close", abandon);
      this.#sockets.handleUpgrade(request, socket, head, (viewer) => {
        socket.off("close", abandon);
        this.#bridge(viewer, display, purpose);
      });
    } catch (error) {
      const known =
        error instanceof BerthError ? error : new BerthError("DISPLAY_UNREACHABLE", `The display can't be opened: ${wordsOf(error)}`);
      log.warn({ sessionId: purpose?.sessionId, code: known.code, err: known.cause }, known.message);
      refuse(socket, known);
    }
  }

  #bridge(viewer: WebSocket, display: Duplex, { sessionId, terms }: DisplayPurpose): void {
    const { log, onInput } = this.#options;
    const { seat, leave } = this.#leads.join(sessionId);
    const filter = new RfbFilter(terms.now, seat);
    const fromDisplay = terms.now.clipboardOut ? null : new RfbServerFilter(filter);
    log.debug({ sessionId, mode: terms.now.mode }, "viewer connected");
    const changed = bridgeDisplay({
      viewer,
      display,
      filter,
      fromDisplay,
      onInput: () => {
        if (terms.now.mode === "control") onInput(sessionId);
      },
      onEnd: (reason) => {
        leave();
        log.debug({ sessionId, reason }, "viewer ended");
      },
    });
    terms.onChange((now) => {
      if (fromDisplay) fromDisplay.clipboard = now.clipboardOut;
      changed(filter.change(now));
    });
  }
}

function answerOf(error: BerthError): { status: number; body: string } {
  const body = { code: error.code, message: error.message.slice(0, 1000) } satisfies z.infer<typeof tunnelErrorSchema>;
  return { status: error.status, body: JSON.stringify(body) };
}

function refuse(socket: Duplex, error: BerthError): void {
  const { status, body } = answerOf(error);
  const head = ["content-type: application/json", `content-length: ${Buffer.byteLength(body)}`, "connection: close"].join("\r\n");
  socket.end(`HTTP/1.1 ${status} Refused\r\n${head}\r\n\r\n${body}`);
  socket.once("finish", () => socket.destroy());
}
