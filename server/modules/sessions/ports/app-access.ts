import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { AuthService } from "../../users/auth-service";
import { LOGIN_SECONDS } from "../../users/login-length";
import type { TicketsService } from "../../users/tickets-service";
import { insertEvent } from "../sessions-store";
import { guestOfLogin } from "../sharing/guest-login";
import { shareMissing } from "../sharing/share-missing";
import { touchShare } from "../sharing/shares-store";
import type { Visitor } from "../viewers/control-room";
import { type AppPass, openAppPass, sealAppPass } from "./app-pass";
import type { AppVisitors } from "./app-visitors";
import type { OpenPorts } from "./open-ports";
import type { PortRules } from "./port-rules";

const PASS_SECONDS = 12 * 60 * 60;

export interface AppGrant {
  readonly agentId: string;
  readonly agentName: string;
  readonly login: { readonly userId: string; readonly loginId: string; readonly accessEpoch: number };
  request(tunnel: { id: string; secret: string }): ToAgent;
  readonly port: number;
  /** Until the function that it returns is called, `end` is called when what allowed this is taken back. */
  enter(end: () => void): () => void;
}

export interface AppAccessDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly auth: AuthService;
  readonly tickets: TicketsService;
  readonly rules: PortRules;
  readonly open: OpenPorts;
  readonly audit: AuditService;
  readonly visitors: AppVisitors;
  /** `keys.appCookie`. */
  readonly key: Uint8Array;
}

/** Who may use a session's web app, or another port, on its own origin: in by ticket, then by a cookie that is good there alone, checked at each request. */
export class AppAccess {
  constructor(private readonly deps: AppAccessDeps) {}

  /** Who comes by a link, and is in already as the person that their cookie says, stays that person. */
  async enter(input: {
    sessionId: string;
    port: number | null;
    ticket: string;
    cookie: string | null;
    address: string;
  }): Promise<{ cookie: string; maxAgeSeconds: number }> {
    const { tickets, clock, auth, rules, key } = this.deps;
    const { sessionId, port } = input;
    const taken = await tickets.redeem(input.ticket, { purpose: "app", sessionId });
    if (taken.port !== port) throw new BerthError("TICKET_INVALID", "This ticket is for another port of the session");
    const now = clock.now();
    const { shareId, loginId, note } = taken;
    const isGuest = guestOfLogin(loginId) !== null;
    const kept = isGuest ? await this.personIn(input) : null;
    if (kept) return { cookie: kept.cookie, maxAgeSeconds: kept.expires - Math.floor(now.getTime() / 1000) };
    const login = !isGuest
      ? await auth.currentOfTicket(taken.userId, loginId, new Date(now.getTime() + LOGIN_SECONDS * 1000))
      : await this.guest(taken.userId, loginId, note);
    if (!login) throw new BerthError("TICKET_INVALID", "The login that this ticket belongs to has ended");
    const share = await rules.shareOf({ sessionId, port, shareId });
    if (shareId !== null && !share) throw shareMissing();
    const lasts = share?.expiresAt ? Math.ceil((share.expiresAt.getTime() - now.getTime()) / 1000) : PASS_SECONDS;
    const maxAgeSeconds = Math.min(PASS_SECONDS, lasts);
    const expires = Math.floor(now.getTime() / 1000) + maxAgeSeconds;
    const { userId, accessEpoch } = login;
    if (shareId !== null && port === null) await this.noteEntry(login, { sessionId, shareId, address: input.address });
    return { cookie: sealAppPass({ sessionId, port, userId, loginId, accessEpoch, shareId, note, expires }, key), maxAgeSeconds };
  }

  async authorize(input: { sessionId: string; port: number | null; cookie: string | null }): Promise<AppGrant> {
    const { key, auth, rules, open, clock, visitors } = this.deps;
    const pass = input.cookie ? openAppPass(input.cookie, key) : null;
    if (!pass || pass.sessionId !== input.sessionId || pass.port !== input.port) {
      throw new BerthError("AUTH_TOKEN_MISSING", "Open this app from Berth: its address alone is not enough");
    }
    const expiresAt = new Date(pass.expires * 1000);
    const guest = guestOfLogin(pass.loginId);
    const login = guest === null ? await auth.current({ ...pass, expiresAt, via: "cookie" }) : await this.guestOf(pass, clock.now());
    if (!login) throw new BerthError("AUTH_TOKEN_EXPIRED", "This login has ended; open the app from Berth again");
    const use = { sessionId: input.sessionId, port: input.port, shareId: pass.shareId };
    const { row, display, foreign } = await rules.demand(login, use);
    if (input.port === null && display.protocol !== "http")
      throw new BerthError("DISPLAY_PROTOCOL_MISMATCH", `'${row.name}' is a desktop, not a web app; open it in the viewer`);
    const port = input.port ?? display.port;
    const shared = pass.shareId !== null;
    const common = {
      name: login.username,
      userId: login.userId,
      key: `user:${login.userId}`,
      right: "control",
      shareId: pass.shareId,
    } as const;
    const visitor: Visitor =
      guest !== null
        ? { ...common, key: `guest:${guest}`, userId: null, kind: "guest", visitReason: null }
        : shared
          ? { ...common, kind: "invited", visitReason: null }
          : { ...common, kind: foreign ? "admin" : "owner", visitReason: foreign ? pass.note : null };
    return {
      agentId: row.agent.id,
      agentName: row.agent.name,
      login: { userId: login.userId, loginId: login.loginId, accessEpoch: login.accessEpoch },
      request: (tunnel) => ({
        type: "tunnel_request",
        tunnel_id: tunnel.id,
        tunnel_secret: tunnel.secret,
        purpose: "port",
        session_id: row.id,
        port,
      }),
      port,
      enter: (end) => {
        const sent = () => {
          if (input.port === null) visitors.sent(row.id, visitor.key);
          end();
        };
        const until = shared ? expiresAt : null;
        const forget = open.add({ sessionId: row.id, allowed: () => rules.demand(login, use), end: sent, shared, until });
        // Another port is no screen: who came by a link to it stands at the link.
        const leave = input.port === null ? visitors.arrive(row.id, row.userId, visitor) : () => {};
        return () => {
          forget();
          leave();
        };
      },
    };
  }

  /** The pass that this browser may use the app with as a person; a guest's would be less, and hide who they are. */
  private async personIn(input: { sessionId: string; port: number | null; cookie: string | null }) {
    const { cookie } = input;
    const pass = cookie ? openAppPass(cookie, this.deps.key) : null;
    if (!cookie || !pass || guestOfLogin(pass.loginId) !== null) return null;
    return this.authorize(input).then(
      () => ({ cookie, expires: pass.expires }),
      (error: unknown) => {
        if (error instanceof BerthError) return null;
        throw error;
      },
    );
  }

  /** A guest hangs on the owner's access and on their link, and has no login: what they may is asked by the link alone. */
  private async guest(userId: string, loginId: string, name: string | null) {
    const accessEpoch = await this.deps.auth.accessEpoch(userId);
    return accessEpoch === null ? null : { userId, loginId, accessEpoch, username: name ?? "guest", role: "user" as const };
  }

  private async guestOf(pass: AppPass, now: Date) {
    // Without a link there is nothing that a guest may: never what the owner may, whose id it has.
    if (pass.shareId === null || pass.expires * 1000 <= now.getTime()) return null;
    const login = await this.guest(pass.userId, pass.loginId, pass.note);
    return login?.accessEpoch === pass.accessEpoch ? login : null;
  }

  private async noteEntry(
    login: { readonly userId: string; readonly loginId: string; readonly username: string },
    { sessionId, shareId, address }: { readonly sessionId: string; readonly shareId: string; readonly address: string },
  ): Promise<void> {
    const { database, clock, audit, rules, bus } = this.deps;
    const { row } = await rules.session(sessionId);
    const guest = guestOfLogin(login.loginId) !== null;
    await database.$transaction(async (tx) => {
      // A guest's entry was written down when their link let them in.
      if (!guest) {
        const details = { name: row.name, owner: row.user.username, share: shareId };
        await audit.record(tx, actorOf({ ...login, address }), {
          action: "shares.enter",
          target: { kind: "session", id: sessionId },
          details,
        });
      }
      const message = `${guest ? `Guest '${login.username}'` : login.username} opened the app`;
      const actorId = guest ? null : login.userId;
      await insertEvent(tx, { sessionId, at: clock.now(), kind: "viewer_opened", message, actorId });
    });
    await touchShare(database, shareId, clock.now());
    await bus.publish({ kind: "session", sessionId, userId: row.userId, agentId: row.agentId });
  }
}
