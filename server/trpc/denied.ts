import { BerthError, errorCatalogue } from "@berth/protocol/errors";
import type { TRPCError } from "@trpc/server";
import { z } from "zod";
import { actorOf } from "../modules/audit/audit-actor";
import type { AuditResult } from "../modules/audit/audit-schema";
import { wasHidden } from "../platform/verdict";
import type { Context } from "./context";

/** How a change ended that was not made; null for what the log has no word of: a wrong field, something that isn't there. */
export function deniedResult(error: TRPCError): Exclude<AuditResult, "succeeded"> | null {
  const { cause } = error;
  if (!(cause instanceof BerthError)) return error.code === "INTERNAL_SERVER_ERROR" ? "failed" : null;
  const { status } = errorCatalogue[cause.code];
  if (status === 403 || cause.code === "QUOTA_EXCEEDED" || wasHidden(cause)) return "refused";
  return status >= 500 ? "failed" : null;
}

/** Nothing was checked yet of what a refused call says; PostgreSQL keeps no NUL. */
const id = z
  .string()
  .max(100)
  .regex(/^[^\0]*$/)
  .optional()
  .catch(undefined);
const named = z.object({ id, sessionId: id });

/** Writes down who asked for a change that was refused or failed. The answer is the same where that can't be written. */
export async function writeDenied(
  { services, login, address, log }: Context,
  { path, error, input }: { path: string; error: TRPCError; input: unknown },
): Promise<void> {
  const result = deniedResult(error);
  if (result === null || !login) return;
  const [noun = path] = path.split(".");
  const { id: own, sessionId } = named.safeParse(input).data ?? {};
  const target =
    sessionId === undefined
      ? own === undefined
        ? undefined
        : { kind: noun.replace(/s$/, ""), id: own }
      : { kind: "session", id: sessionId };
  const code = error.cause instanceof BerthError ? error.cause.code : "INTERNAL_ERROR";
  const message = error.cause instanceof BerthError ? error.cause.message.slice(0, 300) : "";
  const record = {
    action: path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    ...(target && { target }),
    details: { code, ...(message && { message }) },
  };
  await services.audit
    .recordDenied(actorOf({ ...login, address }), record, result)
    .catch((problem: unknown) => log.warn({ err: problem, path }, "a refusal could not be written into the audit log"));
}
