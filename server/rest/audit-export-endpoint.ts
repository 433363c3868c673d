import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/protocol/errors";
import { z } from "zod";
import type { HttpHandler } from "../http/calls";
import type { OpenSockets } from "../http/open-sockets";
import { demandRead } from "../http/read-only";
import { actorOf } from "../modules/audit/audit-actor";
import { auditCsvHead, auditCsvLine } from "../modules/audit/audit-csv";
import { mayAudit } from "../modules/audit/audit-policy";
import { type AuditEntry, type AuditFormat, auditEntrySchema, auditFilterSchema, auditFormatSchema } from "../modules/audit/audit-schema";
import type { AuditService } from "../modules/audit/audit-service";
import type { Login } from "../modules/users/users-schema";
import type { Clock } from "../platform/clock";
import { validationError } from "../platform/errors";
import { enforce } from "../platform/verdict";
import { fromWire, toWire, wirePath } from "./key-case";
import type { OwnPath } from "./openapi-document";
import { wireSchema } from "./wire-schema";

const inputSchema = z.strictObject({ ...auditFilterSchema.shape, format: auditFormatSchema.default("csv") });
/** For the document of the API. */
export const auditExportPath: OwnPath = {
  path: "/audit/export",
  method: "get",
  operationId: "audit.export",
  summary: "Download the audit log, newest first, as CSV or JSON lines",
  input: inputSchema,
  answers: {
    200: {
      "text/csv": { schema: { type: "string" } },
      "application/x-ndjson": { schema: { ...wireSchema(auditEntrySchema, "output", "snake"), description: "Of each line." } },
    },
  },
};
const types = { csv: "text/csv; charset=utf-8; header=present", jsonl: "application/x-ndjson; charset=utf-8" } as const;

export interface AuditExportOptions {
  readonly audit: Pick<AuditService, "export">;
  /** Who sent a request that was counted. Throws what was wrong with the credential. */
  callerOf(request: IncomingMessage): { readonly login: Login | null };
  /** An export ends with the access that began it. */
  readonly sockets: OpenSockets;
  readonly clock: Clock;
}

/**
 * `GET /api/v1/audit/export?format=csv|jsonl`, with the filters of the list: everything that they let through, newest first, as fast as it
 * is read. An answer that is cut off half-way has lost its end: HTTP says so to whoever reads it.
 */
export function auditExportEndpoint({ audit, callerOf, sockets, clock }: AuditExportOptions): HttpHandler {
  return async ({ request, response, query, address }) => {
    demandRead(request, response);
    const { login } = callerOf(request);
    if (!login) throw new BerthError("AUTH_TOKEN_MISSING", "Sign in first, or send 'Authorization: Bearer <token>'");
    enforce(mayAudit(login, "see"), () => new BerthError("NOT_FOUND", "No such page"), "read the audit log");
    const { format, ...filter } = readQuery(query);
    response.setHeader("Content-Type", types[format]);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Content-Disposition", `attachment; filename="berth-audit-${clock.now().toISOString().slice(0, 10)}.${format}"`);
    if (request.method === "HEAD") return void response.end();
    const forget = sockets.add(login, () => response.destroy());
    const batches = audit.export(actorOf({ ...login, address }), filter, format);
    try {
      await pipeline(Readable.from(texts(batches, format), { highWaterMark: 1 }), response);
    } catch (error) {
      // Whoever went away half-way is nobody's error; else the answer is cut, and the listener logs why.
      if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
    } finally {
      forget();
    }
  };
}

function readQuery(query: URLSearchParams): z.output<typeof inputSchema> {
  const twice = [...new Set(query.keys())].find((name) => query.getAll(name).length > 1);
  if (twice !== undefined) throw new BerthError("INVALID_PARAMETER", `${twice.slice(0, 100)}: is there more than once`);
  const parsed = inputSchema.safeParse(fromWire(inputSchema, Object.fromEntries(query)));
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => ({ ...issue, path: wirePath(inputSchema, issue.path) }));
    throw validationError({ issues }, "INVALID_PARAMETER");
  }
  return parsed.data;
}

async function* texts(batches: AsyncIterable<AuditEntry[]>, format: AuditFormat): AsyncGenerator<string> {
  if (format === "csv") yield auditCsvHead;
  for await (const entries of batches) {
    yield entries.map(format === "csv" ? auditCsvLine : (entry) => `${JSON.stringify(toWire(auditEntrySchema, entry))}\n`).join("");
  }
}
