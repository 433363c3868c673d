import { BerthError } from "@berth/protocol/errors";
import type { HttpHandler } from "./calls";
import { type Authenticator, identify } from "./identify";
import { demandRead } from "./read-only";

/** `/template-icons/{name}`: an uploaded picture, which never changes under its name. For signed-in people; an image and nothing else. */
export function templateIconEndpoint(read: (name: string) => Promise<Uint8Array | null>, authenticator: Authenticator): HttpHandler {
  return async ({ request, response, params, address }) => {
    demandRead(request, response);
    if (!(await identify(request.headers, authenticator, address))) throw new BerthError("AUTH_TOKEN_MISSING", "Sign in first");
    const png = await read(params.name ?? "");
    if (!png) throw new BerthError("NOT_FOUND", "There is no icon of this name");
    // Opened by itself it may do nothing at all; the listener has said nosniff.
    response.setHeader("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'");
    response.setHeader("Cache-Control", "private, max-age=31536000, immutable");
    response.setHeader("Content-Disposition", "inline");
    response.writeHead(200, { "Content-Type": "image/png", "Content-Length": png.length });
    response.end(request.method === "HEAD" ? undefined : png);
  };
}
