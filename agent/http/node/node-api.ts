/** The agent's own HTTP API for whole nodes (see `@berth/protocol/node-api`): by tunnels, and on an address where the operator wants one. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import {
  createWorkspaceSchema,
  MAX_NODE_EVENTS,
  NODE_HEADER,
  type NodeHealth,
  nodeErrorBody,
  WORKSPACE_HEADER,
} from "@berth/protocol/node-api";
import type { Clock } from "../../clock";
import { jsonOf } from "../../identity/identity-file";
import { type Log, wordsOf } from "../../log";
import { matchPath } from "../api-routes";
import { readManagementToken } from "./management-token";
import type { NodeEventLog } from "./node-events";
import type { NodeWorkspaces } from "./node-workspaces";

const MAX_BODY_BYTES = 256 * 1024;
const DEFAULT_EVENTS = 50;

export interface NodeApiOptions {
  /** The agent's UUID. */
  readonly nodeId: string;
  /** Roots of the authority that the control plane's certificates come from, PEM. */
  authority(): string;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: NodeEventLog;
  readonly workspaces: NodeWorkspaces;
  health(): Promise<Omit<NodeHealth, "nodeId">>;
}

interface NodeCall {
  readonly id: string;
  readonly query: URLSearchParams;
  /** Throws VALIDATION_FAILED, BODY_TOO_LARGE. */
  body(): Promise<unknown>;
}
type Answered = { readonly status?: number; readonly body: unknown };
type Route = readonly [method: "GET" | "POST" | "DELETE", path: string, answer: (call: NodeCall) => Promise<Answered>];

export class NodeApi {
  readonly #options: NodeApiOptions;
  readonly #routes: readonly Route[];
  readonly #server: Server;
  readonly #connections = new Set<Duplex>();

  constructor(options: NodeApiOptions) {
    this.#options = options;
    const { events, workspaces } = options;
    this.#routes = [
      ["GET", "/health", async () => ({ body: { ...(await options.health()), nodeId: options.nodeId } })],
      ["GET", "/events", async ({ query }) => ({ body: events.list(pageOf(query)) })],
      ["GET", "/workspaces", async () => ({ body: { workspaces: await workspaces.list() } })],
      ["POST", "/workspaces", async (call) => ({ status: 202, body: await workspaces.create(wishOf(await call.body())) })],
      ["GET", "/workspaces/{id}", async ({ id }) => ({ body: await workspaces.get(id) })],
      ["POST", "/workspaces/{id}/stop", async ({ id }) => ({ body: await workspaces.stop(id) })],
      ["POST", "/workspaces/{id}/restart", async ({ id }) => ({ status: 202, body: await workspaces.restart(id) })],
      ["DELETE", "/workspaces/{id}", async ({ id }) => ({ body: await workspaces.remove(id).then(() => ({ deleted: true })) })],
      [
        "GET",
        "/workspaces/{id}/events",
        async ({ id, query }) => {
          await workspaces.get(id);
          return { body: events.list({ ...pageOf(query), workspaceId: id }) };
        },
      ],
    ];
    this.#server = createServer({ maxHeaderSize: 16 * 1024 }, (request, response) => void this.#answer(request, response));
    this.#server.on("connection", (socket: Duplex) => {
      this.#connections.add(socket);
      socket.on("close", () => this.#connections.delete(socket));
      socket.on("error", () => socket.destroy());
    });
    this.#server.on("upgrade", (_, socket: Duplex) => {
      const body = JSON.stringify(nodeErrorBody(new BerthError("NOT_FOUND", "This node serves no WebSocket")));
      socket.end(
        `HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    });
  }

  /** A tunnel that was dialled for it. */
  serve(connection: Duplex): void {
    this.#server.emit("connection", connection);
  }

  /** Without TLS, which is the operator's to put before it. Resolves with the port. Rejects where it can't be had. */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    const address = this.#server.address();
    return typeof address === "object" ? (address?.port ?? port) : port;
  }

  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: { status: number; body: unknown };
    try {
      const done = await this.#ask(request);
      answer = { status: done.status ?? 200, body: done.body };
    } catch (error) {
      const known = this.#known(error);
      answer = { status: known.status, body: nodeErrorBody(known) };
    }
    const text = JSON.stringify(answer.body);
    const unread = request.complete ? {} : { connection: "close" };
    const refused = answer.status === 401 ? { "www-authenticate": "Bearer" } : {};
    response.writeHead(answer.status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
      ...unread,
      ...refused,
    });
    response.end(text);
  }

  /** The token is asked for before anything is said of paths: a stranger learns nothing. */
  async #ask(request: IncomingMessage): Promise<Answered> {
    const { nodeId, authority, clock } = this.#options;
    const claims = await readManagementToken(request.headers.authorization, authority(), clock.now());
    if (claims.node !== nodeId || request.headers[NODE_HEADER] !== nodeId)
      throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "Token and X-SAM-Node-Id must both name this node");
    const [path = "", search = ""] = (request.url ?? "").split("?");
    const workspace = /^\/workspaces\/([^/]+)/.exec(path)?.[1];
    if (workspace !== undefined && (claims.workspace !== workspace || request.headers[WORKSPACE_HEADER] !== workspace))
      throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "Token, X-SAM-Workspace-Id and path must name the same workspace");
    const found = this.#routes.flatMap(([method, pattern, answer]) => {
      const params = matchPath(pattern, path);
      return params ? [{ method, answer, id: params.id ?? "" }] : [];
    });
    const hit = found.find(({ method }) => method === request.method);
    if (hit) return hit.answer({ id: hit.id, query: new URLSearchParams(search), body: () => bodyOf(request) });
    throw found.length > 0
      ? new BerthError("METHOD_NOT_ALLOWED", `${request.method} is not served at ${path.slice(0, 200)}`)
      : new BerthError("NOT_FOUND", `This node does not serve ${path.slice(0, 200)}`);
  }

  #known(error: unknown): BerthError {
    if (error instanceof BerthError) return error;
    this.#options.log.error({ err: error }, "a request to the node's API failed");
    return new BerthError("INTERNAL_ERROR", `The node could not do it: ${wordsOf(error)}`);
  }
}

function pageOf(query: URLSearchParams): { limit: number; cursor: string | null } {
  const limit = query.get("limit") ?? String(DEFAULT_EVENTS);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_NODE_EVENTS)
    throw new BerthError("INVALID_PARAMETER", `limit must be a number from 1 to ${MAX_NODE_EVENTS}`);
  return { limit: Number(limit), cursor: query.get("cursor") };
}

function wishOf(body: unknown) {
  const wish = createWorkspaceSchema.safeParse(body);
  if (wish.success) return wish.data;
  const problems = wish.error.issues.slice(0, 5).map(({ path, message }) => (path.length > 0 ? `${path.join(".")} ${message}` : message));
  throw new BerthError("VALIDATION_FAILED", problems.join("; "));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new BerthError("BODY_TOO_LARGE", `A body may have ${MAX_BODY_BYTES} bytes`);
    parts.push(part);
  }
  const body = jsonOf(Buffer.concat(parts).toString("utf8"));
  if (body === null) throw new BerthError("VALIDATION_FAILED", "The body must be a JSON object");
  return body;
}
