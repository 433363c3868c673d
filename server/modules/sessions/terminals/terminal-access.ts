import { BerthError } from "@berth/protocol/errors";
import { EXEC_PATH, terminalPath } from "@berth/protocol/terminal";
import type { Ids } from "../../../platform/ids";
import type { Log } from "../../../platform/log";
import { type AuditActor, actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { Login } from "../../users/users-schema";
import { type ComerDeps, type InsideAttempt, identifyComer } from "../inside/inside-comer";
import { insertEvent } from "../sessions-store";
import type { OpenTerminals } from "./open-terminals";
import { type ReachDeps, type ReachedSession, reachSession } from "./terminal-reach";

export interface TerminalAttempt extends InsideAttempt {
  /** Null: one program (`exec`). */
  readonly terminalId: string | null;
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

export interface TerminalAccessDeps extends ReachDeps, ComerDeps {
  readonly ids: Ids;
  readonly log: Log;
  readonly audit: AuditService;
  readonly open: OpenTerminals;
}

/** Decides who may open a WebSocket into a session, before anything is answered, and writes down who did. */
export class TerminalAccess {
  constructor(private readonly deps: TerminalAccessDeps) {}

  /** As `identifyComer`; another's session needs a ticket. Throws `BerthError`. */
  async authorize(attempt: TerminalAttempt): Promise<TerminalGrant> {
    const { terminalId } = attempt;
    const { login, ticket } = await identifyComer(this.deps, attempt, {
      purpose: "terminal",
      what: "terminal",
      isFor: ({ mode }) => mode === (terminalId ?? EXEC_PATH),
    });
    const reached = await reachSession(this.deps, login, attempt.sessionId);
    if (reached.foreign && !ticket)
      throw new BerthError(
        "AUTH_INSUFFICIENT_PERMISSIONS",
        "A terminal in another person's session is opened with a ticket, which asks for a reason: use terminals.openTicket",
      );
    return this.grant(attempt, login, reached, ticket?.note ?? null);
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
