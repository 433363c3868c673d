import { displaySchema } from "@berth/protocol/agent-commands";
import { viewerModeSchema } from "@berth/protocol/agent-messages";
import type { SessionPolicy } from "@berth/protocol/session-policy";
import type { z } from "zod";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { hashSecret, type Ids } from "../../../platform/ids";
import type { AuditService } from "../../audit/audit-service";
import type { GuestLimits } from "../../users/login-limits";
import type { TicketsService } from "../../users/tickets-service";
import { demandRunning } from "../running-session";
import { findDisplays, findSession } from "../sessions-store";
import type { ScreenControl } from "../viewers/screen-control";
import type { ViewerRooms } from "../viewers/viewer-rooms";
import { guestLogin } from "./guest-login";
import { shareMissing } from "./share-missing";
import type { enterShareInput, enterShareOutput, guestControlInput, guestInput, guestViewOutput } from "./shares-schema";
import type { SharesService } from "./shares-service";
import { findShareByToken, type ShareRow, touchShare } from "./shares-store";

export interface GuestsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tickets: TicketsService;
  readonly shares: SharesService;
  readonly rooms: ViewerRooms;
  readonly screenControl: ScreenControl;
  readonly audit: AuditService;
  readonly limits: GuestLimits;
  /** Where a session's web app is entered with a ticket: an absolute URL. */
  readonly appEntryUrl: (sessionId: string, port: null, ticket: string) => string;
}

/** Those who come by a link, without an account. The link's token is all that they have; it is checked each time. */
export class GuestsService {
  constructor(private readonly deps: GuestsDeps) {}

  /** Throws RATE_LIMIT_EXCEEDED, SHARE_NOT_FOUND, SESSION_NOT_RUNNING, AGENT_OFFLINE. */
  async enter(address: string, input: z.output<typeof enterShareInput>): Promise<z.output<typeof enterShareOutput>> {
    await this.deps.limits.take(address);
    const { database, clock, ids } = this.deps;
    const { share } = await this.share(input.token);
    const row = await findSession(database, share.sessionId);
    const display = row && (await findDisplays(database, [row])).get(row.id);
    if (!row || !display) throw shareMissing();
    const { protocol } = displaySchema.parse(display.display);
    demandRunning(row, clock.now());
    const guestKey = input.guestKey ?? ids.secret();
    const mode = viewerModeSchema.parse(share.mode);
    const issued = await database.$transaction(async (tx) => {
      await this.deps.audit.record(
        tx,
        { kind: "nobody", address },
        { action: "shares.enter", target: { kind: "session", id: row.id }, details: { guest: input.name, share: share.id, mode } },
      );
      return this.deps.tickets.issue(tx, {
        purpose: protocol === "rfb" ? "viewer" : "app",
        userId: row.userId,
        loginId: guestLogin(share.id, hashSecret(guestKey).slice(0, 32)),
        sessionId: row.id,
        mode,
        port: null,
        shareId: share.id,
        note: input.name,
      });
    });
    await touchShare(database, share.id, clock.now());
    const url = protocol === "rfb" ? `/vnc-viewer/${row.id}?ticket=${issued.ticket}` : this.deps.appEntryUrl(row.id, null, issued.ticket);
    return { protocol, url, session: row.name, mode, guestKey };
  }

  async view(input: z.output<typeof guestInput>): Promise<z.output<typeof guestViewOutput>> {
    const { share, policy } = await this.share(input.token);
    const viewers = this.deps.rooms.viewers(share.sessionId, keyOf(input.guestKey));
    const you = viewers.find((viewer) => viewer.you);
    return {
      viewers: viewers.map(({ name, kind, controls, you: self }) => ({ name, kind, controls, you: self })),
      mode: viewerModeSchema.parse(share.mode),
      controls: you?.controls ?? false,
      requested: you?.requested ?? false,
      policy: { clipboardIn: policy.clipboardIn, clipboardOut: policy.clipboardOut },
    };
  }

  async control(address: string, input: z.output<typeof guestControlInput>): Promise<void> {
    const { share } = await this.share(input.token);
    await this.deps.screenControl.act({ kind: "nobody", address }, keyOf(input.guestKey), { id: share.sessionId, action: input.action });
  }

  private async share(token: string): Promise<{ share: ShareRow; policy: SessionPolicy }> {
    const share = await findShareByToken(this.deps.database, hashSecret(token), this.deps.clock.now());
    const standing = share && (await this.deps.shares.standing(share.sessionId));
    if (!share || !standing?.open || !standing.shares.has(share.id)) throw shareMissing();
    return { share, policy: standing.policy };
  }
}

const keyOf = (guestKey: string): string => `guest:${hashSecret(guestKey).slice(0, 32)}`;
