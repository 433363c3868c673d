import { displaySchema } from "@berth/protocol/agent-commands";
import type { ToAgent, ViewerMode } from "@berth/protocol/agent-messages";
import { viewerModeSchema } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { SessionPolicy } from "@berth/protocol/session-policy";
import type { SessionPhase } from "@berth/protocol/session-states";
import { displayPath } from "@berth/protocol/tunnel";
import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import type { Log } from "../../../platform/log";
import { enforce } from "../../../platform/verdict";
import { isApiToken } from "../../tokens/token-text";
import type { AuthService } from "../../users/auth-service";
import { loginOfSocket, loginOfTicket, takeShownTicket } from "../../users/socket-login";
import type { TicketsService } from "../../users/tickets-service";
import type { Login } from "../../users/users-schema";
import { effectivePolicy } from "../effective-policy";
import type { PhaseWait } from "../phase-wait";
import { NAMESPACE } from "../render-spec";
import { demandRunning, demandRunningSoon, isComingUp } from "../running-session";
import { maySessions } from "../sessions-policy";
import type { SessionEventKind } from "../sessions-schema";
import { sessionMissing } from "../sessions-service";
import { findDisplays, findSession, insertEvent, type SessionRow, saidSinceStart } from "../sessions-store";
import { guestOfLogin } from "../sharing/guest-login";
import type { SharesService } from "../sharing/shares-service";
import type { Visitor } from "./control-room";
import type { Screen, ViewerRooms } from "./viewer-rooms";

export interface ViewerGrant {
  readonly agentId: string;
  readonly agentName: string;
  readonly login: { readonly userId: string; readonly loginId: string; readonly accessEpoch: number };
  /** Takes a place among those who look at it; `end` cuts its socket. Returns how to leave, called once however it ends. */
  enter(end: () => void): () => void;
  /**
   * Resolves once the agent can be asked for the display: its container runs. An agent that is asked before the display is ready answers
   * when it is. Throws `BerthError` where the session doesn't get there.
   */
  ready(signal: AbortSignal): Promise<void>;
  request(tunnel: { id: string; secret: string }): ToAgent;
  readonly upgradePath: string;
  opened(): void;
  closed(bytes: { toViewer: number; fromViewer: number }): void;
  failed(error: BerthError): void;
}

export interface ViewerAttempt {
  readonly sessionId: string;
  readonly ticket: string | null;
  /** `?token=`: a ticket, a JWT or an API token. */
  readonly token: string | null;
  readonly cookie: string | null;
  readonly authorization: string | null;
  readonly origin: string | null;
  readonly address: string;
}

export interface ViewerAccessDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly auth: AuthService;
  readonly tickets: TicketsService;
  readonly shares: SharesService;
  readonly rooms: ViewerRooms;
  readonly wait: PhaseWait;
  readonly publicUrl: URL;
}

type Ticket = Awaited<ReturnType<TicketsService["redeem"]>>;
interface Comer {
  readonly login: Pick<Login, "userId" | "loginId" | "accessEpoch" | "username" | "role">;
  readonly mode: ViewerMode;
  readonly ticket: Ticket | null;
}

/** How long a viewer may wait for a session that starts: proxies give up on an upgrade without an answer after a minute. */
export const START_WAIT_MS = 25_000;

/** Decides who may see a display, before anything is answered. */
export class ViewerAccess {
  constructor(private readonly deps: ViewerAccessDeps) {}

  /**
   * A ticket needs our Origin or none; a JWT or API token has no Origin rule, and one that may only read only watches; a cookie alone needs our Origin. What may not be seen looks as if it
   * weren't there. Throws `BerthError`.
   */
  async authorize(attempt: ViewerAttempt): Promise<ViewerGrant> {
    const comer = await this.identify(attempt);
    const row = await findSession(this.deps.database, attempt.sessionId);
    const display = row && (await findDisplays(this.deps.database, [row])).get(row.id);
    if (!row || !display) throw sessionMissing(attempt.sessionId);
    const visitor = await this.visitorOf(comer, row);
    demandRunningSoon(row, this.deps.clock.now());
    const spec = displaySchema.parse(display.display);
    if (spec.protocol !== "rfb")
      throw new BerthError(
        "DISPLAY_PROTOCOL_MISMATCH",
        `'${row.name}' is a web app (HTTP on port ${spec.port}), not a desktop; open it on its own origin`,
      );
    return this.grant(row, row.agent, { ...comer, visitor, port: spec.port, policy: effectivePolicy(row, display) });
  }

  /** Throws as if the session weren't there, to whom it isn't. */
  private async visitorOf({ login, ticket, mode }: Comer, row: SessionRow): Promise<Visitor> {
    const common = { name: login.username, userId: login.userId, key: `user:${login.userId}`, shareId: null, visitReason: null };
    if (ticket?.shareId) {
      const share = (await this.deps.shares.standing(row.id))?.shares.get(ticket.shareId);
      if (!share || (share === "view" && mode === "control"))
        throw new BerthError("TICKET_INVALID", "The invitation that this ticket came by was taken back, has run out or was changed");
      const guest = guestOfLogin(ticket.loginId);
      if (guest === null) return { ...common, kind: "invited", right: share, shareId: ticket.shareId };
      const name = ticket.note ?? "guest";
      return { name, userId: null, key: `guest:${guest}`, kind: "guest", right: share, shareId: ticket.shareId, visitReason: null };
    }
    if (row.userId === login.userId) return { ...common, kind: "owner", right: "control" };
    const invited = ticket ? null : await this.deps.shares.invitationOf(login.userId, row.id);
    if (invited) return { ...common, kind: "invited", right: invited.mode, shareId: invited.id };
    enforce(maySessions(login, "screen", row), () => sessionMissing(row.id), "open another person's screen");
    if (!ticket) {
      throw new BerthError(
        "AUTH_INSUFFICIENT_PERMISSIONS",
        "Another person's screen is opened with a ticket, which asks for a reason: use sessions.openViewer",
      );
    }
    return { ...common, kind: "admin", right: mode, visitReason: ticket.note };
  }

  private async identify({ sessionId, ticket, token, ...shown }: ViewerAttempt): Promise<Comer> {
    const { auth, tickets, publicUrl } = this.deps;
    const isTicket = token !== null && !isJwt(token) && !isApiToken(token);
    const value = ticket ?? (isTicket ? token : null);
    if (value) {
      const { origin } = shown;
      const taken = await takeShownTicket(tickets, { ticket: value, origin }, { purpose: "viewer", sessionId }, publicUrl.origin);
      if (guestOfLogin(taken.loginId) !== null) return this.guestOf(taken);
      return { login: await loginOfTicket(auth, taken), mode: viewerModeSchema.parse(taken.mode), ticket: taken };
    }
    const ways = "Open the viewer with a ticket (?ticket=) or a token (?token=)";
    const login = await loginOfSocket(auth, { ...shown, token: token || null }, publicUrl.origin, ways);
    return { login, mode: login.token?.scope === "read" ? "view" : "control", ticket: null };
  }

  /** A guest hangs on the owner's access: it ends with it. */
  private async guestOf(ticket: Ticket): Promise<Comer> {
    const accessEpoch = await this.deps.auth.accessEpoch(ticket.userId);
    if (accessEpoch === null) throw new BerthError("TICKET_INVALID", "The owner of this session may not come in any more");
    const login = { userId: ticket.userId, loginId: ticket.loginId, accessEpoch, username: ticket.note ?? "guest", role: "user" as const };
    return { login, mode: viewerModeSchema.parse(ticket.mode), ticket };
  }

  private grant(
    row: SessionRow,
    agent: { id: string; name: string; capabilities: string[] },
    { login, mode, visitor, port, policy }: Comer & { visitor: Visitor; port: number; policy: SessionPolicy },
  ): ViewerGrant {
    const early = row.observed !== "running";
    const who = visitor.kind === "guest" ? `Guest '${visitor.name}'` : visitor.name;
    const say = (kind: SessionEventKind, message: string) => this.say(row, visitor.userId, kind, message);
    // A token or cookie asks for all there is; who may only watch watches.
    const wants = visitor.right === "view" ? "view" : mode;
    let asked = wants;
    let screen: Screen | null = null;
    return {
      agentId: agent.id,
      agentName: agent.name,
      login: { userId: login.userId, loginId: login.loginId, accessEpoch: login.accessEpoch },
      get upgradePath() {
        return displayPath(row.id, asked);
      },
      enter: (end) => {
        const { capabilities, id: agentId } = agent;
        const entered = this.deps.rooms.enter({
          sessionId: row.id,
          ownerId: row.userId,
          agentId,
          capabilities,
          policy,
          visitor,
          wants,
          end,
        });
        screen = entered;
        return () => entered.leave();
      },
      ready: async (signal) => {
        await Promise.all([this.ready(row.id, signal), screen?.confirm()]);
      },
      request: (tunnel) => {
        const terms = screen?.terms(tunnel.id);
        asked = terms?.mode ?? wants;
        return {
          type: "vnc_proxy_request",
          session_id: row.id,
          proxy_id: tunnel.id,
          data: {
            pod_name: row.podName ?? row.name,
            namespace: NAMESPACE,
            vnc_port: port,
            tunnel_secret: tunnel.secret,
            mode: asked,
            ...(terms ? { policy: terms.policy } : {}),
          },
        };
      },
      opened: () => {
        screen?.opened();
        say("viewer_opened", `${who} ${wants === "view" ? "watches" : "uses"} the screen`);
      },
      closed: (bytes) => say("viewer_closed", `${who} closed the screen (${bytes.toViewer} bytes seen, ${bytes.fromViewer} sent)`),
      // One that came before the desktop comes again when it runs; why a session does not start is said by the session.
      failed: (error) => early || say("viewer_failed", `The screen could not be opened for ${who}: ${error.message}`),
    };
  }

  private async ready(sessionId: string, signal: AbortSignal): Promise<void> {
    // Its agent waits with the tunnel until the display is there. Before there is a container, that may be long: it may have to be fetched.
    let made = false;
    const isMade = async (phase: SessionPhase, { observed }: SessionRow) => {
      made = observed === "starting" || (isComingUp(phase) && (await saidSinceStart(this.deps.database, sessionId, "container_created")));
      return made || !isComingUp(phase);
    };
    const row = await this.deps.wait.until(sessionId, isMade, { forMs: START_WAIT_MS, signal });
    if (!row) throw sessionMissing(sessionId);
    if (made && row.desired === "running" && row.agent?.connectionId) return;
    demandRunning(row, this.deps.clock.now());
  }

  private say(row: SessionRow, actorId: string | null, kind: SessionEventKind, message: string): void {
    const event = { sessionId: row.id, at: this.deps.clock.now(), kind, message, actorId };
    insertEvent(this.deps.database, event)
      .then(() => this.deps.bus.publish({ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId }))
      .catch((error: unknown) => this.deps.log.warn({ err: error, sessionId: row.id }, "a viewer could not be noted in the timeline"));
  }
}

const isJwt = (token: string): boolean => token.split(".").length === 3;
