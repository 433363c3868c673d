import type { IncomingMessage, ServerResponse } from "node:http";
import { BerthError } from "@berth/protocol/errors";

/** For what is only ever read. Throws METHOD_NOT_ALLOWED, with `Allow` on the answer. */
export function demandRead(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  response.setHeader("Allow", "GET, HEAD");
  throw new BerthError("METHOD_NOT_ALLOWED", "Only GET and HEAD are served here");
}
