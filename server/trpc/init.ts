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
  readonly refusals?: readonly (409 | 412 | 502 | 504)[];
  /** What a caller shows; default a login's token. */
  readonly credential?: "none" | "registration token";
  /** A read without traces, that is the same for all with the same person, role and token: its answer is kept for a second at most, until anything changes. */
  readonly shared?: boolean;
  /** A body that does something useful, for the document of the API. */
  readonly example?: Readonly<Record<string, unknown>>;
}

/** `refusals` of a read that asks an agent. */
export const ASKS_AGENT = [409, 502, 504] as const;

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

/**
 * Counts and times every call, by whichever door it came, and turns errors of the catalogue into tRPC's; what is unexpected is logged here, once.
 * Changes that were refused are written down. One middleware and not several: each costs as much as a small procedure.
 */
const called = t.middleware(async ({ ctx, next, path, type, getRawInput }) => {
  const began = performance.now();
  const tell = (code: string) => ctx.watch?.called(path, code, type === "subscription" ? null : (performance.now() - began) / 1000);
  const result = await next();
  if (result.ok) {
    tell("OK");
    return result;
  }
  const { error } = result;
  const source = error.cause ?? error;
  if (type === "mutation") await writeDenied(ctx, { path, error, input: await getRawInput().catch(() => undefined) });
  const away = isDatabaseAway(source) && !(source instanceof BerthError);
  if (away) ctx.log.warn({ err: source, path }, "procedure found no database");
  const known = source instanceof BerthError ? source : away ? toBerthError(source) : null;
  tell(known?.code ?? error.code);
  if (known) throw new TRPCError({ code: known.trpcCode, message: known.message, cause: known });
  if (error.code === "INTERNAL_SERVER_ERROR") ctx.log.error({ err: source, path }, "procedure failed");
  return result;
});

/** What tokens may not call, whichever door they come by: all procedures ask. */
const demandWithinScope = (
  { login }: Pick<Context, "login">,
  type: "query" | "mutation" | "subscription",
  meta: ProcedureMeta | undefined,
) => demandScope(login?.token ?? null, { type, peopleOnly: meta?.peopleOnly === true });

export const router = t.router;
/** Procedures of several files under one name. */
export const mergeRouters = t.mergeRouters;
export const createCallerFactory = t.createCallerFactory;
/** For anyone; the procedure's own policy call decides. */
export const publicProcedure = t.procedure.use(called).use(({ ctx, next, type, meta }) => {
  demandWithinScope(ctx, type, meta);
  return next();
});
/** For a signed-in person. Whether they may do *this* is the policy's word, in the procedure. */
export const procedure = t.procedure.use(called).use(({ ctx, next, type, meta }) => {
  demandWithinScope(ctx, type, meta);
  if (!ctx.login) throw new BerthError("AUTH_TOKEN_MISSING", "Sign in first, or send 'Authorization: Bearer <token>'");
  return next({ ctx: { ...ctx, login: ctx.login, asker: { ...ctx.login, address: ctx.address } } });
});
/** The same, for what is a person's own: their password, second factor, logins and tokens. */
export const personProcedure = procedure.meta({ peopleOnly: true });
