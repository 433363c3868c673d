import { BerthError } from "@berth/protocol/errors";
import type { HttpHandler } from "./calls";
import { isLoopbackAddress } from "./client-address";
import { type Authenticator, identify } from "./identify";
import { demandRead } from "./read-only";

/** `/healthz`: 200 when `ready` says so, else 503. */
export function healthzEndpoint(ready: () => Promise<boolean>, version: string): HttpHandler {
  return async ({ request, response }) => {
    demandRead(request, response);
    const ok = await ready().catch(() => false);
    response.writeHead(ok ? 200 : 503, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" });
    response.end(JSON.stringify({ status: ok ? "ok" : "starting", version }));
  };
}

/** `/metrics` in Prometheus' text format: for operators, and for this machine where no proxy stands in between. */
export function metricsEndpoint(
  metrics: { text(): Promise<string>; readonly contentType: string },
  authenticator: Authenticator,
): HttpHandler {
  return async ({ request, response, address }) => {
    demandRead(request, response);
    const local = isLoopbackAddress(address) && request.headers["x-forwarded-for"] === undefined;
    if (!local) {
      const login = await identify(request.headers, authenticator, address);
      if (!login) throw new BerthError("AUTH_TOKEN_MISSING", "Send 'Authorization: Bearer <token>' of an operator");
      if (login.role === "user") throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "Metrics are for operators and admins");
    }
    const text = await metrics.text();
    response.writeHead(200, { "Content-Type": metrics.contentType, "Cache-Control": "no-store" });
    response.end(request.method === "HEAD" ? undefined : text);
  };
}
