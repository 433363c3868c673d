import { displaySchema } from "@berth/protocol/agent-commands";
import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { enforce } from "../../platform/verdict";
import type { AuthService } from "../users/auth-service";
import { LOGIN_SECONDS } from "../users/login-length";
import type { TicketsService } from "../users/tickets-service";
import { openAppPass, sealAppPass } from "./app-pass";
import { demandRunning } from "./running-session";
import { maySessions } from "./sessions-policy";
import { sessionMissing } from "./sessions-service";
import { findDisplays, findSession } from "./sessions-store";

const PASS_SECONDS = 12 * 60 * 60;

export interface AppGrant {
  readonly agentId: string;
  readonly agentName: string;
  readonly login: { readonly userId: string; readonly loginId: string; readonly accessEpoch: number };
  request(tunnel: { id: string; secret: string }): ToAgent;
  readonly port: number;
}

export interface AppAccessDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly auth: AuthService;
  readonly tickets: TicketsService;
  /** `keys.appCookie`. */
  readonly key: Uint8Array;
}

/** Who may use a session's web app on its own origin: in by ticket, then by a cookie that is good there alone, checked at each request. */
export class AppAccess {
  constructor(private readonly deps: AppAccessDeps) {}

  async enter(input: {
    sessionId: string;
    port: number | null;
    ticket: string;
    address: string;
  }): Promise<{ cookie: string; maxAgeSeconds: number }> {
    const taken = await this.deps.tickets.redeem(input.ticket, { purpose: "app", sessionId: input.sessionId });
    if (taken.port !== input.port) throw new BerthError("TICKET_INVALID", "This ticket is for another port of the session");
    const now = this.deps.clock.now();
    const login = await this.deps.auth.currentOfTicket(taken.userId, taken.loginId, new Date(now.getTime() + LOGIN_SECONDS * 1000));
    if (!login) throw new BerthError("TICKET_INVALID", "The login that this ticket belongs to has ended");
    const expires = Math.floor(now.getTime() / 1000) + PASS_SECONDS;
    const pass = {
      sessionId: input.sessionId,
      port: input.port,
      userId: login.userId,
      loginId: login.loginId,
      accessEpoch: login.accessEpoch,
      expires,
    };
    return { cookie: sealAppPass(pass, this.deps.key), maxAgeSeconds: PASS_SECONDS };
  }

  async authorize(input: { sessionId: string; port: number | null; cookie: string | null }): Promise<AppGrant> {
    const pass = input.cookie ? openAppPass(input.cookie, this.deps.key) : null;
    if (!pass || pass.sessionId !== input.sessionId || pass.port !== input.port) {
      throw new BerthError("AUTH_TOKEN_MISSING", "Open this app from Berth: its address alone is not enough");
    }
    const login = await this.deps.auth.current({ ...pass, expiresAt: new Date(pass.expires * 1000), via: "cookie" });
    if (!login) throw new BerthError("AUTH_TOKEN_EXPIRED", "This login has ended; open the app from Berth again");
    const row = await findSession(this.deps.database, input.sessionId);
    const display = row && (await findDisplays(this.deps.database, [row])).get(row.id);
    if (!row || !display) throw sessionMissing(input.sessionId);
    enforce(maySessions(login, "screen", row), () => sessionMissing(input.sessionId), "use another person's app");
    demandRunning(row, this.deps.clock.now());
    const spec = displaySchema.parse(display.display);
    const port = input.port ?? spec.port;
    if (input.port === null && spec.protocol !== "http")
      throw new BerthError("DISPLAY_PROTOCOL_MISMATCH", `'${row.name}' is a desktop, not a web app; open it in the viewer`);
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
    };
  }
}
