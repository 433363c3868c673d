import { displaySchema } from "@berth/protocol/agent-commands";
import { BerthError } from "@berth/protocol/errors";
import type { SessionPolicy } from "@berth/protocol/session-policy";
import type { PortTerms } from "@berth/protocol/session-ports";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { enforce } from "../../../platform/verdict";
import type { AuthService } from "../../users/auth-service";
import type { Actor } from "../../users/users-policy";
import { effectivePolicy } from "../effective-policy";
import { demandRunning } from "../running-session";
import { maySessions, type SessionAction } from "../sessions-policy";
import { sessionMissing } from "../sessions-service";
import { findDisplays, findSession, type SessionRow } from "../sessions-store";
import { shareMissing } from "../sharing/share-missing";
import type { SharesService } from "../sharing/shares-service";
import { findShare } from "../sharing/shares-store";
import { findPortShare } from "./ports-store";

export interface PortSession {
  readonly row: SessionRow;
  readonly policy: SessionPolicy;
  readonly display: { readonly protocol: "rfb" | "http"; readonly port: number };
  /** It is not the asking person's own. */
  readonly foreign: boolean;
}

/** What somebody comes to use. */
export interface PortUse {
  readonly sessionId: string;
  /** Null: the web app that the session shows itself by, which is its screen. */
  readonly port: number | null;
  /** The link to the port, or the invitation or link to the app, that they came by. */
  readonly shareId: string | null;
}

export interface PortRulesDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly auth: Pick<AuthService, "accessEpoch">;
  readonly shares: SharesService;
}

/** Who may use which port of a session. What is allowed is asked again whenever it may have changed: see `OpenPorts`. */
export class PortRules {
  constructor(private readonly deps: PortRulesDeps) {}

  /** Throws SESSION_NOT_FOUND, AUTH_INSUFFICIENT_PERMISSIONS and PORTS_OFF. `action`: as the policy of sessions names it; to `share`, which takes links back, closed ports are no matter. */
  async find(actor: Actor, id: string, action: SessionAction = "ports"): Promise<PortSession> {
    const found = await this.session(id);
    const { row } = found;
    const foreign = row.userId !== actor.userId;
    const invited = foreign && actor.role !== "admin" && (await this.deps.shares.invitationOf(actor.userId, row.id)) !== null;
    enforce(maySessions(actor, action, row, invited), () => sessionMissing(id), "use the ports of another person's session");
    if (action !== "share") demandPorts(found);
    return { ...found, foreign };
  }

  /** Whether it may be used now. Throws as `find`, SHARE_NOT_FOUND, SHARING_OFF, and what `demandRunning` throws. */
  async demand(actor: Actor, { sessionId, port, shareId }: PortUse): Promise<PortSession & { readonly row: PlacedRow }> {
    const found = await this.session(sessionId);
    const { row } = found;
    if (shareId === null) {
      enforce(maySessions(actor, port === null ? "screen" : "ports", row), () => sessionMissing(sessionId), "use another person's app");
    } else await this.demandShare(found, { sessionId, port, shareId });
    if (port !== null) {
      demandPorts(found);
      demandPortOpen(found, port);
    }
    demandRunning(row, this.deps.clock.now());
    return { ...found, row, foreign: row.userId !== actor.userId };
  }

  /** By a link or an invitation, while it lasts, whose owner may still let others in. Throws SHARE_NOT_FOUND and SHARING_OFF. */
  async demandShare({ row, policy }: Pick<PortSession, "row" | "policy">, use: PortUse): Promise<void> {
    if (!(await this.shareOf(use)) || (await this.deps.auth.accessEpoch(row.userId)) === null) throw shareMissing();
    if (!policy.sharing) throw new BerthError("SHARING_OFF", `'${row.name}' may not be shared: its policy says so`);
  }

  /** What somebody came by, and until when it is good. An app is not shared to be looked at: who may use it may use all of it. */
  async shareOf({ sessionId, port, shareId }: PortUse): Promise<{ readonly expiresAt: Date | null } | null> {
    const { database, clock } = this.deps;
    if (shareId === null) return null;
    if (port !== null) return findPortShare(database, { id: shareId, sessionId, port }, clock.now());
    const share = await findShare(database, shareId, clock.now());
    return share?.sessionId === sessionId && share.mode === "control" ? share : null;
  }

  /** Whoever asks. Throws SESSION_NOT_FOUND. */
  async session(id: string): Promise<Omit<PortSession, "foreign">> {
    const row = await findSession(this.deps.database, id);
    const version = row && (await findDisplays(this.deps.database, [row])).get(row.id);
    if (!row || !version) throw sessionMissing(id);
    return { row, policy: effectivePolicy(row, version), display: displaySchema.parse(version.display) };
  }
}

type PlacedRow = SessionRow & { agent: NonNullable<SessionRow["agent"]> };

function demandPorts({ row, policy }: Pick<PortSession, "row" | "policy">): void {
  if (!policy.ports) throw new BerthError("PORTS_OFF", `The policy of '${row.name}' opens no ports; an administrator may change it`);
}

/** Throws VALIDATION_FAILED where an administrator does not say why. */
export function demandPortReason({ row, foreign }: PortSession, reason: string | undefined): void {
  if (!foreign || reason) return;
  const problem = `say why you open a port of the session of ${row.user.username}; they will see it`;
  throw new BerthError("VALIDATION_FAILED", `reason: ${problem}`, { details: { fields: { reason: problem } } });
}

/**
 * A display's own port would be a way around what the policy says of viewers (the clipboard), which the agent holds in the viewer's own
 * connection alone.
 */
export function portTermsOf({ policy, display }: Pick<PortSession, "policy" | "display">): PortTerms {
  const viewersAreHeld = display.protocol === "rfb" && !(policy.clipboardIn && policy.clipboardOut);
  return { ports: policy.ports, closed_ports: viewersAreHeld ? [display.port] : [] };
}

/** Throws PORTS_OFF for a port that the policy closes. */
export function demandPortOpen(session: Pick<PortSession, "row" | "policy" | "display">, port: number): void {
  if (!portTermsOf(session).closed_ports.includes(port)) return;
  const why = "the policy has a word on what viewers may do, and this would go around it; open the screen instead";
  throw new BerthError("PORTS_OFF", `Port ${port} is the display of '${session.row.name}': ${why}`);
}
