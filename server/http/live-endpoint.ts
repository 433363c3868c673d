import type { IncomingMessage } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import type { AnyTRPCRouter, inferRouterContext } from "@trpc/server";
import { getWSConnectionHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { ACCESS_ENDED } from "../modules/live/live-codes";
import { loginOfSocket } from "../modules/users/socket-login";
import type { Log } from "../platform/log";
import type { RequestFacts, UpgradeHandler } from "./calls";
import type { Authenticator } from "./identify";
import { LiveSocket } from "./live-socket";
import type { OpenSockets } from "./open-sockets";

/** What a browser says here are subscriptions: a few hundred bytes each. */
const MAX_LIVE_MESSAGE_BYTES = 64 * 1024;
/** What a browser that doesn't read may leave unsent with us. */
const MAX_UNSENT_BYTES = 1024 * 1024;
const PING_MS = 25_000;
const PONG_WAIT_MS = 10_000;

export interface LiveEndpointOptions<Router extends AnyTRPCRouter> {
  readonly router: Router;
  createContext(facts: RequestFacts): inferRouterContext<Router>;
  readonly authenticator: Authenticator;
  readonly publicOrigin: string;
  readonly sockets: OpenSockets;
  readonly log: Log;
}

/** `/live`: subscriptions over one WebSocket. By cookie with our Origin, or by bearer token; refused before the 101 otherwise. */
export function liveEndpoint<Router extends AnyTRPCRouter>(options: LiveEndpointOptions<Router>): UpgradeHandler & { close(): void } {
  const server = new WebSocketServer({
    WebSocket: LiveSocket,
    noServer: true,
    maxPayload: MAX_LIVE_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const facts = new WeakMap<IncomingMessage, RequestFacts>();
  const connected = getWSConnectionHandler<Router>({
    wss: server,
    router: options.router,
    keepAlive: { enabled: true, pingMs: PING_MS, pongWaitMs: PONG_WAIT_MS },
    createContext: async ({ req }) => {
      const known = facts.get(req);
      if (!known) throw new BerthError("AUTH_TOKEN_MISSING", "Sign in first");
      return options.createContext(known);
    },
    onError: ({ error, path }) => {
      if (error.code === "INTERNAL_SERVER_ERROR" && !(error.cause instanceof BerthError))
        options.log.error({ err: error, path }, "subscription failed");
    },
  });
  const upgrade: UpgradeHandler = async ({ request, socket, head, requestId, address }) => {
    const { authorization, cookie, origin } = request.headers;
    const shown = { authorization, cookie, origin, address };
    const login = await loginOfSocket(options.authenticator, shown, options.publicOrigin, "Sign in first");
    if (socket.destroyed) return;
    facts.set(request, { login, requestId, address, userAgent: request.headers["user-agent"] ?? null, agentToken: null });
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const forget = options.sockets.add(login, (reason) => {
        webSocket.close(ACCESS_ENDED, reason.slice(0, 120));
        setTimeout(() => webSocket.terminate(), 1000).unref();
      });
      const watch = setInterval(() => webSocket.bufferedAmount > MAX_UNSENT_BYTES && webSocket.terminate(), 1000).unref();
      webSocket.on("error", () => webSocket.terminate());
      webSocket.once("close", () => {
        clearInterval(watch);
        forget();
      });
      connected(webSocket, request);
    });
  };
  return Object.assign(upgrade, {
    /** Tells browsers that they may connect again at once. */
    close(): void {
      for (const client of server.clients) client.close(1012, "the control plane is restarting");
    },
  });
}
