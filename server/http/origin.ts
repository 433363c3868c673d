import type { IncomingHttpHeaders } from "node:http";
import { requireOrigin } from "../platform/own-origin";

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
