import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../../platform/bus";
import { hashSecret, type Ids } from "../../../platform/ids";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { TicketsService } from "../../users/tickets-service";
import type { Asker } from "../../users/users-schema";
import { demandRunning } from "../running-session";
import { insertEvent } from "../sessions-store";
import { shareMissing } from "../sharing/share-missing";
import { namesOf } from "../sharing/shares-store";
import type { PortRules, PortRulesDeps, PortSession } from "./port-rules";
import type {
  openPortOutput,
  PortShare,
  portLinkInput,
  portLinkOutput,
  portSharesOutput,
  sharePortInput,
  sharePortOutput,
  unsharePortInput,
} from "./ports-schema";
import type { PortOrigins } from "./ports-service";
import {
  countPortShares,
  deleteExpiredPortShares,
  deletePortShare,
  findPortShareByToken,
  findPortShares,
  insertPortShare,
  type PortShareRow,
  upsertPortVisit,
} from "./ports-store";

const MAX_LINKS = 50;

export interface PortSharesDeps extends Pick<PortRulesDeps, "database" | "clock"> {
  readonly bus: Bus;
  readonly ids: Ids;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
  readonly rules: PortRules;
  readonly origins: PortOrigins;
  readonly publicUrl: URL;
}

/** Links to ports, for people who are signed in. What is taken back is gone, and with it every connection that came by it. Everything asks the policy itself. */
export class PortSharesService {
  constructor(private readonly deps: PortSharesDeps) {}

  async list(asker: Asker, id: string): Promise<z.output<typeof portSharesOutput>> {
    const { database, clock, rules } = this.deps;
    const { row } = await rules.find(asker, id, "share");
    const shares = await findPortShares(database, row.id, clock.now());
    const names = await namesOf(
      database,
      shares.map(({ createdById }) => createdById),
    );
    return { shares: shares.map((share) => view(share, names.get(share.createdById) ?? null)) };
  }

  /** By its owner alone. Throws SHARING_OFF, PORTS_OFF, PORT_LIMIT. */
  async create(asker: Asker, input: z.output<typeof sharePortInput>): Promise<z.output<typeof sharePortOutput>> {
    const { database, clock, ids, rules, audit, publicUrl } = this.deps;
    const session = await rules.find(asker, input.id, "invite");
    const { row, policy } = session;
    if (!policy.sharing) throw new BerthError("SHARING_OFF", `'${row.name}' may not be shared: its policy says so`);
    const now = clock.now();
    const token = ids.secret();
    const { port, label } = input;
    const expiresAt = new Date(now.getTime() + input.expiresInSeconds * 1000);
    const share = await database.$transaction(async (tx) => {
      await deleteExpiredPortShares(tx, row.id, now);
      if ((await countPortShares(tx, row.id)) >= MAX_LINKS)
        throw new BerthError("PORT_LIMIT", `'${row.name}' has ${MAX_LINKS} links to its ports already; take one back first`);
      const data = { id: ids.uuid(), sessionId: row.id, port, label, createdById: asker.userId, createdAt: now, expiresAt };
      const made = await insertPortShare(tx, { ...data, tokenHash: hashSecret(token) });
      const details = { name: row.name, share: made.id, port, label, until: expiresAt.toISOString() };
      await audit.record(tx, actorOf(asker), { action: "ports.share", target: { kind: "session", id: row.id }, details });
      return made;
    });
    await this.changed(session);
    return { ...view(share, asker.username), url: new URL(`/ports/${token}`, publicUrl).href };
  }

  /** Every connection that came by it ends at once. Throws SHARE_NOT_FOUND. */
  async revoke(asker: Asker, { id, shareId }: z.output<typeof unsharePortInput>): Promise<void> {
    const { database, rules, audit } = this.deps;
    const session = await rules.find(asker, id, "share");
    await database.$transaction(async (tx) => {
      const gone = await deletePortShare(tx, session.row.id, shareId);
      if (!gone) throw shareMissing();
      const details = { name: session.row.name, owner: session.row.user.username, share: shareId, port: gone.port };
      await audit.record(tx, actorOf(asker), { action: "ports.unshare", target: { kind: "session", id: session.row.id }, details });
    });
    await this.changed(session);
  }

  /** What a link leads to, for whoever has it and is signed in. Throws SHARE_NOT_FOUND. */
  async look({ token }: z.output<typeof portLinkInput>): Promise<z.output<typeof portLinkOutput>> {
    const { row, share } = await this.byToken(token);
    return { session: row.name, owner: row.user.username, port: share.port, label: share.label, expiresAt: share.expiresAt };
  }

  /** The right to open what a link leads to, once and soon; who did is written down. Throws as `look`, SHARING_OFF, PORTS_OFF, SESSION_NOT_RUNNING. */
  async enter(asker: Asker, { token }: z.output<typeof portLinkInput>): Promise<z.output<typeof openPortOutput>> {
    const { database, clock, tickets, audit, origins } = this.deps;
    const session = await this.byToken(token);
    const { row, share } = session;
    demandRunning(row, clock.now());
    const { ticket, expiresAt } = await database.$transaction(async (tx) => {
      await upsertPortVisit(tx, share.id, asker.userId, clock.now());
      const details = { name: row.name, owner: row.user.username, share: share.id, port: share.port, label: share.label };
      await audit.record(tx, actorOf(asker), { action: "ports.enter", target: { kind: "session", id: row.id }, details });
      const message = `${asker.username} opened port ${share.port} by a link${share.label ? ` ('${share.label}')` : ""}`;
      await insertEvent(tx, { sessionId: row.id, at: clock.now(), kind: "port_opened", message, actorId: asker.userId });
      return tickets.issue(tx, {
        purpose: "app",
        userId: asker.userId,
        loginId: asker.loginId,
        sessionId: row.id,
        mode: "http",
        port: share.port,
        shareId: share.id,
      });
    });
    await this.changed(session);
    return { url: origins.entry(row.id, share.port, ticket), expiresAt };
  }

  private async byToken(token: string) {
    const { database, clock, rules } = this.deps;
    const share = await findPortShareByToken(database, hashSecret(token), clock.now());
    if (!share) throw shareMissing();
    const session = await rules.session(share.sessionId);
    await rules.demandShare(session, { sessionId: share.sessionId, port: share.port, shareId: share.id });
    if (!session.policy.ports) throw new BerthError("PORTS_OFF", `The policy of '${session.row.name}' opens no ports`);
    return { ...session, share };
  }

  private changed({ row }: Pick<PortSession, "row">): Promise<void> {
    return this.deps.bus.publish({ kind: "inside", sessionId: row.id, userId: row.userId, about: "ports" });
  }
}

const view = (row: PortShareRow, createdBy: string | null): PortShare => ({
  id: row.id,
  port: row.port,
  label: row.label,
  createdBy,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  visits: row.visits.map(({ user, times, firstAt, lastAt }) => ({ user: user.username, times, firstAt, lastAt })),
});
