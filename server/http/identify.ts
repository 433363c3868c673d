import type { IncomingHttpHeaders } from "node:http";
import { bearerToken } from "../modules/users/socket-login";
import type { Login } from "../modules/users/users-schema";

export interface Authenticator {
  /** Throws `AUTH_TOKEN_EXPIRED` or `AUTH_TOKEN_INVALID`. */
  fromBearer(token: string, address: string): Promise<Login>;
  /** Null: no cookie of ours, or one that isn't valid any more. */
  fromCookie(cookieHeader: string): Promise<Login | null>;
}

/** Who asks, from `address`: by `Authorization: Bearer` where it is sent, else by cookie. Throws `BerthError` for a token that can't be used. */
export async function identify(headers: IncomingHttpHeaders, authenticator: Authenticator, address: string): Promise<Login | null> {
  const { authorization, cookie } = headers;
  if (authorization !== undefined) return authenticator.fromBearer(bearerToken(authorization), address);
  return cookie === undefined ? null : authenticator.fromCookie(cookie);
}
