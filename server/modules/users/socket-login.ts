import { BerthError } from "@berth/protocol/errors";
import { requireOrigin } from "../../platform/own-origin";
import { LOGIN_SECONDS } from "./login-length";
import type { TicketGrant, TicketsService } from "./tickets-service";
import type { Login } from "./users-schema";

/** What somebody shows who opens a WebSocket, beside a ticket. */
export interface ShownLogin {
  readonly authorization: string | null | undefined;
  /** `?token=`, where it is taken: browsers send no header of theirs with a WebSocket. */
  readonly token?: string | null;
  readonly cookie: string | null | undefined;
  readonly origin: string | null | undefined;
  readonly address: string;
}

interface LoginsShown {
  fromBearer(token: string, address: string): Promise<Login>;
  fromCookie(cookieHeader: string): Promise<Login | null>;
}

type TakenTicket = Awaited<ReturnType<TicketsService["redeem"]>>;

/** The token of `Authorization: Bearer`. Throws AUTH_TOKEN_INVALID for another header. */
export function bearerToken(authorization: string): string {
  const token = /^Bearer +([\x21-\x7e]{1,4096})$/i.exec(authorization)?.[1];
  if (!token) throw new BerthError("AUTH_TOKEN_INVALID", "Authorization: write it as 'Bearer <token>'");
  return token;
}

/**
 * Who opens a WebSocket. A token has no Origin rule, since no page of another's can send it; a cookie alone needs our Origin. What is shown
 * and isn't good is refused, whatever else is shown. `ways`: how it is opened, for whoever shows nothing. Throws `BerthError`.
 */
export async function loginOfSocket(auth: LoginsShown, shown: ShownLogin, publicOrigin: string, ways: string): Promise<Login> {
  const { authorization, token, cookie, origin, address } = shown;
  if (typeof authorization === "string") return auth.fromBearer(bearerToken(authorization), address);
  if (typeof token === "string") return auth.fromBearer(token, address);
  if (!cookie) throw new BerthError("AUTH_TOKEN_MISSING", ways);
  requireOrigin(origin, publicOrigin);
  const login = await auth.fromCookie(cookie);
  if (!login) throw new BerthError("AUTH_TOKEN_INVALID", "This login has ended; sign in again");
  return login;
}

/** Uses a ticket up, which scripts show without an Origin and pages with ours. Throws `BerthError`. */
export function takeShownTicket(
  tickets: TicketsService,
  shown: { readonly ticket: string; readonly origin: string | null },
  use: { readonly purpose: TicketGrant["purpose"]; readonly sessionId: string },
  publicOrigin: string,
): Promise<TakenTicket> {
  if (shown.origin !== null) requireOrigin(shown.origin, publicOrigin);
  return tickets.redeem(shown.ticket, use);
}

/** The login that a ticket was given to, as it is now. Throws TICKET_INVALID once it has ended. */
export async function loginOfTicket(
  auth: { currentOfTicket(userId: string, loginId: string, expiresAt: Date): Promise<Login | null> },
  { userId, loginId, expiresAt }: TakenTicket,
): Promise<Login> {
  const login = await auth.currentOfTicket(userId, loginId, new Date(expiresAt.getTime() + LOGIN_SECONDS * 1000));
  if (!login) throw new BerthError("TICKET_INVALID", "The login that this ticket belongs to has ended");
  return login;
}
