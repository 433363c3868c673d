import type { HttpHandler } from "../http/calls";
import { demandRead } from "../http/read-only";
import type { OpenApiDocument } from "./openapi-document";

/** `/api/v1/openapi.json` and `/v1/openapi.json`. Anyone may read it: it says what there is to ask, and nothing of what is here. */
export function openApiEndpoint(document: OpenApiDocument): HttpHandler {
  const body = Buffer.from(JSON.stringify(document));
  return async ({ request, response }) => {
    demandRead(request, response);
    // Tools in browsers read it from where they are served; it holds nothing that a login would open.
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.writeHead(200, {
      "Content-Type": "application/json; charset=utf-8",
      "Content-Length": body.length,
      "Cache-Control": "no-cache",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}
