import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { loginSummarySchema } from "./account-schema";
import { LOGIN_SECONDS } from "./login-length";
import { deleteExpiredLogins, deleteLogin, deleteLoginsOfUser, findLogins, insertLogin, markLoginsSeen } from "./logins-store";
import type { TicketsService } from "./tickets-service";
import { userMissing } from "./user-missing";
import type { Asker, Login } from "./users-schema";
import { findUser, insertRevokedLogin, updateUser } from "./users-store";

/** Where a login begins. */
export interface Origin {
  readonly address: string;
  readonly userAgent?: string | null | undefined;
}

export interface LoginsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
}

/** What a person sees of their logins, and how they end them. */
export class LoginsService {
  /** When each was seen last, as far as it isn't written yet. */
  private seenAt = new Map<string, Date>();

  constructor(private readonly deps: LoginsDeps) {}

  async record(tx: Tx, login: Login, from: Origin): Promise<void> {
    const now = this.deps.clock.now();
    await insertLogin(tx, {
      id: login.loginId,
      userId: login.userId,
      via: login.via,
      address: from.address,
      userAgent: from.userAgent?.slice(0, 300) ?? null,
      accessEpoch: login.accessEpoch,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: login.expiresAt,
    });
  }

  /** Costs nothing: it is written down once a minute, for all (`flush`). */
  seen(loginId: string): void {
    this.seenAt.set(loginId, this.deps.clock.now());
  }

  async flush(): Promise<void> {
    const seen = this.seenAt;
    this.seenAt = new Map();
    if (seen.size > 0) await markLoginsSeen(this.deps.database, seen);
    await deleteExpiredLogins(this.deps.database, this.deps.clock.now());
  }

  async list(asker: Asker): Promise<z.output<typeof loginSummarySchema>[]> {
    const rows = await findLogins(this.deps.database, asker.userId, asker.accessEpoch, this.deps.clock.now());
    return rows.map(({ id, via, address, userAgent, createdAt, lastSeenAt, expiresAt }) => ({
      id,
      current: id === asker.loginId,
      via: via === "bearer" ? "bearer" : "cookie",
      address,
      userAgent,
      createdAt,
      lastSeenAt: this.seenAt.get(id) ?? lastSeenAt,
      expiresAt,
    }));
  }

  /** Ends one of the asker's own logins: its token, tickets and sockets. Another person's is not there. */
  async end(asker: Asker, loginId: string): Promise<void> {
    await this.deps.database.$transaction(async (tx) => {
      if (!(await deleteLogin(tx, loginId, asker.userId))) throw new BerthError("NOT_FOUND", "This login has ended already");
      await this.revoke(tx, loginId);
      await this.deps.audit.record(tx, actorOf(asker), { action: "auth.end_login", target: { kind: "user", id: asker.userId } });
    });
    await this.deps.bus.publish({ kind: "logout", loginId });
  }

  /** Ends one login, without asking whose it is. */
  async signOut(loginId: string): Promise<void> {
    await this.deps.database.$transaction(async (tx) => {
      await deleteLogin(tx, loginId);
      await this.revoke(tx, loginId);
    });
    await this.deps.bus.publish({ kind: "logout", loginId });
  }

  /** Ends every login of a person: cookies, tokens, tickets, open screens. */
  async endAll(asker: Asker, userId: string): Promise<void> {
    if (!(await findUser(this.deps.database, userId))) throw userMissing(userId);
    await this.deps.database.$transaction(async (tx) => {
      const user = await updateUser(tx, userId, { accessEpoch: { increment: 1 } });
      await this.deps.tickets.revokeOfUser(tx, userId);
      await deleteLoginsOfUser(tx, userId);
      const details = { username: user.username };
      await this.deps.audit.record(tx, actorOf(asker), { action: "auth.end_all_logins", target: { kind: "user", id: userId }, details });
    });
    await this.deps.bus.publish({ kind: "access", userId }, { kind: "user", userId });
  }

  private async revoke(tx: Tx, loginId: string): Promise<void> {
    await insertRevokedLogin(tx, loginId, new Date(this.deps.clock.now().getTime() + LOGIN_SECONDS * 1000));
    await this.deps.tickets.revokeOfLogin(tx, loginId);
  }
}
