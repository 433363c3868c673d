import { BerthError } from "@berth/protocol/errors";
import type { Login } from "../modules/users/users-schema";
import type { HttpHandler } from "./calls";
import { type Authenticator, identify } from "./identify";
import { demandRead } from "./read-only";

export interface ThumbnailEndpointOptions<Grant> {
  readonly authenticator: Authenticator;
  /** Throws `BerthError` for who may not see it, asked with each request. */
  authorize(login: Login, sessionId: string): Promise<Grant>;
  read(grant: Grant): Promise<Uint8Array>;
}

/** `/session-thumbnails/{id}`: a small picture of a session's screen, for those who may see it. An image and nothing else; nobody keeps it. */
export function thumbnailEndpoint<Grant>({ authenticator, authorize, read }: ThumbnailEndpointOptions<Grant>): HttpHandler {
  return async ({ request, response, params, address }) => {
    demandRead(request, response);
    const login = await identify(request.headers, authenticator, address);
    if (!login) throw new BerthError("AUTH_TOKEN_MISSING", "Sign in first");
    const png = await read(await authorize(login, params.id ?? ""));
    response.setHeader("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'");
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Content-Disposition", "inline");
    response.writeHead(200, { "Content-Type": "image/png", "Content-Length": png.length });
    response.end(request.method === "HEAD" ? undefined : png);
  };
}
