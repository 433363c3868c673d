import { displaySchema } from "@berth/protocol/agent-commands";
import { THUMBNAILS, type ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { enforce } from "../../../platform/verdict";
import type { Login } from "../../users/users-schema";
import { effectivePolicy } from "../effective-policy";
import { demandRunning } from "../running-session";
import { maySessions } from "../sessions-policy";
import { sessionMissing } from "../sessions-service";
import { findDisplays, findSession } from "../sessions-store";
import type { SharesService } from "../sharing/shares-service";

export interface ThumbnailGrant {
  readonly sessionId: string;
  readonly agentId: string;
  readonly agentName: string;
  request(tunnel: { id: string; secret: string }): ToAgent;
}

/** Who may see the small picture of a screen: its owner, and whom they invited. A role opens none. */
export class ThumbnailAccess {
  constructor(private readonly deps: { readonly database: Database; readonly clock: Clock; readonly shares: SharesService }) {}

  /** Throws as the viewer does, and THUMBNAILS_OFF or AGENT_TOO_OLD. */
  async authorize(login: Pick<Login, "userId" | "role">, sessionId: string): Promise<ThumbnailGrant> {
    const { database, clock, shares } = this.deps;
    const row = await findSession(database, sessionId);
    const display = row && (await findDisplays(database, [row])).get(row.id);
    if (!row || !display) throw sessionMissing(sessionId);
    const invited = row.userId !== login.userId && (await shares.invitationOf(login.userId, row.id)) !== null;
    enforce(maySessions(login, "picture", row, invited), () => sessionMissing(sessionId), "see another person's screen");
    demandRunning(row, clock.now());
    const { protocol } = displaySchema.parse(display.display);
    if (protocol !== "rfb") throw new BerthError("DISPLAY_PROTOCOL_MISMATCH", `'${row.name}' is a web app; only desktops have pictures`);
    const policy = effectivePolicy(row, display);
    if (!policy.thumbnails) throw new BerthError("THUMBNAILS_OFF", `The policy of '${row.name}' allows no small pictures of its screen`);
    if (!row.agent.capabilities.includes(THUMBNAILS))
      throw new BerthError("AGENT_TOO_OLD", `Agent '${row.agent.name}' is too old to take pictures of screens; update it`);
    return {
      sessionId: row.id,
      agentId: row.agent.id,
      agentName: row.agent.name,
      request: ({ id, secret }) => ({
        type: "thumbnail_request",
        tunnel_id: id,
        tunnel_secret: secret,
        session_id: row.id,
        policy: { thumbnails: policy.thumbnails },
      }),
    };
  }
}
