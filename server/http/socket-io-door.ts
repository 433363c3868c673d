/** The container control contract's events by Socket.io, at `/socket.io/` under our own listener and table of paths. */
import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import { Server, type Socket } from "socket.io";
import {
  type ContainerEvent,
  type ContainerEventData,
  type ContainerEventName,
  subscribeInput,
} from "../modules/containers/container-events-schema";
import { loginOfSocket } from "../modules/users/socket-login";
import type { Login } from "../modules/users/users-schema";
import { containerErrorBody, toBerthError } from "../platform/errors";
import type { CallFacts, HttpHandler, UpgradeHandler } from "./calls";
import type { Authenticator } from "./identify";
import type { OpenSockets } from "./open-sockets";

/** What a client says here is the name of a container. */
const MAX_MESSAGE_BYTES = 4 * 1024;
/** Beyond so many unsent packets a reader is too slow, and is cut. A packet has one event: a path, at most. */
const MAX_UNSENT = 500;
/** Of one person at a time. */
const MAX_OPEN = 20;
/** Of one client, in ten seconds. */
const MAX_MESSAGES = 100;
const MESSAGES_WITHIN_MS = 10_000;
const LINGER_MS = 1000;

export interface SocketIoDoorOptions {
  readonly authenticator: Authenticator;
  readonly publicOrigin: string;
  /** Throws RATE_LIMIT_EXCEEDED. */
  count(login: Login | null, address: string): Promise<unknown>;
  open(
    login: Login,
    take: (event: ContainerEvent) => void,
  ): { subscribe(containerId: string): Promise<void>; unsubscribe(containerId: string): void; close(): void };
  readonly sockets: OpenSockets;
}

type Answer = (answer: { readonly ok: true } | { readonly error: string; readonly message: string }) => void;
interface Heard {
  subscribe(input: unknown, answer?: unknown): void;
  unsubscribe(input: unknown, answer?: unknown): void;
}
type Told = { [Name in ContainerEventName]: (data: ContainerEventData<Name>) => void };

/** One of engine.io's connections, whatever carries it. */
interface Carried {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly writeBuffer: readonly unknown[];
  close(discard?: boolean): void;
  once(event: "close", listener: () => void): unknown;
}
interface Opened {
  readonly login: Login;
  readonly carried: Carried;
  /** The WebSocket's, where there is one by now. */
  raw: Duplex | null;
}

/**
 * Every request is let in by itself, before anything is answered: by `Authorization: Bearer`, by `?token=`, or by cookie from a page of
 * ours; a connection goes on with the login that began it and no other. What clients send in the packet that connects (`auth`) comes after
 * that, and is not looked at.
 */
export function socketIoDoor(options: SocketIoDoorOptions): { http: HttpHandler; upgrade: UpgradeHandler; close(): void } {
  // It never listens: engine.io hears of what was let in, and of nothing else.
  const inlet = createServer();
  const io = new Server<Heard, Told>(inlet, {
    path: "/socket.io/",
    serveClient: false,
    transports: ["polling", "websocket"],
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    connectTimeout: 10_000,
    perMessageDeflate: false,
    httpCompression: false,
    destroyUpgrade: false,
  });
  const letIn = new WeakMap<IncomingMessage, { readonly login: Login; readonly raw: Duplex | null }>();
  const open = new Map<string, Opened>();
  const byRequest = new WeakMap<IncomingMessage, Opened>();

  io.engine.on("connection", (carried: Carried) => {
    const known = letIn.get(carried.request);
    if (!known) return carried.close(true);
    const opened: Opened = { login: known.login, carried, raw: known.raw };
    open.set(carried.id, opened);
    byRequest.set(carried.request, opened);
    const forget = options.sockets.add(known.login, () => end(opened));
    carried.once("close", () => {
      open.delete(carried.id);
      forget();
    });
  });
  io.on("connection", (socket) => {
    const opened = byRequest.get(socket.request);
    if (!opened) return void socket.disconnect(true);
    serve(socket, opened, options);
  });

  /** Throws before anything is answered. */
  const admit = async (call: CallFacts, raw: Duplex | null): Promise<void> => {
    const { request, query, address } = call;
    const names = [...query.keys()];
    // Two of a name are one thing to us and another to whoever reads the address after us.
    if (new Set(names).size < names.length) throw new BerthError("INVALID_PARAMETER", "Each parameter may be there once");
    const login = await loginOf(call, options, raw !== null);
    const sid = query.get("sid");
    const opened = sid === null ? undefined : open.get(sid);
    if (sid === null) {
      await options.count(login, address);
      const theirs = [...open.values()].filter((one) => one.login.userId === login.userId).length;
      if (theirs >= MAX_OPEN)
        throw new BerthError("RATE_LIMIT_EXCEEDED", `You have ${MAX_OPEN} connections open already; close one`, {
          details: { retryAfter: 5 },
        });
    } else if (opened && (opened.login.userId !== login.userId || opened.login.loginId !== login.loginId))
      throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "This connection was begun with another login");
    if (opened && raw) opened.raw = raw;
    letIn.set(request, { login, raw });
  };

  return {
    async http(call) {
      await admit(call, null);
      call.response.setHeader("Cache-Control", "no-store");
      inlet.emit("request", call.request, call.response);
    },
    async upgrade(call) {
      const { request, socket, head } = call;
      await admit(call, socket);
      if (!socket.destroyed) inlet.emit("upgrade", request, socket, head);
    },
    close() {
      for (const { carried } of open.values()) carried.close();
      void io.close();
    },
  };
}

/** By cookie from our own pages alone: those ask with our Origin, or, where a browser names none, say that it is the same. */
function loginOf({ request, query, address }: CallFacts, options: SocketIoDoorOptions, upgrades: boolean): Promise<Login> {
  const { authorization, cookie, origin } = request.headers;
  const same = !upgrades && origin === undefined && request.headers["sec-fetch-site"] === "same-origin";
  const shown = { authorization, token: query.get("token"), cookie, origin: same ? options.publicOrigin : origin, address };
  return loginOfSocket(options.authenticator, shown, options.publicOrigin, "Sign in first, or send 'Authorization: Bearer <token>'");
}

function serve(socket: Socket<Heard, Told>, opened: Opened, options: SocketIoDoorOptions): void {
  const listener = options.open(opened.login, (event) => {
    if (opened.carried.writeBuffer.length >= MAX_UNSENT) return end(opened);
    tell(socket, event);
  });
  socket.once("disconnect", () => listener.close());
  let messages = 0;
  let since = Date.now();
  socket.use((_, next) => {
    if (Date.now() - since > MESSAGES_WITHIN_MS) {
      messages = 0;
      since = Date.now();
    }
    messages += 1;
    if (messages > MAX_MESSAGES) return end(opened);
    next();
  });
  const heard = (change: (containerId: string) => void | Promise<void>) => async (input: unknown, answer?: unknown) => {
    const say: Answer = (said) => typeof answer === "function" && answer(said);
    try {
      await change(subscribeInput.parse(input).containerId);
      say({ ok: true });
    } catch (error) {
      say(containerErrorBody(toBerthError(error)));
    }
  };
  socket.on(
    "subscribe",
    heard((containerId) => listener.subscribe(containerId)),
  );
  socket.on(
    "unsubscribe",
    heard((containerId) => listener.unsubscribe(containerId)),
  );
}

function tell(socket: Socket<Heard, Told>, event: ContainerEvent): void {
  switch (event.name) {
    case "agent-health-update":
      return void socket.emit(event.name, event.data);
    case "agent-version-update":
      return void socket.emit(event.name, event.data);
    case "agent-file-changed":
      return void socket.emit(event.name, event.data);
    case "agent-config-reloaded":
      return void socket.emit(event.name, event.data);
  }
}

/** Whatever is unsent is thrown away, and who doesn't go is cut. */
function end({ carried, raw }: Opened): void {
  carried.close(true);
  if (raw) setTimeout(() => raw.destroy(), LINGER_MS).unref();
}
