import { BerthError, type ErrorCode, errorCodeSchema } from "@berth/protocol/errors";
import { TRPCClientError } from "@trpc/client";
import { z } from "zod";

/** What a call ended with. `code` is what to switch on; `message` says what to do. `requestId` names the request in the control plane's log. */
export class RequestError extends BerthError {
  readonly requestId: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { requestId?: string | null; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.name = "RequestError";
    this.requestId = options.requestId ?? null;
  }
}

/** Nothing answered: a wrong address, a control plane that is away, or no network. */
export class NoAnswerError extends Error {
  constructor(url: string, cause: unknown) {
    super(`Nothing answers at ${url}: ${wordsOf(cause)}. Check the address and that the control plane runs`, { cause });
    this.name = "NoAnswerError";
  }
}

/** What was waited for did not come in time; `last` says what was so then. */
export class WaitTimedOut extends Error {
  constructor(
    message: string,
    readonly last: string,
  ) {
    super(message);
    this.name = "WaitTimedOut";
  }
}

const trpcData = z.object({
  berthCode: z.string().nullable(),
  httpStatus: z.number(),
  details: z.record(z.string(), z.unknown()).nullish(),
  requestId: z.string().nullish(),
});
const restBody = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
  request_id: z.string().nullish(),
});

/** A code that a newer control plane has and this program doesn't is told by its status. */
function knownCode(code: string | null, status: number): ErrorCode {
  const known = errorCodeSchema.safeParse(code);
  if (known.success) return known.data;
  if (status === 401) return "AUTH_TOKEN_INVALID";
  if (status === 403) return "AUTH_INSUFFICIENT_PERMISSIONS";
  if (status === 404) return "NOT_FOUND";
  if (status === 429) return "RATE_LIMIT_EXCEEDED";
  return status < 500 ? "VALIDATION_FAILED" : "INTERNAL_ERROR";
}

/** What a failed call of the tRPC client is to whoever made it: `RequestError`, `NoAnswerError`, or as it was. */
export function fromTrpc(error: unknown, url: string): unknown {
  if (!(error instanceof TRPCClientError)) return error;
  const data = trpcData.safeParse(error.data);
  if (data.success) {
    const { berthCode, httpStatus, details, requestId } = data.data;
    return new RequestError(knownCode(berthCode, httpStatus), error.message, { requestId, details: details ?? undefined, cause: error });
  }
  // What is refused before tRPC looks at it (a token, a body) is answered as REST answers.
  const meta = z.object({ responseJSON: restBody }).safeParse(error.meta);
  if (meta.success) return fromRest(meta.data.responseJSON, 500) ?? error;
  return error.cause?.name === "AbortError" ? error.cause : new NoAnswerError(url, error.cause ?? error);
}

/** Of the routes inside sessions. */
const plainBody = z.object({ error: z.string().regex(/^[a-z_]{1,60}$/), message: z.string() });

/** Of the body of a refusal; null where it is none of ours. */
export function fromRest(body: unknown, status: number): RequestError | null {
  const parsed = restBody.safeParse(body);
  const plain = plainBody.safeParse(body);
  if (plain.success) return new RequestError(knownCode(plain.data.error.toUpperCase(), status), plain.data.message);
  if (!parsed.success) return null;
  const { code, message, details, request_id } = parsed.data;
  return new RequestError(knownCode(code, status), message, { requestId: request_id ?? null, details });
}

/** Node says of a failed request `fetch failed`, and why in its cause. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error ? wordsOf(error.cause) : "";
  return inner || error.message || error.name;
}
