import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import type { AnswerHead } from "./answer-head";

/** What a browser's WebSocket upgrade says about the WebSocket itself. */
export interface WebSocketOffer {
  readonly key: string;
  readonly protocols: readonly string[];
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const MAX_PROTOCOLS = 10;

/** Throws `INVALID_PARAMETER` for an upgrade that is no WebSocket's (RFC 6455, 4.2.1). */
export function readWebSocketOffer(request: IncomingMessage): WebSocketOffer {
  const refuse = (message: string) => new BerthError("INVALID_PARAMETER", message);
  const { headers } = request;
  if (request.method !== "GET" || request.httpVersion !== "1.1") throw refuse("A WebSocket starts with GET over HTTP/1.1");
  if (headers.upgrade?.toLowerCase() !== "websocket") throw refuse("upgrade: only 'websocket' is served here");
  if (headers["sec-websocket-version"] !== "13") throw refuse("sec-websocket-version: must be 13");
  const key = headers["sec-websocket-key"] ?? "";
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) throw refuse("sec-websocket-key: must be 16 bytes in base64");
  const listed = headers["sec-websocket-protocol"];
  const protocols = listed === undefined ? [] : listed.split(",").map((protocol) => protocol.trim());
  if (protocols.length > MAX_PROTOCOLS || !protocols.every((protocol) => token.test(protocol))) {
    throw refuse("sec-websocket-protocol: must be a short list of names");
  }
  return { key, protocols };
}

/** `Sec-WebSocket-Accept` for a key. */
export const acceptOf = (key: string): string => createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

export interface UpgradeRequest {
  /** Path and query. */
  readonly path: string;
  readonly host: string;
  readonly offer: WebSocketOffer;
  /** Further headers, checked like the rest. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** The request that the control plane itself writes into a tunnel. Throws `INVALID_PARAMETER` where a part could break out of its place. */
export function writeUpgradeRequest({ path, host, offer, headers = [] }: UpgradeRequest): string {
  if (!/^\/[\x21-\x7e]{0,8191}$/.test(path))
    throw new BerthError("INVALID_PARAMETER", "path: must be printable ASCII without spaces, at most 8 KB");
  if (!/^[A-Za-z0-9.:[\]_-]{1,255}$/.test(host)) throw new BerthError("INVALID_PARAMETER", "host: is not a host name");
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  lines.push(`Sec-WebSocket-Key: ${offer.key}`);
  if (offer.protocols.length > 0) lines.push(`Sec-WebSocket-Protocol: ${offer.protocols.join(", ")}`);
  for (const [name, value] of headers) {
    if (!token.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw new BerthError("INVALID_PARAMETER", `header '${name.slice(0, 60)}' is malformed`);
    lines.push(`${name}: ${value}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Why an answer with status 101 is not one to splice after, or null. */
export function problemWithSwitch({ headers }: AnswerHead, offer: WebSocketOffer, mayHaveExtensions: boolean): string | null {
  const one = (name: string): string | null => (headers.get(name)?.length === 1 ? (headers.get(name)?.[0] ?? null) : null);
  if (one("upgrade")?.toLowerCase() !== "websocket") return "its Upgrade header is not 'websocket'";
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(headers.get("connection")?.join(",") ?? "")) return "its Connection header is not 'Upgrade'";
  if (one("sec-websocket-accept") !== acceptOf(offer.key)) return "its Sec-WebSocket-Accept is wrong";
  if (headers.has("content-length") || headers.has("transfer-encoding")) return "it announces a body";
  if (headers.has("sec-websocket-extensions") && !mayHaveExtensions) return "it uses an extension that was not offered";
  if (headers.has("sec-websocket-protocol") && !offer.protocols.includes(one("sec-websocket-protocol") ?? "")) {
    return "it chose a subprotocol that was not offered";
  }
  return null;
}

/** The 101 that the control plane answers the browser with, once the far end has given one that is right. */
export function writeSwitchAnswer({ headers }: AnswerHead, offer: WebSocketOffer): string {
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptOf(offer.key)}`,
  ];
  const protocol = headers.get("sec-websocket-protocol")?.[0];
  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  const extensions = headers.get("sec-websocket-extensions");
  if (extensions) lines.push(`Sec-WebSocket-Extensions: ${extensions.join(", ")}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
