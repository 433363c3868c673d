import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/protocol/errors";
import type { Dispatcher } from "undici";
import type { Clock } from "../platform/clock";
import { toBerthError } from "../platform/errors";
import type { Log } from "../platform/log";
import { type AppAccess, type AppGrant, checkAppOrigin } from "./app-access";
import { readAppCookie, setAppCookie } from "./app-cookie";
import { answerAppError } from "./app-error-page";
import { headersForApp, headersFromApp } from "./app-headers";
import { type AppHost, isUnderAppsDomain, parseAppHost } from "./app-host";
import { splice } from "./splice";
import { SpliceTotals } from "./splice-totals";
import type { TunnelBroker } from "./tunnel-broker";
import { TunnelPools } from "./tunnel-pools";
import { exchangeUpgrade } from "./upgrade-exchange";
import { readWebSocketOffer, writeSwitchAnswer } from "./upgrade-request";
import type { SocketRegister } from "./viewer-upgrade";
import { WaitingSocket } from "./waiting-socket";

/** Where a ticket becomes the cookie: here, or as `?berth_ticket=` on any path. */
const ENTER_PATH = "/__berth/enter";
const TICKET_PARAMETER = "berth_ticket";

export interface AppProxyOptions {
  readonly access: AppAccess;
  readonly broker: TunnelBroker;
  readonly sockets: SocketRegister;
  readonly appsDomain: string;
  readonly publicUrl: URL;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AppCall {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly address: string;
}

/** Web apps of sessions, each on its own origin. Every request is authorised anew and goes to its own container alone. */
export class AppProxy {
  private readonly pools: TunnelPools;
  private readonly totals = new SpliceTotals();

  constructor(private readonly options: AppProxyOptions) {
    this.pools = new TunnelPools(options.broker, options.clock);
  }

  readonly serves = (host: string | undefined): boolean => isUnderAppsDomain(host, this.options.appsDomain);

  readonly http = async (call: AppCall & { response: ServerResponse }): Promise<void> => {
    const { request, response, requestId } = call;
    const { access, appsDomain, publicUrl, clock, log } = this.options;
    const app = parseAppHost(request.headers.host, appsDomain);
    try {
      if (!app) throw new BerthError("NOT_FOUND", "No session's app has this name");
      const target = targetOf(request);
      const ticket = target.pathname === ENTER_PATH ? (target.query.get("ticket") ?? "") : target.query.get(TICKET_PARAMETER);
      if (ticket !== null) return await this.enter(call, app, target, ticket);
      checkAppOrigin(request.method, request.headers.origin, false, this.originRule(app));
      const grant = await access.authorize({ ...app, cookie: readAppCookie(request.headers.cookie) });
      await this.forward(call, app, grant);
    } catch (error) {
      const known = toBerthError(error);
      if (known.code === "INTERNAL_ERROR") log.error({ err: error, sessionId: app?.sessionId }, "app request failed");
      answerAppError(request, response, known, { requestId, now: clock.now(), publicUrl, sessionId: app?.sessionId ?? null });
    }
  };

  /** Throws `BerthError` while nothing has been answered. */
  readonly upgrade = async (call: AppCall & { socket: Duplex; head: Buffer }): Promise<void> => {
    const { request, socket, head } = call;
    const { access, broker, sockets, appsDomain, clock } = this.options;
    const app = parseAppHost(request.headers.host, appsDomain);
    if (!app) throw new BerthError("NOT_FOUND", "No session's app has this name");
    const { path } = targetOf(request);
    const offer = readWebSocketOffer(request);
    checkAppOrigin(request.method, request.headers.origin, true, this.originRule(app));
    const grant = await access.authorize({ ...app, cookie: readAppCookie(request.headers.cookie) });
    const waiting = new WaitingSocket(socket, head);
    let end = (): void => {
      waiting.cancel();
      socket.destroy();
    };
    const unregister = sockets.add(grant.login, () => end());
    const leave = grant.enter(() => end());
    const forget = (): void => {
      unregister();
      leave();
    };
    try {
      const tunnel = await broker.open(grant, (key) => grant.request(key), waiting.signal);
      const answer = await exchangeUpgrade({
        tunnel,
        request: { path, host: request.headers.host ?? "", offer, headers: headersForApp(request, this.forwarding(call), true) },
        answeredBy: "app",
        who: "the app in the session",
        clock,
        signal: waiting.signal,
      });
      waiting.release();
      socket.write(writeSwitchAnswer(answer, offer));
      const joined = splice(socket, tunnel);
      end = joined.end;
      this.totals.add(joined);
      void joined.ended.then(forget);
    } catch (error) {
      forget();
      const gone = waiting.signal.aborted;
      waiting.release();
      if (!gone) throw error;
      socket.destroy();
    }
  };

  /** The apps' WebSockets that are open now, and the bytes of all that ever were. */
  stats() {
    const { open, fromLeft, fromRight } = this.totals.read();
    return { sockets: open, bytesToPeople: fromRight, bytesFromPeople: fromLeft };
  }

  close(): Promise<void> {
    return this.pools.close();
  }

  private async enter(
    { request, response, address }: AppCall & { response: ServerResponse },
    app: AppHost,
    { pathname, query }: Target,
    ticket: string,
  ): Promise<void> {
    if (request.method !== "GET") throw new BerthError("METHOD_NOT_ALLOWED", "A ticket is used with GET");
    const held = readAppCookie(request.headers.cookie);
    const { cookie, maxAgeSeconds } = await this.options.access.enter({ ...app, ticket, cookie: held, address });
    query.delete(TICKET_PARAMETER);
    const wanted = pathname === ENTER_PATH ? query.get("to") : query.size > 0 ? `${pathname}?${query}` : pathname;
    response.writeHead(303, {
      Location: localPath(wanted),
      "Set-Cookie": setAppCookie(cookie, maxAgeSeconds),
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
      "Content-Length": 0,
    });
    response.end();
  }

  private async forward(call: AppCall & { response: ServerResponse }, app: AppHost, grant: AppGrant): Promise<void> {
    const { request, response } = call;
    const { path } = targetOf(request);
    const { pool, release } = this.pools.take(`${grant.agentId}/${app.sessionId}/${grant.port}`, grant);
    const gone = new AbortController();
    const end = (): void => {
      gone.abort();
      response.destroy();
    };
    const unregister = this.options.sockets.add(grant.login, end);
    const leave = grant.enter(end);
    const forget = (): void => {
      unregister();
      leave();
    };
    response.once("close", () => gone.abort());
    const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
    try {
      const answer = await pool.request({
        path,
        method: methodOf(request),
        headers: [["Host", request.headers.host ?? ""], ...headersForApp(request, this.forwarding(call), false)].flat(),
        body: hasBody ? request : null,
        signal: gone.signal,
        responseHeaders: "raw",
      });
      const raw: unknown = answer.headers;
      // `writeHead` with a list keeps only the last of two equal names once any header was set before.
      for (const [name, value] of headersFromApp(Array.isArray(raw) ? raw.map(String) : [])) response.appendHeader(name, value);
      response.writeHead(answer.statusCode);
      await pipeline(answer.body, response);
    } catch (error) {
      if (gone.signal.aborted) {
        response.destroy();
        return;
      }
      if (error instanceof BerthError) throw error;
      const what = error instanceof Error ? error.message : String(error);
      throw new BerthError("TUNNEL_FAILED", `The app on port ${grant.port} of the session did not answer (${what}); is it running?`, {
        cause: error,
      });
    } finally {
      forget();
      release();
    }
  }

  private originRule(app: AppHost) {
    const { publicUrl, appsDomain } = this.options;
    return {
      scheme: publicUrl.protocol === "https:" ? ("https:" as const) : ("http:" as const),
      isSameApp: (host: string) => {
        const from = parseAppHost(host, appsDomain);
        return from !== null && from.sessionId === app.sessionId && from.port === app.port;
      },
    };
  }

  private forwarding({ request, address }: AppCall) {
    return { address, host: request.headers.host ?? "", protocol: this.options.publicUrl.protocol.replace(":", "") };
  }
}

interface Target {
  /** With the query, as it was sent. */
  readonly path: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
}

/** Throws for a target that isn't in origin form. */
function targetOf(request: IncomingMessage): Target {
  const path = request.url ?? "";
  if (!/^\/[\x21-\x7e]*$/.test(path)) throw new BerthError("INVALID_PARAMETER", "The request target must be a plain path");
  const mark = path.indexOf("?");
  return { path, pathname: mark < 0 ? path : path.slice(0, mark), query: new URLSearchParams(mark < 0 ? "" : path.slice(mark + 1)) };
}

/** Never leads off this host. */
function localPath(to: string | null): string {
  return to !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(to) ? to : "/";
}

const methods: readonly Dispatcher.HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
function methodOf(request: IncomingMessage): Dispatcher.HttpMethod {
  const method = methods.find((known) => known === request.method);
  if (!method) throw new BerthError("METHOD_NOT_ALLOWED", `${request.method} is not passed on to apps`);
  return method;
}
