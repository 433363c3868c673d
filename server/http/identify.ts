import type { IncomingHttpHeaders } from "node:http";
import { BerthError } from "@berth/protocol/errors";
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
  if (authorization !== undefined) {
    const token = /^Bearer +([\x21-\x7e]{1,4096})$/i.exec(authorization)?.[1];
    if (!token) throw new BerthError("AUTH_TOKEN_INVALID", "Authorization: write it as 'Bearer <token>'");
    return authenticator.fromBearer(token, address);
  }
  return cookie === undefined ? null : authenticator.fromCookie(cookie);
}
