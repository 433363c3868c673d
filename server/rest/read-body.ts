import type { IncomingMessage } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import { limitBody } from "../http/body-limit";

/** A request's JSON body, undefined where there is none. Throws UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE or VALIDATION_FAILED. */
export const readJsonBody = async (request: IncomingMessage): Promise<unknown> => parseJsonBody(request, await readBody(request));

/** A request's body as it was sent. Throws BODY_TOO_LARGE. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  limitBody(Number(request.headers["content-length"] ?? 0));
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes: Buffer = Buffer.isBuffer(part) ? part : Buffer.from(String(part));
    size += bytes.length;
    limitBody(size);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/** What a body that was read says. */
export function parseJsonBody(request: IncomingMessage, body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (request.headers["content-encoding"] !== undefined)
    throw new BerthError("UNSUPPORTED_MEDIA_TYPE", "Send the body without a Content-Encoding");
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new BerthError(
      "UNSUPPORTED_MEDIA_TYPE",
      `Send JSON with 'Content-Type: application/json', not ${type ? `'${type.slice(0, 100)}'` : "a body without a type"}`,
    );
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new BerthError(
      "VALIDATION_FAILED",
      `The body is not valid JSON: ${error instanceof Error ? error.message.slice(0, 200) : "unreadable"}`,
    );
  }
}
