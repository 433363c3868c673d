import { BerthError } from "@berth/protocol/errors";
import { EXEC_PATH, terminalPath } from "@berth/protocol/terminal";
import type { Ids } from "../../platform/ids";
import type { Log } from "../../platform/log";
import { type AuditActor, actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { AuthService } from "../users/auth-service";
import { LOGIN_SECONDS } from "../users/login-length";
import type { TicketsService } from "../users/tickets-service";
import type { Login } from "../users/users-schema";
import type { OpenTerminals } from "./open-terminals";
import { insertEvent } from "./sessions-store";
import { type ReachDeps, type ReachedSession, reachSession } from "./terminal-reach";

export interface TerminalAttempt {
  readonly sessionId: string;
  /** Null: one program (`exec`). */
  readonly terminalId: string | null;
  readonly ticket: string | null;
  readonly cookie: string | null;
  readonly authorization: string | null;
  readonly origin: string | null;
  readonly address: string;
}

export interface TerminalGrant {
  readonly target: ReachedSession["target"];
  /** Of the agent's API. */
  readonly path: string;
  readonly login: Pick<Login, "userId" | "loginId" | "accessEpoch">;
  /** Resolves once it stands in the audit log: before that nothing may be seen. `end` cuts the socket. */
  opened(end: () => void): Promise<void>;
  /** Once, if it was opened. */
  closed(bytes: { toViewer: number; fromViewer: number }): void;
}

export interface TerminalAccessDeps extends ReachDeps {
  readonly ids: Ids;
  readonly log: Log;
  readonly auth: AuthService;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
  readonly open: OpenTerminals;
  readonly publicUrl: URL;
}

type Comer = { readonly login: Login; readonly ticket: { readonly note: string | null } | null };

/** Decides who may open a WebSocket into a session, before anything is answered, and writes down who did. */
export class TerminalAccess {
  constructor(private readonly deps: TerminalAccessDeps) {}

  /** As the viewer's: a ticket needs our Origin or none, a token none, a cookie alone ours. Another's session needs a ticket. Throws `BerthError`. */
  async authorize(attempt: TerminalAttempt): Promise<TerminalGrant> {
    const { login, ticket } = await this.identify(attempt);
    const reached = await reachSession(this.deps, login, attempt.sessionId);
    if (reached.foreign && !ticket)
      throw new BerthError(
        "AUTH_INSUFFICIENT_PERMISSIONS",
        "A terminal in another person's session is opened with a ticket, which asks for a reason: use terminals.openTicket",
      );
    return this.grant(attempt, login, reached, ticket?.note ?? null);
  }

  private async identify(attempt: TerminalAttempt): Promise<Comer> {
    const { auth, tickets, publicUrl } = this.deps;
    const ours = attempt.origin === publicUrl.origin;
    if (attempt.ticket) {
      if (attempt.origin !== null && !ours) throw foreignOrigin();
      const taken = await tickets.redeem(attempt.ticket, { purpose: "terminal", sessionId: attempt.sessionId });
      if (taken.mode !== (attempt.terminalId ?? EXEC_PATH)) throw new BerthError("TICKET_INVALID", "This ticket is for another terminal");
      const until = new Date(taken.expiresAt.getTime() + LOGIN_SECONDS * 1000);
      const login = await auth.currentOfTicket(taken.userId, taken.loginId, until);
      if (!login) throw new BerthError("TICKET_INVALID", "The login that this ticket belongs to has ended");
      return { login, ticket: taken };
    }
    const bearer = /^Bearer +(\S+)$/i.exec(attempt.authorization ?? "")?.[1];
    if (bearer) {
      const login = await auth.fromBearer(bearer, attempt.address);
      if (login.token?.scope === "read")
        throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "This token may only read; a terminal needs one that may write");
      return { login, ticket: null };
    }
    if (!attempt.cookie)
      throw new BerthError("AUTH_TOKEN_MISSING", "Open a terminal with a ticket (?ticket=) or 'Authorization: Bearer <token>'");
    if (!ours) throw foreignOrigin();
    const login = await auth.fromCookie(attempt.cookie);
    if (!login) throw new BerthError("AUTH_TOKEN_INVALID", "This login has ended; sign in again");
    return { login, ticket: null };
  }

  private grant(
    { terminalId, address }: TerminalAttempt,
    login: Login,
    { row, target, foreign }: ReachedSession,
    reason: string | null,
  ): TerminalGrant {
    const { database, clock, audit, ids } = this.deps;
    const actor = actorOf({ ...login, address });
    const details = {
      name: row.name,
      terminal: terminalId ?? "one program",
      ...(foreign ? { owner: row.user.username, reason: reason ?? "" } : {}),
    };
    const key = ids.uuid();
    const since = clock.now();
    let leave = (): void => {};
    return {
      target,
      path: terminalId === null ? EXEC_PATH : terminalPath(terminalId),
      login: { userId: login.userId, loginId: login.loginId, accessEpoch: login.accessEpoch },
      opened: async (end) => {
        const visit = foreign ? { name: login.username, reason: reason ?? "", since } : null;
        leave = this.deps.open.add({ key, sessionId: row.id, ownerId: row.userId, visit, end });
        await database
          .$transaction((tx) => audit.record(tx, actor, { action: "terminals.opened", target: { kind: "session", id: row.id }, details }))
          .catch((error: unknown) => {
            leave();
            throw error;
          });
      },
      closed: (bytes) => {
        leave();
        const seconds = Math.round((clock.now().getTime() - since.getTime()) / 1000);
        void this.writeClosed(row, foreign ? login : null, actor, { ...details, seconds, ...bytes });
      },
    };
  }

  private async writeClosed(
    row: ReachedSession["row"],
    visitor: Login | null,
    actor: AuditActor,
    details: Record<string, string | number>,
  ): Promise<void> {
    const { database, clock, audit, log } = this.deps;
    try {
      await database.$transaction(async (tx) => {
        await audit.record(tx, actor, { action: "terminals.closed", target: { kind: "session", id: row.id }, details });
        if (!visitor) return;
        const message = `${visitor.username} (administrator) closed their terminal in this session after ${details.seconds} s`;
        await insertEvent(tx, { sessionId: row.id, at: clock.now(), kind: "terminal_closed", message, actorId: visitor.userId });
      });
    } catch (error) {
      log.error({ err: error, sessionId: row.id }, "that a terminal was closed could not be written down");
    }
  }
}

const foreignOrigin = () => new BerthError("AUTH_ORIGIN_REFUSED", "A page of another origin may not open this terminal");
