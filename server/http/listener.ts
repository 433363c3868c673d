import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../platform/clock";
import { containerErrorBody, errorBody, errorHeaders, isOurs, toBerthError } from "../platform/errors";
import type { Ids } from "../platform/ids";
import { inRequest, type Log } from "../platform/log";
import { limitBody } from "./body-limit";
import type { CallFacts, HttpHandler, UpgradeHandler } from "./calls";
import { shakeHandsInOrder } from "./handshakes";
import { checkOrigin, type OriginRule } from "./origin";
import { requestAddress } from "./request-facts";
import { parseTarget } from "./request-target";
import { type HttpRouteName, type Match, matchRoute, routes, type UpgradeRouteName } from "./routes";
import { type SecurityHeadersOptions, setPagePolicy, setSecurityHeaders, stripInternalHeaders } from "./security-headers";
import { refuseSocket } from "./socket-refusal";
import { watchAnswer } from "./watch-answer";

const HEADERS_TIMEOUT_MS = 15_000;
/** Until the whole body is here; apps' uploads take what they take. */
const BODY_TIMEOUT_MS = 60_000;
/** Longer than a proxy in front keeps an idle connection, so that it is never surprised by our end of it. */
const KEEP_ALIVE_MS = 75_000;
const OVERLOOKED_BODY_MS = 5000;
const MAX_CONNECTIONS = 20_000;
/** Connections that the kernel keeps for us while we are busy; beyond it a dial is tried again by TCP, after seconds. */
const BACKLOG = 4_096;

/** What answers a Host under `APPS_DOMAIN`. `serves` decides that before every route. */
export interface AppsHandler {
  serves(host: string | undefined): boolean;
  http: HttpHandler;
  upgrade: UpgradeHandler;
}

export interface ListenerTls {
  readonly cert: string;
  readonly key: string;
  /** Set: a client is asked for its certificate, and these issuers are named to it. Whatever it shows is let in: who it is, is asked later. */
  readonly clientAuthorities?: string;
}

export interface ListenerOptions {
  readonly tls: ListenerTls | null;
  /** Of the paths that are answered, those that this listener answers. Default: all, and the pages. */
  readonly only?: (match: Match | null, pathname: string) => boolean;
  readonly trusted: (address: string) => boolean;
  readonly origin: OriginRule;
  readonly security: SecurityHeadersOptions;
  readonly http: Readonly<Record<HttpRouteName, HttpHandler>>;
  readonly upgrades: Readonly<Record<UpgradeRouteName, UpgradeHandler>>;
  readonly apps: AppsHandler;
  /** Counts a request under `/api/v1` before anything else may refuse it. Throws RATE_LIMIT_EXCEEDED. */
  readonly admitRest: HttpHandler;
  /** Next's handler; null while it isn't ready. */
  next(): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | null;
  /** Told of each answer: by whom, with which method and status; seconds are null for a stream of events. */
  readonly answered?: (route: string, method: string, status: string, seconds: number | null) => void;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

const tlsOptions = ({ cert, key, clientAuthorities }: ListenerTls) => ({
  cert,
  key,
  ...(clientAuthorities === undefined ? {} : { ca: clientAuthorities, requestCert: true, rejectUnauthorized: false }),
});

/** Programs ask here, and are answered in their own language; of all of it Next has the sign-in alone. */
const isContainers = (pathname: string): boolean => /^\/v1(?:\/|$)/.test(pathname);
/** The two contracts whose errors are a code in snake_case and words. */
const hasPlainErrors = (pathname: string): boolean => isContainers(pathname) || /^\/api\/nodes(?:\/|$)/.test(pathname);
const isApi = (pathname: string): boolean =>
  isContainers(pathname) || (/^\/api(?:\/|$)/.test(pathname) && !pathname.startsWith("/api/auth/"));

const streams = (match: Match | null): boolean => match !== null && "streams" in routes[match.name];

const isRest = (pathname: string): boolean => /^\/api\/v1(?:\/|$)/.test(pathname);

/** What Node's own parser can't take, before there is a request to answer. */
const parserRefusal = (code: string | undefined): BerthError =>
  code === "HPE_HEADER_OVERFLOW"
    ? new BerthError("HEADERS_TOO_LARGE", "The request's line and headers are longer than the 16 KB that are read; send less")
    : code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? new BerthError("REQUEST_TIMEOUT", `The request's headers were not all here after ${HEADERS_TIMEOUT_MS / 1000} s`)
      : new BerthError("REQUEST_MALFORMED", "This is no HTTP/1.1 request");

/** The one server: apps' hosts first, then the table of routes, then Next. */
export class Listener {
  readonly server: Server;
  private readonly tlsServer: TlsServer | null;
  /**
   * For `next({ httpServer })`. Next listens for upgrades on whatever server it is given, or else on the one that its first request came
   * by: this one never listens, and hears only of `/_next/*` in development.
   */
  readonly nextUpgrades = createServer();
  private readonly sockets = new Set<Duplex>();

  constructor(private readonly options: ListenerOptions) {
    this.tlsServer = options.tls ? createTlsServer(tlsOptions(options.tls)) : null;
    this.server = this.tlsServer ?? createServer();
    if (this.tlsServer) shakeHandsInOrder(this.tlsServer, options.clock);
    const { server } = this;
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    server.requestTimeout = 0;
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.maxConnections = MAX_CONNECTIONS;
    server.on(options.tls ? "secureConnection" : "connection", (socket: Duplex) => {
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
    });
    server.on("request", (request, response) => {
      const facts = this.facts(request);
      void inRequest(facts.requestId, () => this.onRequest(facts, response));
    });
    server.on("upgrade", (request, socket, head) => {
      const facts = this.facts(request);
      void inRequest(facts.requestId, () => this.onUpgrade(facts, socket, head));
    });
    server.on("clientError", (error, socket) => this.onClientError(error, socket));
  }

  /** From now on new connections are shown this certificate. */
  renewTls(tls: ListenerTls): void {
    this.tlsServer?.setSecureContext(tlsOptions(tls));
  }

  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, host, BACKLOG, () => {
        this.server.off("error", reject);
        resolve();
      });
    });
  }

  /** Takes no more connections, lets answers under way finish for `graceMs`, then cuts what is left. */
  async close(graceMs = 2000): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const cut = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(cut);
  }

  private async onRequest(facts: CallFacts, response: ServerResponse): Promise<void> {
    const { options } = this;
    const { request } = facts;
    watchAnswer(request, response, this.routeOf(request, facts.pathname), (route, method, status, seconds) => {
      options.answered?.(route, method, status, seconds);
      const ms = seconds === null ? null : Math.round(seconds * 1000);
      inRequest(facts.requestId, () => options.log.debug({ route, method, status, ms }, "answered"));
    });
    response.setHeader("X-Request-Id", facts.requestId);
    // What goes wrong with a socket after its answer is nobody's error.
    response.on("error", () => {});
    try {
      if (options.apps.serves(request.headers.host)) return await options.apps.http({ ...facts, response });
      setSecurityHeaders(response, options.security);
      if (facts.pathname === "") throw new BerthError("INVALID_PARAMETER", "The request target must be a plain path");
      stripInternalHeaders(request, options.security);
      const match = matchRoute(facts.pathname, "http", request.method);
      if (options.only && !options.only(match, facts.pathname))
        throw new BerthError("NOT_FOUND", "This is the agents' port; nothing else is served");
      // Agents are counted where they are known.
      if (isRest(facts.pathname) && !(match && routes[match.name].access === "agent"))
        await options.admitRest({ ...facts, params: match?.params ?? {}, response });
      checkOrigin(request.method, request.headers, options.origin);
      if (!streams(match)) this.awaitBody(request);
      if (!match && isApi(facts.pathname)) throw new BerthError("NOT_FOUND", `No such path: ${facts.pathname.slice(0, 200)}`);
      if (!match) return await this.toNext(facts, response);
      if (match.kind === "upgrade") throw new BerthError("INVALID_PARAMETER", `${facts.pathname} is a WebSocket; connect to it as one`);
      await options.http[match.name]({ ...facts, params: match.params, response });
    } catch (error) {
      this.answerError(error, facts, response);
    }
  }

  private async toNext(facts: CallFacts, response: ServerResponse): Promise<void> {
    const { request } = facts;
    const handle = this.options.next();
    if (!handle) throw new BerthError("SERVICE_UNAVAILABLE", "The pages are not ready yet; try again in a moment");
    if (request.headers["transfer-encoding"] !== undefined)
      throw new BerthError("INVALID_PARAMETER", "Send the body with a Content-Length");
    setPagePolicy(request, response, this.options.security);
    request.headers["x-berth-request-id"] = facts.requestId;
    request.headers["x-berth-client-address"] = facts.address;
    await handle(request, response);
  }

  private async onUpgrade(facts: CallFacts, socket: Duplex, head: Buffer): Promise<void> {
    const { options } = this;
    const { request } = facts;
    socket.on("error", () => socket.destroy());
    try {
      if (options.apps.serves(request.headers.host)) return await options.apps.upgrade({ ...facts, socket, head });
      if (facts.pathname === "") throw new BerthError("INVALID_PARAMETER", "The request target must be a plain path");
      stripInternalHeaders(request, options.security);
      const match = matchRoute(facts.pathname, "upgrade");
      if (options.only && !options.only(match, facts.pathname)) throw new BerthError("NOT_FOUND", "No WebSocket is served at this path");
      if (match?.kind === "upgrade") return await options.upgrades[match.name]({ ...facts, params: match.params, socket, head });
      if (!options.security.production && facts.pathname.startsWith("/_next/")) {
        this.nextUpgrades.emit("upgrade", request, socket, head);
        return;
      }
      throw new BerthError("NOT_FOUND", "No WebSocket is served at this path");
    } catch (error) {
      const known = this.known(error, facts);
      refuseSocket(socket, known, facts.requestId, options.clock.now());
    }
  }

  private facts(request: IncomingMessage): CallFacts {
    const { ids, trusted } = this.options;
    const target = parseTarget(request.url);
    return {
      request,
      requestId: `req-${ids.uuid()}`,
      address: requestAddress(request, trusted),
      pathname: target?.pathname ?? "",
      query: target?.query ?? new URLSearchParams(),
      params: {},
    };
  }

  private routeOf(request: IncomingMessage, pathname: string): string {
    if (this.options.apps.serves(request.headers.host)) return "app";
    const route = matchRoute(pathname, "http", request.method)?.name;
    return route ?? (isApi(pathname) || pathname === "" ? "none" : "page");
  }

  private awaitBody(request: IncomingMessage): void {
    const announced = request.headers["content-length"];
    limitBody(Number(announced ?? 0));
    if (announced === undefined && request.headers["transfer-encoding"] === undefined) return;
    const timer = setTimeout(() => request.complete || request.destroy(), BODY_TIMEOUT_MS).unref();
    request.once("close", () => clearTimeout(timer));
  }

  private known(error: unknown, facts: CallFacts): BerthError {
    const known = toBerthError(error);
    if (known.code === "INTERNAL_ERROR") this.options.log.error({ err: error, path: facts.pathname }, "request failed");
    else if (known !== error && isOurs(known)) this.options.log.warn({ err: error, path: facts.pathname }, "request found no database");
    return known;
  }

  private answerError(error: unknown, facts: CallFacts, response: ServerResponse): void {
    const known = this.known(error, facts);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const plain = hasPlainErrors(facts.pathname);
    const body = JSON.stringify(plain ? containerErrorBody(known) : errorBody(known, facts.requestId, this.options.clock.now()));
    // A body that nobody reads would be taken for the next request.
    if (!facts.request.complete) {
      response.setHeader("Connection", "close");
      if (streams(matchRoute(facts.pathname, "http"))) this.overlook(facts.request);
    }
    response.writeHead(known.status, { ...errorHeaders(known), "Content-Length": Buffer.byteLength(body) });
    response.end(facts.request.method === "HEAD" ? undefined : body);
  }

  /** Lets a body that was refused come in for a while: whoever sends it reads the answer only then, and would else see a broken line. */
  private overlook(request: IncomingMessage): void {
    const cut = setTimeout(() => request.destroy(), OVERLOOKED_BODY_MS).unref();
    request.once("close", () => clearTimeout(cut));
    request.on("error", () => {});
    request.resume();
  }

  private onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const { ids, clock, log } = this.options;
    const requestId = `req-${ids.uuid()}`;
    const refusal = parserRefusal(error.code);
    inRequest(requestId, () => log.debug({ code: refusal.code, problem: error.code }, "a request could not be read"));
    refuseSocket(socket, refusal, requestId, clock.now());
  }
}
