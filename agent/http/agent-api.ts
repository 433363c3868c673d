/**
 * The agent's own HTTP API (see `@berth/protocol/agent-api`). It listens nowhere: tunnels that were dialled for it are handed to it, each
 * with the session that may be asked about on it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { agentApiPath } from "@berth/protocol/agent-api";
import { BerthError } from "@berth/protocol/errors";
import type { PortTerms } from "@berth/protocol/session-ports";
import type { tunnelErrorSchema } from "@berth/protocol/tunnel";
import type { z } from "zod";
import { type Log, wordsOf } from "../log";
import { type ApiCall, type ApiPart, matchPath } from "./api-routes";

export interface AgentApiOptions {
  readonly parts: readonly ApiPart[];
  readonly log: Log;
}

export class AgentApi {
  readonly #options: AgentApiOptions;
  readonly #server: Server;
  readonly #sessions = new WeakMap<Duplex, string>();
  readonly #terms = new WeakMap<Duplex, PortTerms>();
  readonly #connections = new Set<Duplex>();

  constructor(options: AgentApiOptions) {
    this.#options = options;
    this.#server = createServer({ maxHeaderSize: 16 * 1024 }, (request, response) => void this.#answer(request, response));
    // Transfers take as long as they take, and an idle tunnel is the control plane's to end.
    this.#server.headersTimeout = 0;
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
    this.#server.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  /** `terms`: what its policy says of ports; without, none is reached by this connection. */
  serve(connection: Duplex, sessionId: string, terms?: PortTerms): void {
    if (terms) this.#terms.set(connection, terms);
    this.#sessions.set(connection, sessionId);
    this.#connections.add(connection);
    connection.on("close", () => this.#connections.delete(connection));
    connection.on("error", () => connection.destroy());
    this.#server.emit("connection", connection);
  }

  /** Resolves when the parts have ended what they held open inside sessions. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    this.#server.close();
    await Promise.all(this.#options.parts.map((part) => part.close?.()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    try {
      const target = this.#targetOf(request);
      const routes = this.#options.parts.flatMap((part) => part.routes);
      const found = routes.flatMap((route) => {
        const params = matchPath(route.path, target.path);
        return params ? [{ route, params }] : [];
      });
      const hit = found.find(({ route }) => route.method === request.method);
      if (!hit) {
        throw found.length > 0
          ? new BerthError("METHOD_NOT_ALLOWED", `${request.method} is not served at ${target.path.slice(0, 200)}`)
          : new BerthError("NOT_FOUND", `This agent does not serve ${target.path.slice(0, 200)}; a newer one may`);
      }
      await hit.route.answer(this.#call(request, target, hit.params, gone.signal), response);
    } catch (error) {
      if (gone.signal.aborted) return;
      const known = this.#known(error, request);
      // A body that began can't be taken back: it ends without its end, which is how a client tells.
      if (response.headersSent) return void response.destroy();
      const { status, body } = answerOf(known);
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(body);
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    socket.once("close", () => gone.abort());
    try {
      const target = this.#targetOf(request);
      for (const upgrade of this.#options.parts.flatMap((part) => part.upgrades)) {
        const params = matchPath(upgrade.path, target.path);
        if (params) return await upgrade.open(this.#call(request, target, params, gone.signal), socket, head);
      }
      throw new BerthError("NOT_FOUND", `This agent serves no upgrade at ${target.path.slice(0, 200)}; a newer one may`);
    } catch (error) {
      const { status, body } = answerOf(this.#known(error, request));
      const lines = ["content-type: application/json", `content-length: ${Buffer.byteLength(body)}`, "connection: close"];
      socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
    }
  }

  /** Throws NOT_FOUND for what this tunnel was not asked to serve. */
  #targetOf(request: IncomingMessage): { sessionId: string; path: string; query: URLSearchParams } {
    const sessionId = this.#sessions.get(request.socket);
    const url = request.url ?? "";
    const mark = url.indexOf("?");
    const pathname = mark < 0 ? url : url.slice(0, mark);
    const root = agentApiPath(sessionId ?? "", "");
    if (!sessionId || !pathname.startsWith(root)) throw new BerthError("NOT_FOUND", "This tunnel serves another session");
    return { sessionId, path: pathname.slice(root.length), query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)) };
  }

  #call(
    request: IncomingMessage,
    { sessionId, query }: { sessionId: string; query: URLSearchParams },
    params: Record<string, string>,
    signal: AbortSignal,
  ): ApiCall {
    return { request, sessionId, params, query, signal, portTerms: this.#terms.get(request.socket) ?? null };
  }

  #known(error: unknown, request: IncomingMessage): BerthError {
    if (error instanceof BerthError) {
      this.#options.log.debug({ sessionId: this.#sessions.get(request.socket), code: error.code, err: error.cause }, error.message);
      return error;
    }
    this.#options.log.error({ sessionId: this.#sessions.get(request.socket), err: error }, "a request inside a session failed");
    return new BerthError("INTERNAL_ERROR", `The agent could not do it: ${wordsOf(error)}`);
  }
}

function answerOf(error: BerthError): { status: number; body: string } {
  const body = { code: error.code, message: error.message.slice(0, 1000) } satisfies z.infer<typeof tunnelErrorSchema>;
  return { status: error.status, body: JSON.stringify(body) };
}
