import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { BerthError } from "@berth/protocol/errors";
import { errorBody, errorHeaders } from "../platform/errors";

/** How long a refused peer may take to read the answer and go. */
const LINGER_MS = 2000;

/**
 * Answers what is no plain request (an upgrade, or what could not be read) with an error of ours and ends the socket. What the peer sent
 * beyond its request is thrown away unread by any parser, and `Connection: close` keeps a proxy from sending another's request this way.
 */
export function refuseSocket(socket: Duplex, error: BerthError, requestId: string, now: Date): void {
  if (socket.destroyed) return;
  const body = JSON.stringify(errorBody(error, requestId, now));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? "Error"}`,
    ...Object.entries(errorHeaders(error)).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "X-Content-Type-Options: nosniff",
    `X-Request-Id: ${requestId}`,
  ];
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  linger.unref();
  socket.once("close", () => clearTimeout(linger));
  socket.once("end", () => socket.destroy());
  socket.resume();
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
