import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import { hashSecret, type Ids } from "../../platform/ids";
import { deleteExpiredTickets, deleteTicketsOfLogin, deleteTicketsOfUser, insertTicket, type TicketRow, takeTicket } from "./tickets-store";

export const TICKET_SECONDS = 30;

export interface TicketGrant {
  /** `viewer`: the display's WebSocket. `app`: the session's web app. `terminal`: the terminal that `mode` names, or `exec`. `port`: a connection to `port`. `login`: a new login; `sessionId` is then the user's id. */
  readonly purpose: "viewer" | "app" | "terminal" | "port" | "login";
  readonly userId: string;
  readonly loginId: string;
  readonly sessionId: string;
  readonly mode: string;
  readonly port: number | null;
  readonly shareId?: string | null;
  readonly note?: string | null;
}

/** The right to do one thing, once, within 30 seconds. Only a ticket's hash is kept; it dies early with the login that got it. */
export class TicketsService {
  constructor(private readonly deps: { readonly database: Database; readonly clock: Clock; readonly ids: Ids }) {}

  async issue(tx: Tx, grant: TicketGrant): Promise<{ ticket: string; expiresAt: Date }> {
    const ticket = this.deps.ids.secret();
    const expiresAt = new Date(this.deps.clock.now().getTime() + TICKET_SECONDS * 1000);
    await insertTicket(tx, { ...grant, hash: hashSecret(ticket), expiresAt });
    return { ticket, expiresAt };
  }

  /** Uses the ticket up, whatever comes of it. Throws TICKET_INVALID for one that is used, old, unknown or made for something else. */
  async redeem(ticket: string, use: { purpose: TicketGrant["purpose"]; sessionId: string }): Promise<TicketRow> {
    const taken = await takeTicket(this.deps.database, hashSecret(ticket));
    const good = taken && taken.purpose === use.purpose && taken.sessionId === use.sessionId && taken.expiresAt > this.deps.clock.now();
    if (!good)
      throw new BerthError(
        "TICKET_INVALID",
        "This ticket was used, has run out or is for something else; open the session again to get a new one",
      );
    return taken;
  }

  revokeOfUser(tx: Tx, userId: string): Promise<unknown> {
    return deleteTicketsOfUser(tx, userId);
  }

  revokeOfLogin(tx: Tx, loginId: string): Promise<unknown> {
    return deleteTicketsOfLogin(tx, loginId);
  }

  purge(): Promise<unknown> {
    return deleteExpiredTickets(this.deps.database, this.deps.clock.now());
  }
}
