import { BerthError } from "@berth/protocol/errors";
import { PORTS, type PortTerms, portNumberSchema, portPath } from "@berth/protocol/session-ports";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { Login } from "../../users/users-schema";
import { type ComerDeps, type InsideAttempt, identifyComer } from "../inside/inside-comer";
import { placeOf, type SessionPlace } from "../inside/session-reach";
import type { SessionRow } from "../sessions-store";
import type { OpenPorts } from "./open-ports";
import { demandPortOpen, type PortRules, type PortRulesDeps, portTermsOf } from "./port-rules";

export interface PortAttempt extends InsideAttempt {
  /** As the path says it. */
  readonly port: string;
}

export interface PortGrant {
  readonly target: SessionPlace & { readonly portTerms: PortTerms };
  /** Of the agent's API. */
  readonly path: string;
  readonly login: Pick<Login, "userId" | "loginId" | "accessEpoch">;
  /** Resolves once it stands in the audit log. `end` cuts the connection. */
  opened(end: () => void): Promise<void>;
  /** Once, if it was opened. */
  closed(): void;
}

export interface PortAccessDeps extends ComerDeps, Pick<PortRulesDeps, "database" | "clock"> {
  readonly audit: AuditService;
  readonly rules: PortRules;
  readonly open: OpenPorts;
}

/** A port that somebody forwards has many connections: for so long they are one in the audit log. */
const TOLD_FOR_MS = 15 * 60_000;

/** Decides who may open a connection to a session's port by WebSocket, before anything is answered. */
export class PortAccess {
  private readonly told = new Map<string, number>();

  constructor(private readonly deps: PortAccessDeps) {}

  /** As `identifyComer`; another's session needs a ticket. Throws `BerthError`. */
  async authorize(attempt: PortAttempt): Promise<PortGrant> {
    const { rules, open, clock } = this.deps;
    const port = portNumberSchema.safeParse(/^[1-9]\d{0,4}$/.test(attempt.port) ? Number(attempt.port) : 0);
    if (!port.success) throw new BerthError("INVALID_PARAMETER", "port: a number from 1 to 65535");
    const { login, ticket } = await identifyComer(this.deps, attempt, {
      purpose: "port",
      what: "port",
      isFor: (taken) => taken.port === port.data,
    });
    const session = await rules.find(login, attempt.sessionId);
    const { row, foreign } = session;
    demandPortOpen(session, port.data);
    if (foreign && !ticket)
      throw new BerthError(
        "AUTH_INSUFFICIENT_PERMISSIONS",
        "A port of another person's session is opened with a ticket, which asks for a reason: use sessions.openPort",
      );
    const target = { ...placeOf(row, clock.now(), PORTS), portTerms: portTermsOf(session) };
    let leave = (): void => {};
    return {
      target,
      path: portPath(port.data),
      login: { userId: login.userId, loginId: login.loginId, accessEpoch: login.accessEpoch },
      opened: async (end) => {
        const use = { sessionId: row.id, port: port.data, shareId: null };
        leave = open.add({ sessionId: row.id, allowed: () => rules.demand(login, use), end, shared: false, until: null });
        await this.tell({ ...login, address: attempt.address }, row, port.data, foreign ? (ticket?.note ?? "") : null).catch(
          (error: unknown) => {
            leave();
            throw error;
          },
        );
      },
      closed: () => leave(),
    };
  }

  private async tell(login: Login & { readonly address: string }, row: SessionRow, port: number, reason: string | null): Promise<void> {
    const { database, clock, audit } = this.deps;
    const now = clock.now().getTime();
    for (const [which, at] of this.told) if (at + TOLD_FOR_MS < now) this.told.delete(which);
    const which = `${login.loginId} ${row.id} ${port} ${reason ?? ""}`;
    if (this.told.has(which)) return;
    this.told.set(which, now);
    const details = { name: row.name, port, ...(reason === null ? {} : { owner: row.user.username, reason }) };
    try {
      await database.$transaction((tx) =>
        audit.record(tx, actorOf(login), { action: "ports.forward", target: { kind: "session", id: row.id }, details }),
      );
    } catch (error) {
      this.told.delete(which);
      throw error;
    }
  }
}
