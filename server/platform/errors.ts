import { BerthError, type ErrorCode } from "@berth/protocol/errors";
import { z } from "zod";
import { isDatabaseAway } from "./database-away";

const AWAY_RETRY_SECONDS = 5;

/** The error as the catalogue has it: ours as they are, a database that is away as `SERVICE_UNAVAILABLE`, anything unexpected as `INTERNAL_ERROR` without its text. */
export function toBerthError(error: unknown): BerthError {
  if (error instanceof BerthError) return error;
  if (error instanceof z.ZodError) return validationError(error);
  if (isDatabaseAway(error)) return databaseAway(error);
  return new BerthError("INTERNAL_ERROR", "Something went wrong on our side; the log has the details under this request id", {
    cause: error,
  });
}

export const databaseAway = (cause: unknown): BerthError =>
  new BerthError("SERVICE_UNAVAILABLE", "The database can't be reached at the moment; try again in a few seconds", {
    cause,
    details: { retryAfter: AWAY_RETRY_SECONDS },
  });

/** Not of whoever asked: the same may succeed when it comes again. */
export const isOurs = ({ code }: BerthError): boolean => code === "INTERNAL_ERROR" || code === "SERVICE_UNAVAILABLE";

/** Names every field that was wrong: `details.fields = { "resources.memory": "…" }`. */
export function validationError(
  error: Pick<z.ZodError, "issues">,
  code: "VALIDATION_FAILED" | "INVALID_PARAMETER" | "MISSING_REQUIRED_FIELD" = "VALIDATION_FAILED",
): BerthError {
  const wrong = new Map<string, string>();
  for (const issue of error.issues) {
    const at = issue.path.map(String).join(".");
    if (issue.code === "unrecognized_keys") for (const key of issue.keys) wrong.set(at ? `${at}.${key}` : key, "unknown field");
    else wrong.set(at || "body", issue.message);
  }
  const message = [...wrong]
    .map(([field, problem]) => `${field}: ${problem}`)
    .join("; ")
    .slice(0, 1000);
  return new BerthError(code, message, { details: { fields: Object.fromEntries(wrong) } });
}

/** Body of an error answer on our REST surface. The seconds to wait stand at its top, not among the details. */
export function errorBody(error: BerthError, requestId: string, now: Date) {
  const { retryAfter, ...details } = error.details ?? {};
  return {
    error: error.title,
    message: error.message,
    code: error.code,
    ...(Object.keys(details).length > 0 ? { details } : {}),
    ...(typeof retryAfter === "number" ? { retry_after: retryAfter } : {}),
    timestamp: now.toISOString(),
    request_id: requestId,
  };
}

/** What the container control contract calls a refusal of any login. */
const plainWords: Partial<Record<ErrorCode, string>> = {
  AUTH_TOKEN_MISSING: "unauthorized",
  AUTH_TOKEN_INVALID: "unauthorized",
  AUTH_TOKEN_EXPIRED: "unauthorized",
  AUTH_INSUFFICIENT_PERMISSIONS: "forbidden",
};

/** What an error is called under `/v1` and `/api/nodes`: a code in lower snake_case. */
export const containerErrorWord = (code: ErrorCode): string => plainWords[code] ?? code.toLowerCase();

/** Body of an error answer there: that code, and words. */
export const containerErrorBody = (error: BerthError) => ({ error: containerErrorWord(error.code), message: error.message });

/** Headers that go with it. */
export function errorHeaders(error: BerthError): Record<string, string> {
  const retryAfter = error.details?.retryAfter;
  return {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    ...(typeof retryAfter === "number" ? { "Retry-After": String(retryAfter) } : {}),
    ...(error.status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
  };
}
