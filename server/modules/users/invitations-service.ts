import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { hashSecret, type Ids } from "../../platform/ids";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { acceptInvitationOutput, invitationOutput, inviteInput, seeInvitationOutput } from "./account-schema";
import type { Origin } from "./logins-service";
import { hashPassword } from "./password";
import { demandPerson } from "./service-account";
import type { TicketsService } from "./tickets-service";
import { userMissing } from "./user-missing";
import { unlessTaken } from "./user-taken";
import type { Asker } from "./users-schema";
import { userView } from "./users-service";
import { findUser, findUserByInvitation, insertUser, takeInvitation, type UserRow, updateUser } from "./users-store";

export const INVITATION_DAYS = 7;

export interface InvitationsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
  readonly publicUrl: URL;
}

const invalid = () =>
  new BerthError("INVITATION_INVALID", "This link was used, has been replaced or has run out; ask an administrator for a new one");

/** One-time links by which a person chooses their password, the first one or a new one. Nothing is sent: whoever makes one passes it on. */
export class InvitationsService {
  constructor(private readonly deps: InvitationsDeps) {}

  /** Makes the person, and the link. Throws USER_ALREADY_EXISTS. */
  async invite(asker: Asker, input: z.output<typeof inviteInput>): Promise<z.output<typeof invitationOutput>> {
    const fresh = this.fresh();
    const row = await unlessTaken(input.username, input.email, () =>
      this.deps.database.$transaction(async (tx) => {
        const made = await insertUser(tx, { id: this.deps.ids.uuid(), ...input, email: input.email ?? null, ...fresh.stored });
        await this.deps.audit.record(tx, actorOf(asker), {
          action: "users.invite",
          target: { kind: "user", id: made.id },
          details: { username: made.username, role: made.role },
        });
        return made;
      }),
    );
    await this.deps.bus.publish({ kind: "user", userId: row.id });
    return { user: userView(row), url: fresh.url, expiresAt: fresh.expiresAt };
  }

  /** A link in place of any earlier one. What the person has now, password and logins, stays until it is used. */
  async renew(asker: Asker, userId: string): Promise<z.output<typeof invitationOutput>> {
    const before = await findUser(this.deps.database, userId);
    if (!before) throw userMissing(userId);
    demandPerson(before);
    const fresh = this.fresh();
    const row = await this.deps.database.$transaction(async (tx) => {
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "users.renew_invitation",
        target: { kind: "user", id: userId },
        details: { username: before.username },
      });
      return updateUser(tx, userId, fresh.stored);
    });
    await this.deps.bus.publish({ kind: "user", userId });
    return { user: userView(row), url: fresh.url, expiresAt: fresh.expiresAt };
  }

  /** Whose link this is. Throws INVITATION_INVALID. */
  async see(token: string): Promise<z.output<typeof seeInvitationOutput>> {
    const { row, expiresAt } = await this.find(token);
    return { username: row.username, hasPassword: row.passwordHash !== null, expiresAt };
  }

  /** Sets the password, uses the link up, and ends every login that there was. Throws INVITATION_INVALID. */
  async accept(token: string, password: string, from: Origin): Promise<z.output<typeof acceptInvitationOutput>> {
    // Hashing costs something: strangers don't get it for nothing.
    const { row } = await this.find(token);
    const passwordHash = await hashPassword(password);
    await this.deps.database.$transaction(async (tx) => {
      if (!(await takeInvitation(tx, hashSecret(token), this.deps.clock.now(), passwordHash))) throw invalid();
      await this.deps.tickets.revokeOfUser(tx, row.id);
      await this.deps.audit.record(
        tx,
        { kind: "user", id: row.id, name: row.username, address: from.address },
        { action: "users.accept_invitation", target: { kind: "user", id: row.id } },
      );
    });
    await this.deps.bus.publish({ kind: "access", userId: row.id }, { kind: "user", userId: row.id });
    return { username: row.username };
  }

  private async find(token: string): Promise<{ row: UserRow; expiresAt: Date }> {
    const row = await findUserByInvitation(this.deps.database, hashSecret(token));
    const expiresAt = row?.invitationExpiresAt;
    if (!row?.active || !expiresAt || expiresAt <= this.deps.clock.now()) throw invalid();
    return { row, expiresAt };
  }

  /** The token stands behind a `#`: a browser sends it to nobody, so no log and no referrer has it. */
  private fresh() {
    const token = this.deps.ids.secret();
    const expiresAt = new Date(this.deps.clock.now().getTime() + INVITATION_DAYS * 86_400_000);
    return {
      url: `${this.deps.publicUrl.origin}/invitation#${token}`,
      expiresAt,
      stored: { invitationHash: hashSecret(token), invitationExpiresAt: expiresAt },
    };
  }
}
