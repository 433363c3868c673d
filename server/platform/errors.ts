import { BerthError, errorCatalogue } from "@berth/protocol/errors";
import { z } from "zod";

/** The error as the catalogue has it: ours as they are, anything unexpected as `INTERNAL_ERROR` without its text. */
export function toBerthError(error: unknown): BerthError {
  if (error instanceof BerthError) return error;
  if (error instanceof z.ZodError) return validationError(error);
  return new BerthError("INTERNAL_ERROR", "Something went wrong on our side; the log has the details under this request id", {
    cause: error,
  });
}

/** Names every field that was wrong: `details.fields = { "resources.memory": "…" }`. */
export function validationError(error: z.ZodError): BerthError {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const at = issue.path.map(String).join(".");
    if (issue.code === "unrecognized_keys") for (const key of issue.keys) fields[at ? `${at}.${key}` : key] = "unknown field";
    else fields[at || "body"] = issue.message;
  }
  const message = Object.entries(fields)
    .map(([field, problem]) => `${field}: ${problem}`)
    .join("; ")
    .slice(0, 1000);
  return new BerthError("VALIDATION_FAILED", message, { details: { fields } });
}

/** Body of an error answer on our REST surface. */
export function errorBody(error: BerthError, requestId: string, now: Date) {
  return {
    error: errorCatalogue[error.code].title,
    message: error.message,
    code: error.code,
    ...(error.details ? { details: error.details } : {}),
    timestamp: now.toISOString(),
    request_id: requestId,
  };
}
