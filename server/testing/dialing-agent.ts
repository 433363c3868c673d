import { createServer, request as httpRequest, type RequestListener, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ToAgent } from "@berth/protocol/agent-messages";
import { TUNNEL_SECRET_HEADER, tunnelPath } from "@berth/protocol/tunnel";
import { WebSocketServer } from "ws";
import type { Credentials } from "../../agent/identity/credentials";

export interface DialingAgentOptions {
  /** Port of the control plane on 127.0.0.1; asked for when it dials. */
  port(): number;
  /** What it shows; a bare bearer where the test's own door asks for one. */
  credentials: Pick<Credentials, "headers"> | string;
  /** What it does with the raw end of a tunnel once it was answered 101. Default: an HTTP server whose WebSockets echo. */
  serve?(socket: Duplex, message: ToAgent): void;
}

/** An agent's tunnel side, as small as it can be: dials when asked, then serves what a test wants. */
export class DialingAgent {
  readonly asked: ToAgent[] = [];
  /** Paths and headers of the upgrades that its own server saw. */
  readonly upgrades: { url: string; headers: Record<string, string | string[] | undefined> }[] = [];
  readonly refused: number[] = [];
  dials = true;
  private readonly inner: Server;

  constructor(private readonly options: DialingAgentOptions) {
    this.inner = echoServer((url, headers) => this.upgrades.push({ url, headers }));
  }

  /** Takes a message of the channel. */
  receive(message: ToAgent): void {
    this.asked.push(message);
    if (!this.dials) return;
    if (message.type === "vnc_proxy_request") this.dial(message.proxy_id, message.data.tunnel_secret, message).catch(ignored);
    if (
      message.type === "tunnel_request" ||
      message.type === "thumbnail_request" ||
      message.type === "logs_request" ||
      message.type === "api_request" ||
      message.type === "node_api_request"
    )
      this.dial(message.tunnel_id, message.tunnel_secret, message).catch(ignored);
  }

  /** Status of the answer; 101 leads to `serve`. */
  async dial(id: string, tunnelSecret: string, message: ToAgent, credentials = this.options.credentials): Promise<number> {
    const shown =
      typeof credentials === "string" ? { authorization: `Bearer ${credentials}` } : await credentials.headers("GET", tunnelPath(id));
    return new Promise((resolve, reject) => {
      const dialled = httpRequest({
        host: "127.0.0.1",
        port: this.options.port(),
        path: tunnelPath(id),
        agent: false,
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
          ...shown,
          [TUNNEL_SECRET_HEADER]: tunnelSecret,
        },
      });
      dialled.on("upgrade", (_, socket, head) => {
        socket.on("error", () => socket.destroy());
        if (head.length > 0) socket.unshift(head);
        if (this.options.serve) this.options.serve(socket, message);
        else this.inner.emit("connection", socket);
        resolve(101);
      });
      dialled.on("response", (response) => {
        response.resume();
        this.refused.push(response.statusCode ?? 0);
        resolve(response.statusCode ?? 0);
      });
      dialled.on("error", reject);
      dialled.end();
    });
  }
}

/** A dial that the end of a test cuts off. */
const ignored = (): void => {};

/** Joins a tunnel's end to a port of this machine, as an agent does for a container's. */
export function joinToPort(socket: Duplex, port: number): Socket {
  const target = connect(port, "127.0.0.1");
  const end = () => {
    socket.destroy();
    target.destroy();
  };
  socket.pipe(target).on("error", end).on("close", end);
  target.pipe(socket).on("error", end).on("close", end);
  return target;
}

/** An HTTP server whose WebSockets send back what they get. */
export function echoServer(
  seen: (url: string, headers: Record<string, string | string[] | undefined>) => void = () => {},
  listener: RequestListener = (_, response) => response.writeHead(404).end(),
): Server {
  const echo = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 });
  const server = createServer({ requestTimeout: 0, headersTimeout: 0 }, listener);
  server.on("upgrade", (request, socket, head) => {
    seen(request.url ?? "", request.headers);
    echo.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("message", (data, isBinary) => {
        if (webSocket.bufferedAmount > 1024 * 1024) webSocket.pause();
        webSocket.send(data, { binary: isBinary }, () => webSocket.resume());
      });
      webSocket.on("error", () => {});
    });
  });
  return server;
}
