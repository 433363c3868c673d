/** The web app inside a session in memory: a page, an echo of requests, and a WebSocket that sends back what it gets. */
import { createServer, type Server } from "node:http";
import { type Duplex, duplexPair } from "node:stream";
import { WebSocketServer } from "ws";

/** One server for all sessions of a driver: it listens nowhere, connections are handed to it. */
export class MemoryApps {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 16 * 1024 * 1024 });
  readonly #streams = new Map<string, Set<Duplex>>();

  constructor() {
    this.#server = createServer((request, response) => {
      if (request.url === "/") {
        response.setHeader("content-type", "text/html; charset=utf-8");
        return void response.end("<!doctype html><title>memory app</title><h1>memory app</h1>");
      }
      if (request.method === "POST") return void request.pipe(response);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ url: request.url, headers: request.headers }));
    });
    this.#server.headersTimeout = 0;
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
    this.#server.on("upgrade", (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (client) => {
        client.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
        client.on("error", () => client.terminate());
      });
    });
  }

  open(sessionId: string): Duplex {
    const [inside, outside] = duplexPair();
    const streams = this.#streams.get(sessionId) ?? new Set();
    this.#streams.set(sessionId, streams.add(inside));
    inside.on("error", () => inside.destroy());
    inside.on("close", () => {
      streams.delete(inside);
      if (streams.size === 0) this.#streams.delete(sessionId);
      outside.destroy();
    });
    outside.on("close", () => inside.destroy());
    this.#server.emit("connection", inside);
    return outside;
  }

  end(sessionId: string): void {
    for (const stream of this.#streams.get(sessionId) ?? []) stream.destroy();
  }

  close(): void {
    for (const sessionId of this.#streams.keys()) this.end(sessionId);
    this.#server.close();
    this.#sockets.close();
  }
}
