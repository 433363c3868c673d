import { displaySchema } from "@berth/protocol/agent-commands";
import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { TicketsService } from "../../users/tickets-service";
import type { Asker } from "../../users/users-schema";
import { demandRunning, demandRunningSoon } from "../running-session";
import type { openViewerInput, openViewerOutput } from "../sessions-schema";
import { sessionMissing } from "../sessions-service";
import { findDisplays, findSession, insertEvent } from "../sessions-store";
import type { SharesService } from "../sharing/shares-service";

export interface ViewerTicketsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
  readonly shares: SharesService;
  /** Where a session's web app is entered with a ticket: an absolute URL. */
  readonly appEntryUrl: (sessionId: string, port: null, ticket: string) => string;
}

/** Gives the right to open a session's screen, once and soon. */
export class ViewerTickets {
  constructor(private readonly deps: ViewerTicketsDeps) {}

  /** Call when the policy allows `screen`. Another's screen asks for a reason, which is audited and stands in the owner's timeline. */
  async open(asker: Asker, input: z.output<typeof openViewerInput>): Promise<z.output<typeof openViewerOutput>> {
    const { database, clock } = this.deps;
    const row = await findSession(database, input.id);
    const display = row && (await findDisplays(database, [row])).get(row.id);
    if (!row || !display) throw sessionMissing(input.id);
    const invitation = row.userId === asker.userId ? null : await this.deps.shares.invitationOf(asker.userId, row.id);
    // An administrator with a reason comes as one, whatever they were invited to.
    const share = asker.role === "admin" && input.reason ? null : invitation;
    if (share?.mode === "view" && input.mode === "control")
      throw new BerthError(
        "AUTH_INSUFFICIENT_PERMISSIONS",
        `${row.user.username} invited you to watch '${row.name}'; open it with mode 'view'`,
      );
    const foreign = row.userId !== asker.userId && !share;
    if (foreign && !input.reason) {
      const problem = `say why you open the screen of ${row.user.username}; they will see it`;
      throw new BerthError("VALIDATION_FAILED", `reason: ${problem}`, { details: { fields: { reason: problem } } });
    }
    const { protocol } = displaySchema.parse(display.display);
    // A desktop's viewer may be there before the desktop: its socket is answered when the display is (see ViewerAccess).
    if (protocol === "rfb" && row.userId === asker.userId) demandRunningSoon(row, clock.now());
    else demandRunning(row, clock.now());
    if (protocol === "http" && input.mode === "view")
      throw new BerthError("INVALID_PARAMETER", "A web app can't be opened view-only; open it with mode 'control'");
    const purpose = protocol === "rfb" ? "viewer" : "app";
    const issued = await database.$transaction(async (tx) => {
      const ticket = await this.deps.tickets.issue(tx, {
        purpose,
        userId: asker.userId,
        loginId: asker.loginId,
        sessionId: row.id,
        mode: input.mode,
        port: null,
        shareId: share?.id ?? null,
        note: foreign ? (input.reason ?? null) : null,
      });
      if (foreign) {
        const details = { name: row.name, owner: row.user.username, mode: input.mode, reason: input.reason ?? "" };
        await this.deps.audit.record(tx, actorOf(asker), {
          action: "sessions.open_screen",
          target: { kind: "session", id: row.id },
          details,
        });
        const message = `${asker.username} (administrator) asked to ${input.mode === "view" ? "watch" : "use"} this screen: ${input.reason}`;
        await insertEvent(tx, { sessionId: row.id, at: clock.now(), kind: "viewer_opened", message, actorId: asker.userId });
      }
      return ticket;
    });
    if (foreign) await this.deps.bus.publish({ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId });
    const url = protocol === "rfb" ? `/vnc-viewer/${row.id}?ticket=${issued.ticket}` : this.deps.appEntryUrl(row.id, null, issued.ticket);
    return { protocol, url, mode: input.mode, expiresAt: issued.expiresAt };
  }
}
