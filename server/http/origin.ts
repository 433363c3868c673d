import type { IncomingHttpHeaders } from "node:http";
import { BerthError } from "@berth/protocol/errors";

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

export interface OriginRule {
  /** `PUBLIC_URL`'s. */
  readonly publicOrigin: string;
  /** The UI's login cookie. */
  readonly cookieName: string;
}

/** Also `name.0`, in which next-auth splits a long cookie. */
export function hasLoginCookie(headers: IncomingHttpHeaders, cookieName: string): boolean {
  return (headers.cookie ?? "").split(";").some((part) => {
    const name = part.split("=")[0]?.trim() ?? "";
    return name === cookieName || name.startsWith(`${cookieName}.`);
  });
}

/**
 * Refuses (`AUTH_ORIGIN_REFUSED`) a state change that a page of another origin may have sent with the user's cookie. A request with
 * neither our cookie nor an `Origin` is no browser's.
 */
export function checkOrigin(method: string | undefined, headers: IncomingHttpHeaders, rule: OriginRule): void {
  if (safeMethods.has(method ?? "GET")) return;
  if (headers.origin === undefined && !hasLoginCookie(headers, rule.cookieName)) return;
  requireOrigin(headers.origin, rule.publicOrigin);
}

/** For an upgrade that is authorised by cookie: an `Origin` must be there, and be ours. */
export function requireOrigin(origin: string | undefined, publicOrigin: string): void {
  if (origin === publicOrigin) return;
  const sent = origin === undefined ? "no Origin" : `Origin '${origin.slice(0, 200)}'`;
  throw new BerthError(
    "AUTH_ORIGIN_REFUSED",
    `The request has ${sent}, but this control plane is used at ${publicOrigin}: open it there, or set PUBLIC_URL`,
  );
}
