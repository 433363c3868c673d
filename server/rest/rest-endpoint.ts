import type { IncomingMessage, ServerResponse } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import { type AnyTRPCRouter, callTRPCProcedure } from "@trpc/server";
import { methodsBeside } from "../http/routes";
import { type Bus, isUsageAlone } from "../platform/bus";
import type { Clock } from "../platform/clock";
import { containerErrorBody, errorBody, errorHeaders, toBerthError } from "../platform/errors";
import { KeptBriefly } from "../platform/kept-briefly";
import { toWire } from "./key-case";
import { restError } from "./rest-errors";
import { readInput, type SentInput } from "./rest-input";
import { matchRoute, type ServedProcedure, type Surface, servedProcedures, surfacePaths } from "./rest-routes";

export interface RestOptions {
  readonly router: AnyTRPCRouter;
  /** The context for one request; throws `BerthError` for a credential that isn't good. */
  context(request: IncomingMessage, requestId: string): Promise<unknown>;
  /** Answers of procedures with `meta.rest.shared` are kept for all of an audience, until the bus says that anything changed. */
  readonly shared?: {
    readonly bus: Bus;
    /** Whose answer it is: those with the same words are answered alike. Null: nobody's, or each one's own. */
    audience(request: IncomingMessage): string | null;
  };
  readonly clock: Clock;
  /** Default `api`. */
  readonly surface?: Surface;
}

/** A long list is some 150 KB. */
const MOST_KEPT = 100;

/** Serves the procedures that have `meta.rest`: the same code behind another door. */
export class RestEndpoint {
  private readonly surface: Surface;
  private readonly served: readonly ServedProcedure[];
  private readonly kept: KeptBriefly<{ readonly body: string | null }>;

  constructor(private readonly options: RestOptions) {
    this.surface = options.surface ?? "api";
    this.served = servedProcedures(options.router, this.surface);
    this.kept = new KeptBriefly(options.clock, MOST_KEPT);
    options.shared?.bus.beforehand((event) => {
      // How busy an agent is may be a second old.
      if (!isUsageAlone(event)) this.kept.drop();
    });
  }

  /** `path` is what follows the surface's own, without the query. */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    call: { path: string; query: URLSearchParams; requestId: string },
  ): Promise<void> {
    try {
      await this.answer(request, response, call);
    } catch (error) {
      this.refuse(response, toBerthError(error), call.requestId);
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
    const full = `${surfacePaths[this.surface]}${call.path.slice(0, 200)}`;
    const match = matchRoute(this.served, method === "HEAD" ? "GET" : method, call.path);
    if (match.found === "nothing") throw new BerthError("NOT_FOUND", `No such path: ${full}`);
    if (match.found === "other methods") {
      const served = match.allow.flatMap((one) => (one === "GET" ? [one, "HEAD"] : [one]));
      const allow = [...served, ...methodsBeside(full)].sort().join(", ");
      response.setHeader("Allow", allow);
      throw new BerthError("METHOD_NOT_ALLOWED", `${full} takes ${allow}, not ${method}`);
    }
    const { served, parameters } = match;
    const context = await this.options.context(request, call.requestId);
    const input = await readInput(request, served, parameters, call.query);
    const audience = served.route.shared ? (this.options.shared?.audience(request) ?? null) : null;
    const make = async () => ({ body: await this.call(served, context, input) });
    const { body } = await (audience === null ? make() : this.kept.of(JSON.stringify([audience, served.procedure, input.value]), make));
    const status = served.route.status ?? 200;
    if (status === 204 || body === null) return void response.writeHead(204).end();
    // With its length known, head and body are one write.
    const length = Buffer.byteLength(body);
    response.writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "content-length": length,
    });
    response.end(method === "HEAD" ? undefined : body);
  }

  /** The answer's text; null where there is none. */
  private async call(served: ServedProcedure, context: unknown, input: SentInput): Promise<string | null> {
    const result: unknown = await callTRPCProcedure({
      router: this.options.router,
      path: served.procedure,
      type: served.type,
      ctx: context,
      getRawInput: async () => input.value,
      signal: undefined,
      batchIndex: 0,
    }).catch((error: unknown) => {
      throw restError(error, served, input);
    });
    return result === undefined ? null : JSON.stringify(served.keys === "snake" ? toWire(served.output, result) : result);
  }

  private refuse(response: ServerResponse, error: BerthError, requestId: string): void {
    if (response.headersSent) return void response.destroy();
    const body = this.surface === "containers" ? containerErrorBody(error) : errorBody(error, requestId, this.options.clock.now());
    response.writeHead(error.status, errorHeaders(error)).end(JSON.stringify(body));
  }
}
