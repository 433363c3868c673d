import type { HttpHandler } from "./calls";
import { demandRead } from "./read-only";

/** `GET /agent/ca.pem`: the roots that agents may meet, PEM. Whoever has the hash of one knows it among them; nobody else need believe them. */
export function authorityEndpoint(bundle: () => Promise<string>): HttpHandler {
  return async ({ request, response }) => {
    demandRead(request, response);
    const body = await bundle();
    response.writeHead(200, {
      "Content-Type": "application/x-pem-file",
      "Cache-Control": "no-cache",
      "Content-Length": Buffer.byteLength(body),
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}
