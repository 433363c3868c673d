import { BerthError } from "@berth/protocol/errors";
import type { AnyTRPCRouter, inferRouterContext } from "@trpc/server";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import type { Login } from "../modules/users/users-schema";
import type { Log } from "../platform/log";
import { MAX_BODY_BYTES } from "./body-limit";
import type { HttpHandler, RequestFacts } from "./calls";
import { type Authenticator, identify } from "./identify";
import type { OpenSockets } from "./open-sockets";

export interface TrpcEndpointOptions<Router extends AnyTRPCRouter> {
  readonly router: Router;
  createContext(facts: RequestFacts): inferRouterContext<Router>;
  readonly authenticator: Authenticator;
  /** Throws RATE_LIMIT_EXCEEDED. */
  count(login: Login | null, address: string): Promise<unknown>;
  /** Streams over HTTP end with the access that opened them. */
  readonly sockets: OpenSockets;
  readonly log: Log;
}

/** `/api/trpc/*`. Bodies are JSON alone: what an HTML form can send is refused. */
export function trpcEndpoint<Router extends AnyTRPCRouter>(options: TrpcEndpointOptions<Router>): HttpHandler {
  return async ({ request, response, requestId, address, params }) => {
    if (request.method === "POST" && !/^application\/json\s*(?:;|$)/i.test(request.headers["content-type"] ?? "")) {
      throw new BerthError("UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json");
    }
    const login = await identify(request.headers, options.authenticator, address);
    await options.count(login, address);
    if (login)
      response.once(
        "close",
        options.sockets.add(login, () => response.destroy()),
      );
    response.setHeader("Cache-Control", "no-store");
    await nodeHTTPRequestHandler<Router, typeof request, typeof response>({
      router: options.router,
      path: params.rest ?? "",
      req: request,
      res: response,
      maxBodySize: MAX_BODY_BYTES,
      createContext: async () =>
        options.createContext({ login, requestId, address, userAgent: request.headers["user-agent"] ?? null, agentToken: null }),
      onError: ({ error, path }) => {
        if (error.code === "INTERNAL_SERVER_ERROR" && !(error.cause instanceof BerthError))
          options.log.error({ err: error, path }, "tRPC failed");
      },
    });
  };
}
