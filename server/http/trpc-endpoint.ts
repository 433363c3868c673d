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
    if (request.method === "POST" && isStream(options.router, params.rest ?? "")) {
      response.setHeader("Allow", "GET");
      throw new BerthError("METHOD_NOT_ALLOWED", "A subscription is opened by GET, or on /live");
    }
    const login = await identify(request.headers, options.authenticator, address);
    await options.count(login, address);
    // What is posted is no stream. A change is answered though it ends the login that asked for it, as a change of one's password does.
    if (login && request.method === "GET")
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

/** Of a batch: any of it. tRPC decodes the names of a batch, and of a single one not. */
const isStream = (router: AnyTRPCRouter, names: string): boolean =>
  [names, decoded(names)].some((read) =>
    read
      .split(",")
      .some((name) => Object.hasOwn(router._def.procedures, name) && router._def.procedures[name]?._def.type === "subscription"),
  );

function decoded(names: string): string {
  try {
    return decodeURIComponent(names);
  } catch {
    return names;
  }
}
