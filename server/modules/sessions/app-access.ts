import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { AuthService } from "../users/auth-service";
import { LOGIN_SECONDS } from "../users/login-length";
import type { TicketsService } from "../users/tickets-service";
import { openAppPass, sealAppPass } from "./app-pass";
import type { OpenPorts } from "./open-ports";
import type { PortRules } from "./port-rules";
import { findPortShare } from "./ports-store";
import { shareMissing } from "./share-missing";

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
  readonly clock: Clock;
  readonly auth: AuthService;
  readonly tickets: TicketsService;
  readonly rules: PortRules;
  readonly open: OpenPorts;
  /** `keys.appCookie`. */
  readonly key: Uint8Array;
}

/** Who may use a session's web app, or another port, on its own origin: in by ticket, then by a cookie that is good there alone, checked at each request. */
export class AppAccess {
  constructor(private readonly deps: AppAccessDeps) {}

  async enter(input: {
    sessionId: string;
    port: number | null;
    ticket: string;
    address: string;
  }): Promise<{ cookie: string; maxAgeSeconds: number }> {
    const { tickets, clock, auth, database, key } = this.deps;
    const { sessionId, port } = input;
    const taken = await tickets.redeem(input.ticket, { purpose: "app", sessionId });
    if (taken.port !== port) throw new BerthError("TICKET_INVALID", "This ticket is for another port of the session");
    const now = clock.now();
    const login = await auth.currentOfTicket(taken.userId, taken.loginId, new Date(now.getTime() + LOGIN_SECONDS * 1000));
    if (!login) throw new BerthError("TICKET_INVALID", "The login that this ticket belongs to has ended");
    const { shareId } = taken;
    const share = shareId === null || port === null ? null : await findPortShare(database, { id: shareId, sessionId, port }, now);
    if (shareId !== null && !share) throw shareMissing();
    const maxAgeSeconds = Math.min(PASS_SECONDS, share ? Math.ceil((share.expiresAt.getTime() - now.getTime()) / 1000) : PASS_SECONDS);
    const expires = Math.floor(now.getTime() / 1000) + maxAgeSeconds;
    const { userId, loginId, accessEpoch } = login;
    return { cookie: sealAppPass({ sessionId, port, userId, loginId, accessEpoch, shareId, expires }, key), maxAgeSeconds };
  }

  async authorize(input: { sessionId: string; port: number | null; cookie: string | null }): Promise<AppGrant> {
    const { key, auth, rules, open } = this.deps;
    const pass = input.cookie ? openAppPass(input.cookie, key) : null;
    if (!pass || pass.sessionId !== input.sessionId || pass.port !== input.port) {
      throw new BerthError("AUTH_TOKEN_MISSING", "Open this app from Berth: its address alone is not enough");
    }
    const login = await auth.current({ ...pass, expiresAt: new Date(pass.expires * 1000), via: "cookie" });
    if (!login) throw new BerthError("AUTH_TOKEN_EXPIRED", "This login has ended; open the app from Berth again");
    const use = { sessionId: input.sessionId, port: input.port, shareId: pass.shareId };
    const { row, display } = await rules.demand(login, use);
    if (input.port === null && display.protocol !== "http")
      throw new BerthError("DISPLAY_PROTOCOL_MISMATCH", `'${row.name}' is a desktop, not a web app; open it in the viewer`);
    const port = input.port ?? display.port;
    const until = pass.shareId === null ? null : new Date(pass.expires * 1000);
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
      enter: (end) => open.add({ sessionId: row.id, allowed: () => rules.demand(login, use), end, until }),
    };
  }
}
