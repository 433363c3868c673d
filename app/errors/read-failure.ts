import type { ErrorCode } from "@berth/protocol/errors";
import { TRPCClientError } from "@trpc/client";
import type { AppRouter } from "../../server/trpc/app-router";

/** A failed request in the words and with the code that a person can act on. */
export interface Failure {
  /** Of the catalogue; `OFFLINE` when no answer came at all, `UNKNOWN` when the answer was none of ours. */
  readonly code: ErrorCode | "OFFLINE" | "UNKNOWN";
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;
  readonly retryable: boolean;
}

/** What a plain request, which is no procedure's, was refused with. */
export class RefusedRequest extends Error {
  constructor(
    readonly code: Failure["code"],
    message: string,
  ) {
    super(message);
  }
}

export function readFailure(error: unknown): Failure {
  if (error instanceof RefusedRequest) {
    return { code: error.code, message: error.message, details: {}, requestId: null, retryable: error.code === "OFFLINE" };
  }
  if (!isTrpcError(error)) {
    return {
      code: "UNKNOWN",
      message: "This page ran into a fault of its own. Try again, or reload it.",
      details: {},
      requestId: null,
      retryable: false,
    };
  }
  const data = error.data;
  if (!data) {
    return {
      code: "OFFLINE",
      message: "The control plane did not answer. It may be restarting, or your network is down.",
      details: {},
      requestId: null,
      retryable: true,
    };
  }
  return {
    code: data.berthCode ?? "UNKNOWN",
    message: error.message,
    details: data.details ?? {},
    requestId: data.requestId ?? null,
    retryable: data.retryable,
  };
}

function isTrpcError(error: unknown): error is TRPCClientError<AppRouter> {
  return error instanceof TRPCClientError;
}

/** The person's cookie is not good any more: nothing on this page can be had before they sign in again. */
export function signedOut(failure: Failure): boolean {
  return failure.code.startsWith("AUTH_TOKEN_");
}

/** Problems by field of a refused form; empty where the failure names none. */
export function fieldProblems(failure: Failure): Readonly<Record<string, string>> {
  const fields = failure.details.fields;
  if (typeof fields !== "object" || fields === null) return {};
  return Object.fromEntries(Object.entries(fields).filter((pair): pair is [string, string] => typeof pair[1] === "string"));
}
