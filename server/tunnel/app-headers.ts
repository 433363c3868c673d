import type { IncomingMessage } from "node:http";
import { setsAppCookie, withoutAppCookie } from "./app-cookie";

/** Of one connection alone (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);
/** Ours to say, or not for the app. */
const ours = new Set([
  "host",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-real-ip",
  "alt-svc",
]);
/** Written by `writeUpgradeRequest`. */
const ofUpgrade = new Set(["sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol", "content-length"]);

function* pairs(raw: readonly string[]): Generator<[name: string, value: string]> {
  for (let index = 0; index + 1 < raw.length; index += 2) yield [raw[index] ?? "", raw[index + 1] ?? ""];
}

const named = (connection: string | readonly string[] | undefined): Set<string> =>
  new Set(
    String(connection ?? "")
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );

export interface Forwarding {
  readonly address: string;
  readonly host: string;
  readonly protocol: string;
}

/** The browser's headers for the app: all but those of the connection, our cookie, and what a client may not say of itself. */
export function headersForApp(request: IncomingMessage, forwarding: Forwarding, isUpgrade: boolean): [name: string, value: string][] {
  const dropped = named(request.headers.connection);
  const kept: [string, string][] = [];
  for (const [name, value] of pairs(request.rawHeaders)) {
    const key = name.toLowerCase();
    if (hopByHop.has(key) || ours.has(key) || dropped.has(key) || (isUpgrade && ofUpgrade.has(key))) continue;
    if (key !== "cookie") kept.push([name, value]);
    else {
      const rest = withoutAppCookie(value);
      if (rest !== null) kept.push([name, rest]);
    }
  }
  kept.push(["X-Forwarded-For", forwarding.address], ["X-Forwarded-Host", forwarding.host], ["X-Forwarded-Proto", forwarding.protocol]);
  return kept;
}

/** The app's headers for the browser; one that came twice is there twice. */
export function headersFromApp(raw: readonly (string | Buffer)[]): [name: string, value: string][] {
  const texts = raw.map((part) => (typeof part === "string" ? part : part.toString("latin1")));
  const dropped = named([...pairs(texts)].filter(([name]) => name.toLowerCase() === "connection").map(([, value]) => value));
  return [...pairs(texts)].flatMap(([name, value]) => {
    const key = name.toLowerCase();
    if (hopByHop.has(key) || key === "alt-svc" || dropped.has(key)) return [];
    return key === "set-cookie" && setsAppCookie(value) ? [] : [[name, value]];
  });
}
