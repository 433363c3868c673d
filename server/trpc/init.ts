import { BerthError, errorCatalogue } from "@berth/protocol/errors";
import { initTRPC, TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { demandScope } from "../modules/tokens/token-scope";
import { isDatabaseAway } from "../platform/database-away";
import { toBerthError, validationError } from "../platform/errors";
import type { Context } from "./context";
import { writeDenied } from "./denied";

/** How a procedure is served over REST; see `server/rest`. */
export interface RestRoute {
  /** `api`: under `/api/v1`; `containers`: the container control contract's, under `/v1/agents`. Default `api`. */
  readonly surface?: "api" | "containers";
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Under the surface's; `{id}` names an input field. */
  readonly path: `/${string}`;
  /** Status of success; default 200. 204 sends no body. */
  readonly status?: 200 | 201 | 202 | 204;
  /** snake_case is the default; the contracts of agents speak camelCase. */
  readonly keys?: "snake" | "camel";
  /** What it does, in a few words, for the document of the API. */
  readonly summary: string;
  /** Statuses beside those that follow from method and path: what a read that asks an agent may end with. */
  readonly refusals?: readonly (409 | 502 | 504)[];
  /** What a caller shows; default a login's token. */
  readonly credential?: "none" | "registration token";
  /** A body that does something useful, for the document of the API. */
  readonly example?: Readonly<Record<string, unknown>>;
}

export interface ProcedureMeta {
  /** For a person who signed in: no API token may call it. */
  readonly peopleOnly?: boolean;
  readonly rest?: RestRoute;
}

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    errorFormatter({ shape, error, ctx }) {
      const cause = error.cause instanceof BerthError ? error.cause : error.cause instanceof ZodError ? validationError(error.cause) : null;
      const known = cause ?? (error.code === "INTERNAL_SERVER_ERROR" ? toBerthError(error) : null);
      return {
        ...shape,
        message: known?.message ?? shape.message,
        data: {
          code: shape.data.code,
          httpStatus: known?.status ?? shape.data.httpStatus,
          berthCode: known?.code ?? null,
          details: known?.details ?? null,
          retryable: known ? errorCatalogue[known.code].retryable : false,
          requestId: ctx?.requestId ?? null,
        },
      };
    },
  });

/** Counts and times every call, by whichever door it came. */
const watched = t.middleware(async ({ ctx, next, path, type }) => {
  const began = performance.now();
  const result = await next();
  const code = result.ok ? "OK" : result.error.cause instanceof BerthError ? result.error.cause.code : result.error.code;
  ctx.watch?.called(path, code, type === "subscription" ? null : (performance.now() - began) / 1000);
  return result;
});

/** Turns errors of the catalogue into tRPC's; what is unexpected is logged here, once. Changes that were refused are written down. */
const errors = t.middleware(async ({ ctx, next, path, type, getRawInput }) => {
  const result = await next();
  if (result.ok) return result;
  const { error } = result;
  const source = error.cause ?? error;
  if (type === "mutation") await writeDenied(ctx, { path, error, input: await getRawInput().catch(() => undefined) });
  if (source instanceof BerthError) {
    throw new TRPCError({ code: source.trpcCode, message: source.message, cause: source });
  }
  if (isDatabaseAway(source)) {
    ctx.log.warn({ err: source, path }, "procedure found no database");
    const away = toBerthError(source);
    throw new TRPCError({ code: away.trpcCode, message: away.message, cause: away });
  }
  if (error.code === "INTERNAL_SERVER_ERROR") ctx.log.error({ err: source, path }, "procedure failed");
  return result;
});

/** What tokens may not call, whichever door they come by: all procedures pass here. */
const withinScope = t.middleware(({ ctx, next, type, meta }) => {
  demandScope(ctx.login?.token ?? null, { type, peopleOnly: meta?.peopleOnly === true });
  return next();
});

export const router = t.router;
/** Procedures of several files under one name. */
export const mergeRouters = t.mergeRouters;
export const createCallerFactory = t.createCallerFactory;
/** For anyone; the procedure's own policy call decides. */
export const publicProcedure = t.procedure.use(watched).use(errors).use(withinScope);
/** For a signed-in person. Whether they may do *this* is the policy's word, in the procedure. */
export const procedure = publicProcedure.use(({ ctx, next }) => {
  if (!ctx.login) throw new BerthError("AUTH_TOKEN_MISSING", "Sign in first, or send 'Authorization: Bearer <token>'");
  return next({ ctx: { ...ctx, login: ctx.login, asker: { ...ctx.login, address: ctx.address } } });
});
/** The same, for what is a person's own: their password, second factor, logins and tokens. */
export const personProcedure = procedure.meta({ peopleOnly: true });
