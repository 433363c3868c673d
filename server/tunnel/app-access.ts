import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { AppHost } from "./app-host";
import type { TunnelKey, TunnelTarget } from "./tunnel-broker";
import type { SocketOwner } from "./viewer-upgrade";

export interface AppGrant extends TunnelTarget {
  readonly login: SocketOwner;
  readonly port: number;
  request(tunnel: TunnelKey): ToAgent;
  /** Until the function that it returns is called, `end` is called when what allowed this is taken back. */
  enter(end: () => void): () => void;
}

export interface AppAccess {
  /** A ticket becomes the value of the app's cookie, or leaves it what it was. Throws `BerthError`. */
  enter(input: AppHost & { ticket: string; cookie: string | null; address: string }): Promise<{ cookie: string; maxAgeSeconds: number }>;
  /** Asked for every request. Throws `BerthError`. */
  authorize(input: AppHost & { cookie: string | null }): Promise<AppGrant>;
}

/** What a browser must send where a page of another origin could have sent it with the cookie. */
export interface AppOriginRule {
  readonly scheme: "http:" | "https:";
  /** Whether a Host is this app's: of its session, and of its port there. */
  isSameApp(host: string): boolean;
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Apps of other sessions, and other ports of this one, are the same site, so `SameSite` doesn't keep their pages out. A state change with
 * an Origin, and every WebSocket, must come from the app's own origin. Throws `AUTH_ORIGIN_REFUSED`.
 */
export function checkAppOrigin(method: string | undefined, origin: string | undefined, isUpgrade: boolean, rule: AppOriginRule): void {
  if (!isUpgrade && (safeMethods.has(method ?? "GET") || origin === undefined)) return;
  if (origin !== undefined && URL.canParse(origin)) {
    const { protocol, host } = new URL(origin);
    if (protocol === rule.scheme && rule.isSameApp(host)) return;
  }
  throw new BerthError("AUTH_ORIGIN_REFUSED", "Another site's page asked for this; open the app itself");
}
