import type { IncomingMessage } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import { type WebSocket, WebSocketServer } from "ws";
import { ACCESS_ENDED } from "../modules/live/live-codes";
import type { PlacedLine } from "../modules/sessions/logs/log-places";
import { type FollowedLog, lineText } from "../modules/sessions/logs/logs-service";
import { followLogsInput } from "../modules/sessions/sessions-schema";
import { loginOfSocket } from "../modules/users/socket-login";
import type { Asker } from "../modules/users/users-schema";
import type { Clock } from "../platform/clock";
import { toBerthError, validationError } from "../platform/errors";
import { WaitingSocket } from "../tunnel/waiting-socket";
import type { UpgradeCall, UpgradeHandler } from "./calls";
import type { Authenticator } from "./identify";
import type { OpenSockets } from "./open-sockets";

/** Nothing is said to us here but closes and pongs. */
const MAX_MESSAGE_BYTES = 1024;
/** Beyond this, the next line is read when what waits has gone out: the agent reads no further meanwhile. */
const MAX_UNSENT_BYTES = 256 * 1024;
const PING_MS = 25_000;
const WAYS = "Sign in first, or send 'Authorization: Bearer <token>'";

export interface LogEndpointOptions {
  readonly authenticator: Authenticator;
  readonly publicOrigin: string;
  /** Asks the policy. Throws `BerthError` before anything is answered. */
  follow(asker: Asker, input: FollowedLog, signal: AbortSignal): Promise<{ readonly lines: AsyncIterable<PlacedLine>; close(): void }>;
  readonly sockets: OpenSockets;
  readonly clock: Clock;
}

/**
 * The WebSocket `/api/v1/sessions/{id}/logs`: each line of a log as a text message, from `tail` lines back until the container ends (closed
 * with 1000). By `Authorization: Bearer`, by `?token=`, or by cookie with our Origin. What goes wrong later closes it with 1011 and why.
 */
export function logEndpoint(options: LogEndpointOptions): UpgradeHandler & { close(): void } {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const upgrade: UpgradeHandler = async (call) => {
    const { request, socket, head, address, params } = call;
    const { authorization, cookie, origin } = request.headers;
    const shown = { authorization, token: call.query.get("token"), cookie, origin, address };
    const login = await loginOfSocket(options.authenticator, shown, options.publicOrigin, WAYS);
    const { timestamps, format, ...asked } = readQuery(call.query);
    const written = (line: PlacedLine) =>
      format === "json" ? JSON.stringify({ at: line.at, stream: line.stream ?? null, text: line.text }) : lineText(line, timestamps);
    const waiting = new WaitingSocket(socket, head);
    let end = (_reason: string): void => {
      waiting.cancel();
      socket.destroy();
    };
    const forget = options.sockets.add(login, (reason) => end(reason));
    try {
      const log = await options.follow({ ...login, address }, { ...asked, follow: true, after: null, id: params.id ?? "" }, waiting.signal);
      const gone = waiting.signal.aborted;
      waiting.release();
      if (gone || socket.destroyed) {
        forget();
        return log.close();
      }
      const webSocket = await switchProtocols(server, request, call);
      webSocket.once("close", () => {
        forget();
        log.close();
      });
      end = (reason) => closeWith(webSocket, ACCESS_ENDED, reason);
      keepAlive(webSocket, options.clock);
      void sendAll(webSocket, log.lines, written);
    } catch (error) {
      forget();
      waiting.release();
      if (waiting.signal.aborted) return void socket.destroy();
      throw error;
    }
  };
  return Object.assign(upgrade, {
    /** Tells who follows that they may connect again at once. */
    close(): void {
      for (const client of server.clients) client.close(1012, "the control plane is restarting");
    },
  });
}

/** As REST reads it; `follow` says what an upgrade means anyway. */
function readQuery(query: URLSearchParams) {
  const sent: Record<string, unknown> = Object.fromEntries(query);
  const { token: _, follow = "true", tail, timestamps, ...others } = sent;
  if (follow !== "true") throw new BerthError("INVALID_PARAMETER", "follow: a WebSocket follows; leave it out, or say follow=true");
  const flags: Record<string, boolean> = { true: true, false: false };
  const parsed = followLogsInput.safeParse({
    ...others,
    ...(tail === undefined ? {} : { tail: /^\d{1,9}$/.test(String(tail)) ? Number(tail) : tail }),
    ...(timestamps === undefined ? {} : { timestamps: flags[String(timestamps)] ?? timestamps }),
  });
  if (!parsed.success) throw validationError(parsed.error);
  return parsed.data;
}

const switchProtocols = (server: WebSocketServer, request: IncomingMessage, { socket }: UpgradeCall): Promise<WebSocket> =>
  new Promise((resolve) =>
    server.handleUpgrade(request, socket, Buffer.alloc(0), (webSocket) => {
      // It was paused while it waited: nothing that the peer says would be heard.
      socket.resume();
      resolve(webSocket);
    }),
  );

/** A peer that is gone without a word is found out, and proxies see that the connection is used. */
function keepAlive(webSocket: WebSocket, clock: Clock): void {
  let answered = true;
  webSocket.on("pong", () => {
    answered = true;
  });
  const beat = clock.every(PING_MS, () => {
    if (!answered) return webSocket.terminate();
    answered = false;
    webSocket.ping();
  });
  webSocket.on("error", () => webSocket.terminate());
  webSocket.once("close", () => beat.cancel());
}

async function sendAll(webSocket: WebSocket, lines: AsyncIterable<PlacedLine>, written: (line: PlacedLine) => string): Promise<void> {
  try {
    for await (const line of lines) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      const sent = new Promise<void>((resolve) => webSocket.send(written(line), () => resolve()));
      if (webSocket.bufferedAmount > MAX_UNSENT_BYTES) await sent;
    }
    closeWith(webSocket, 1000, "the container has ended");
  } catch (error) {
    const { code, message } = toBerthError(error);
    closeWith(webSocket, 1011, `${code}: ${message}`);
  }
}

/** The reason of a close has 123 bytes at most. */
function closeWith(webSocket: WebSocket, code: number, reason: string): void {
  webSocket.close(
    code,
    Buffer.from(reason)
      .subarray(0, 120)
      .toString("utf8")
      .replace(/\ufffd+$/, ""),
  );
  setTimeout(() => webSocket.terminate(), 1000).unref();
}
