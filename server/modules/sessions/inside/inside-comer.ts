import { BerthError } from "@berth/protocol/errors";
import type { AuthService } from "../../users/auth-service";
import { loginOfSocket, loginOfTicket, takeShownTicket } from "../../users/socket-login";
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
  const { ticket, origin, sessionId } = attempt;
  if (ticket) {
    const taken = await takeShownTicket(tickets, { ticket, origin }, { purpose, sessionId }, publicUrl.origin);
    if (!isFor(taken)) throw new BerthError("TICKET_INVALID", `This ticket is for another ${what}`);
    return { login: await loginOfTicket(auth, taken), ticket: taken };
  }
  const ways = `Open a ${what} with a ticket (?ticket=) or 'Authorization: Bearer <token>'`;
  const login = await loginOfSocket(auth, attempt, publicUrl.origin, ways);
  if (login.token?.scope === "read")
    throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `This token may only read; a ${what} needs one that may write`);
  return { login, ticket: null };
}
