import type { BerthError } from "@berth/protocol/errors";
import { TRPCError } from "@trpc/server";
import { ZodError, type z } from "zod";
import { toBerthError, validationError } from "../platform/errors";
import { wirePath, wireWord } from "./key-case";
import type { SentInput } from "./rest-input";
import type { ServedProcedure } from "./rest-routes";

/**
 * What a procedure threw, as the contract says it: fields and values are named as they were sent; what is wrong with path or query alone
 * is INVALID_PARAMETER, what is only missing MISSING_REQUIRED_FIELD, all else about the input VALIDATION_FAILED.
 */
export function restError(error: unknown, served: ServedProcedure, sent: SentInput): BerthError {
  const source = error instanceof TRPCError ? (error.cause ?? error) : error;
  if (!(source instanceof ZodError) || (error instanceof TRPCError && error.code === "INTERNAL_SERVER_ERROR")) return toBerthError(source);
  const missing = (issue: z.core.$ZodIssue) => issue.code === "invalid_type" && valueAt(sent.value, issue.path) === undefined;
  const byParameter = (issue: z.core.$ZodIssue) =>
    issue.code === "unrecognized_keys" && issue.path.length === 0
      ? issue.keys.every((key) => sent.parameters.has(key))
      : sent.parameters.has(String(issue.path[0]));
  const { issues } = source;
  const code = issues.every(byParameter) ? "INVALID_PARAMETER" : issues.every(missing) ? "MISSING_REQUIRED_FIELD" : "VALIDATION_FAILED";
  const named = issues.map((issue) => ({
    ...issue,
    path: served.keys === "camel" ? issue.path : wirePath(served.input, issue.path),
    message: missing(issue)
      ? "is required"
      : issue.code === "invalid_value"
        ? `must be one of ${issue.values.map((value) => wireWord(String(value))).join(", ")}`
        : issue.message,
  }));
  return validationError({ issues: named }, code);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, part) => (typeof at === "object" && at !== null ? Reflect.get(at, part) : undefined), value);
}
