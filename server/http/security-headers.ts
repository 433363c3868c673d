import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

export interface SecurityHeadersOptions {
  readonly publicUrl: URL;
  /** Next's development server evaluates code and reloads over a socket of its own. */
  readonly production: boolean;
  /** Origins besides ours that a form may lead to: the OIDC provider's. */
  readonly formTargets: readonly string[];
}

/** On every answer outside the apps' origins. */
export function setSecurityHeaders(response: ServerResponse, { publicUrl }: Pick<SecurityHeadersOptions, "publicUrl">): void {
  response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("X-Frame-Options", "DENY");
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
  if (publicUrl.protocol === "https:") response.setHeader("Strict-Transport-Security", "max-age=31536000");
}

/** The policy of Next's pages. Next reads the nonce from the *request's* header and puts it on its scripts; pages read `x-nonce`. */
export function setPagePolicy(request: IncomingMessage, response: ServerResponse, options: SecurityHeadersOptions): void {
  const nonce = randomBytes(16).toString("base64");
  const socketOrigin = options.publicUrl.origin.replace(/^http/, "ws");
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${options.production ? "" : " 'unsafe-eval'"}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src 'self' ${socketOrigin}${options.production ? "" : " ws:"}`,
    "worker-src 'self' blob:",
    `form-action ${["'self'", ...options.formTargets].join(" ")}`,
    "base-uri 'none'",
    "object-src 'none'",
    "frame-src 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  request.headers["content-security-policy"] = policy;
  request.headers["x-nonce"] = nonce;
  response.setHeader("Content-Security-Policy", policy);
}

const internal =
  /^(?:x-middleware-|x-nextjs-|x-invoke-|x-now-|x-matched-path$|x-prerender-|x-nonce$|content-security-policy|x-berth-(?!tunnel-secret$))/;

/** With these Next's development server finds the page that a navigation belongs to; without them the navigation waits for ever. */
const developmentOnly = /^x-nextjs-(?:html-)?request-id$/;

/** Takes away what only Next or we ourselves may say in a request. */
export function stripInternalHeaders(
  request: Pick<IncomingMessage, "headers">,
  { production }: Pick<SecurityHeadersOptions, "production">,
): void {
  for (const name of Object.keys(request.headers)) {
    if (internal.test(name) && (production || !developmentOnly.test(name))) delete request.headers[name];
  }
}
