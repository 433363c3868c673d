import type { IncomingMessage, ServerResponse } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import type { HttpCall } from "../http/calls";
import type { Login } from "../modules/users/users-schema";
import type { Clock } from "../platform/clock";
import type { RateLimiter } from "../platform/rate-limiter";
import { matchRoute, type ServedProcedure } from "./rest-routes";

export interface RestLimitsOptions {
  readonly served: readonly ServedProcedure[];
  /** Everything that has no limit of its own. */
  readonly requests: RateLimiter;
  readonly sessionCreates: RateLimiter;
  /** By address; shared with the other doors by which one signs in. */
  readonly logins: RateLimiter;
  /** Throws `BerthError` for a credential that isn't good. */
  identify(request: IncomingMessage, address: string): Promise<Login | null>;
  readonly clock: Clock;
}

export interface RestCaller {
  readonly login: Login | null;
  /** It was counted as an attempt to sign in, for its address. */
  readonly countedAsLogin: boolean;
}

/**
 * Counts every request under `/api/v1`, whatever becomes of it, and says in its answer's headers how many are left: an API token's for
 * itself, a person's together, anybody else's by address. Mostly that costs no statement: see `leasedLimiter`.
 */
export class RestLimits {
  private readonly callers = new WeakMap<IncomingMessage, RestCaller | { readonly refusal: unknown }>();

  constructor(private readonly options: RestLimitsOptions) {}

  /** Comes before all that may refuse the request. `params.rest` is what follows `/api/v1/`. Throws RATE_LIMIT_EXCEEDED. */
  async admit({ request, response, params, address }: HttpCall): Promise<void> {
    const { served, requests, sessionCreates, logins } = this.options;
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "GET");
    const match = matchRoute(served, method, `/${params.rest ?? ""}`);
    const procedure = match.found === "procedure" ? match.served.procedure : null;
    const countedAsLogin = procedure === "auth.signIn";
    const caller = await this.options.identify(request, address).then(
      (login) => ({ login, countedAsLogin }),
      (refusal: unknown) => ({ refusal }),
    );
    this.callers.set(request, caller);
    const login = "login" in caller ? caller.login : null;
    const [limiter, key] = countedAsLogin
      ? [logins, address]
      : [procedure === "sessions.create" ? sessionCreates : requests, keyOf(login, address)];
    await countAloud(limiter, key, response, this.options.clock);
  }

  /** Who sent a request that was admitted. Throws what was wrong with the credential. */
  callerOf(request: IncomingMessage): RestCaller {
    const caller = this.callers.get(request);
    if (!caller) throw new Error("a request came to REST uncounted");
    if ("refusal" in caller) throw caller.refusal;
    return caller;
  }
}

/** Counts one, and says in the answer's headers how many are left. Throws RATE_LIMIT_EXCEEDED. */
export async function countAloud(limiter: RateLimiter, key: string, response: ServerResponse, clock: Clock): Promise<void> {
  const say = (remaining: number, resetsInMs: number) => {
    response.setHeader("X-RateLimit-Limit", limiter.limit);
    response.setHeader("X-RateLimit-Remaining", remaining);
    response.setHeader("X-RateLimit-Reset", Math.ceil((clock.now().getTime() + resetsInMs) / 1000));
  };
  try {
    const { remaining, resetsInMs } = await limiter.take(key);
    say(remaining, resetsInMs);
  } catch (error) {
    const retryAfter = error instanceof BerthError ? error.details?.retryAfter : null;
    if (typeof retryAfter === "number") say(0, retryAfter * 1000);
    throw error;
  }
}

/** Whom a limit counts for. */
export const keyOf = (login: Login | null, address: string): string =>
  login?.token ? `token:${login.token.id}` : login ? `user:${login.userId}` : `address:${address}`;

/** Who hears the same: a person in one role, by one token or by any of their logins. Null: nobody signed in. */
export const audienceOf = (login: Login | null): string | null => login && `${login.userId} ${login.role} ${login.token?.id ?? ""}`;
