import { BerthError } from "@berth/protocol/errors";
import type { AuthService } from "../../users/auth-service";
import { LOGIN_SECONDS } from "../../users/login-length";
import type { TicketGrant, TicketsService } from "../../users/tickets-service";
import type { Login } from "../../users/users-schema";

/** What somebody shows who opens a WebSocket into a session. */
export interface InsideAttempt {
  readonly sessionId: string;
  readonly ticket: string | null;
  readonly cookie: string | null;
  readonly authorization: string | null;
  readonly origin: string | null;
  readonly address: string;
}

export interface ComerDeps {
  readonly auth: AuthService;
  readonly tickets: TicketsService;
  readonly publicUrl: URL;
}

/** What is opened: `what` is a word for people ("terminal"); `isFor` says whether a ticket of that purpose is for this one. */
export interface Opened {
  readonly purpose: TicketGrant["purpose"];
  readonly what: string;
  isFor(ticket: Awaited<ReturnType<TicketsService["redeem"]>>): boolean;
}

export type Comer = { readonly login: Login; readonly ticket: { readonly note: string | null } | null };

/** A ticket needs our Origin or none, a token none, a cookie alone ours. Throws `BerthError`. */
export async function identifyComer(deps: ComerDeps, attempt: InsideAttempt, { purpose, what, isFor }: Opened): Promise<Comer> {
  const { auth, tickets, publicUrl } = deps;
  const ours = attempt.origin === publicUrl.origin;
  const foreignOrigin = () => new BerthError("AUTH_ORIGIN_REFUSED", `A page of another origin may not open this ${what}`);
  if (attempt.ticket) {
    if (attempt.origin !== null && !ours) throw foreignOrigin();
    const taken = await tickets.redeem(attempt.ticket, { purpose, sessionId: attempt.sessionId });
    if (!isFor(taken)) throw new BerthError("TICKET_INVALID", `This ticket is for another ${what}`);
    const until = new Date(taken.expiresAt.getTime() + LOGIN_SECONDS * 1000);
    const login = await auth.currentOfTicket(taken.userId, taken.loginId, until);
    if (!login) throw new BerthError("TICKET_INVALID", "The login that this ticket belongs to has ended");
    return { login, ticket: taken };
  }
  const bearer = /^Bearer +(\S+)$/i.exec(attempt.authorization ?? "")?.[1];
  if (bearer) {
    const login = await auth.fromBearer(bearer, attempt.address);
    if (login.token?.scope === "read")
      throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `This token may only read; a ${what} needs one that may write`);
    return { login, ticket: null };
  }
  if (!attempt.cookie)
    throw new BerthError("AUTH_TOKEN_MISSING", `Open a ${what} with a ticket (?ticket=) or 'Authorization: Bearer <token>'`);
  if (!ours) throw foreignOrigin();
  const login = await auth.fromCookie(attempt.cookie);
  if (!login) throw new BerthError("AUTH_TOKEN_INVALID", "This login has ended; sign in again");
  return { login, ticket: null };
}
