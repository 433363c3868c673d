import type { IncomingMessage, ServerResponse } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import { type AnyTRPCRouter, callTRPCProcedure, TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import type { Clock } from "../platform/clock";
import { errorBody, toBerthError, validationError } from "../platform/errors";
import { fieldsByWireName, fromQuery, fromWire, snakeCase, toWire } from "./key-case";
import { readJsonBody } from "./read-body";
import { matchRoute, type ServedProcedure, servedProcedures } from "./rest-routes";

export interface RestOptions {
  readonly router: AnyTRPCRouter;
  /** The context for one request; throws `BerthError` for a credential that isn't good. */
  context(request: IncomingMessage, requestId: string): Promise<unknown>;
  readonly clock: Clock;
}

/** Serves the procedures that have `meta.rest` under `/api/v1`: the same code behind another door. */
export class RestEndpoint {
  private readonly served: readonly ServedProcedure[];

  constructor(private readonly options: RestOptions) {
    this.served = servedProcedures(options.router);
  }

  /** `path` is what follows `/api/v1`, without the query. */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    call: { path: string; query: URLSearchParams; requestId: string },
  ): Promise<void> {
    try {
      await this.answer(request, response, call);
    } catch (error) {
      this.refuse(response, restError(error), call.requestId);
    }
    // A body that nobody read would be taken for the next request.
    if (!request.complete) response.shouldKeepAlive = false;
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    call: { path: string; query: URLSearchParams; requestId: string },
  ): Promise<void> {
    const method = request.method ?? "GET";
    const match = matchRoute(this.served, method === "HEAD" ? "GET" : method, call.path);
    if (match.found === "nothing") throw new BerthError("NOT_FOUND", `No such path: /api/v1${call.path.slice(0, 200)}`);
    if (match.found === "other methods") {
      response.setHeader("Allow", match.allow.join(", "));
      throw new BerthError("METHOD_NOT_ALLOWED", `/api/v1${call.path.slice(0, 200)} takes ${match.allow.join(", ")}, not ${method}`);
    }
    const { served, parameters } = match;
    const keys = served.route.keys ?? "snake";
    const context = await this.options.context(request, call.requestId);
    const input = await readInput(request, served, parameters, call.query);
    const result: unknown = await callTRPCProcedure({
      router: this.options.router,
      path: served.procedure,
      type: served.type,
      ctx: context,
      getRawInput: async () => input,
      signal: undefined,
      batchIndex: 0,
    });
    const status = served.route.status ?? 200;
    if (status === 204 || result === undefined) return void response.writeHead(204).end();
    const body = JSON.stringify(keys === "snake" ? toWire(served.output, result) : result);
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
    response.end(method === "HEAD" ? undefined : body);
  }

  private refuse(response: ServerResponse, error: BerthError, requestId: string): void {
    if (response.headersSent) return void response.destroy();
    const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
    const retryAfter = error.details?.retryAfter;
    if (typeof retryAfter === "number") headers["retry-after"] = String(retryAfter);
    if (error.status === 401) headers["www-authenticate"] = "Bearer";
    response.writeHead(error.status, headers).end(JSON.stringify(errorBody(error, requestId, this.options.clock.now())));
  }
}

/** Body, query and path parameters as one input. A parameter of the path wins over a field of the same name. */
async function readInput(
  request: IncomingMessage,
  served: ServedProcedure,
  parameters: Record<string, string>,
  query: URLSearchParams,
): Promise<unknown> {
  const keys = served.route.keys ?? "snake";
  const fields = fieldsByWireName(served.input, keys);
  const input: Record<string, unknown> = {};
  if (served.route.method === "GET" || served.route.method === "DELETE") {
    for (const [name, text] of query) {
      const field = fields.get(name);
      input[field?.name ?? name] = field ? fromQuery(field.schema, text) : text;
    }
  } else {
    const body = await readJsonBody(request);
    if (body !== undefined && (typeof body !== "object" || body === null || Array.isArray(body))) {
      throw new BerthError("VALIDATION_FAILED", "The body must be a JSON object");
    }
    Object.assign(input, keys === "snake" ? fromWire(served.input, body ?? {}) : body);
  }
  for (const [name, text] of Object.entries(parameters)) input[name] = text;
  return served.input || Object.keys(input).length > 0 ? input : undefined;
}

/** Fields are named as they were sent. */
function restError(error: unknown): BerthError {
  const source = error instanceof TRPCError ? (error.cause ?? error) : error;
  if (!(source instanceof ZodError) || (error instanceof TRPCError && error.code === "INTERNAL_SERVER_ERROR")) return toBerthError(source);
  const issues = source.issues.map((issue) => ({
    ...issue,
    path: issue.path.map((part) => (typeof part === "string" ? snakeCase(part) : part)),
  }));
  return validationError(new ZodError(issues));
}
