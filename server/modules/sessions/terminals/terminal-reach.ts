import { TERMINALS } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { enforce } from "../../../platform/verdict";
import type { Actor } from "../../users/users-policy";
import { effectivePolicy } from "../effective-policy";
import { placeOf, type SessionPlace } from "../inside/session-reach";
import { maySessions } from "../sessions-policy";
import { sessionMissing } from "../sessions-service";
import { findDisplays, findSession, type SessionRow } from "../sessions-store";
import type { SharesService } from "../sharing/shares-service";

/** A session whose inside may be reached now, and where. */
export interface ReachedSession {
  readonly row: SessionRow;
  readonly target: SessionPlace;
  /** It is not the asking person's own. */
  readonly foreign: boolean;
}

export interface ReachDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly shares: SharesService;
}

/** Asks the policies, then whether it runs. Throws SESSION_NOT_FOUND, AUTH_INSUFFICIENT_PERMISSIONS, TERMINALS_OFF and as `placeOf`. */
export async function reachSession({ database, clock, shares }: ReachDeps, actor: Actor, id: string): Promise<ReachedSession> {
  const row = await findSession(database, id);
  const display = row && (await findDisplays(database, [row])).get(row.id);
  if (!row || !display) throw sessionMissing(id);
  const foreign = row.userId !== actor.userId;
  const invited = foreign && actor.role !== "admin" && (await shares.invitationOf(actor.userId, row.id)) !== null;
  enforce(maySessions(actor, "terminal", row, invited), () => sessionMissing(id), "open a terminal in another person's session");
  if (!effectivePolicy(row, display).terminals)
    throw new BerthError("TERMINALS_OFF", `The policy of '${row.name}' allows no terminals; an administrator may change it`);
  return { row, target: placeOf(row, clock.now(), TERMINALS), foreign };
}

/** Throws VALIDATION_FAILED where an administrator does not say why. */
export function demandReason({ row, foreign }: ReachedSession, reason: string | undefined): void {
  if (!foreign || reason) return;
  const problem = `say why you open a terminal in the session of ${row.user.username}; they will see it`;
  throw new BerthError("VALIDATION_FAILED", `reason: ${problem}`, { details: { fields: { reason: problem } } });
}
