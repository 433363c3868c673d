import { FILES } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { accessAtRest, accessParametersSchema, type FileAccess, fileAccess } from "@berth/protocol/session-files";
import { WATCH } from "@berth/protocol/session-watch";
import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { enforce } from "../../../platform/verdict";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { Asker } from "../../users/users-schema";
import { effectivePolicy } from "../effective-policy";
import { maySessions } from "../sessions-policy";
import { sessionMissing } from "../sessions-service";
import { findDisplays, findFolders, findSession, insertEvent, type SessionRow } from "../sessions-store";
import type { SharesService } from "../sharing/shares-service";
import { homePlaceOf, placeOf, rests, type SessionPlace } from "./session-reach";
import type { WatchedFolders } from "./watch-lines";

export interface WhichFiles {
  readonly id: string;
  readonly reason?: string | undefined;
  /** As the container control contract asks for: another's is refused, also where elsewhere it would look as if it weren't there. */
  readonly refusesStrangers?: boolean;
}

/** Where the files are, and what of them is open to whom. */
export interface FileVisit {
  readonly target: SessionPlace;
  readonly access: FileAccess;
  /** In the audit log: what was read whole, changed or removed. */
  record(action: FileDeed, details: Readonly<Record<string, unknown>>): Promise<void>;
}
export type FileDeed = "download" | "write" | "delete" | "move" | "make_folder";

export interface FileVisitsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly shares: SharesService;
}

/** Another person's files, once opened for a reason, are not told of again for so long. */
const VISIT_MS = 15 * 60_000;

/** Who may touch a session's files: its owner, and an administrator who says why. */
export class FileVisits {
  private readonly visits = new Map<string, number>();

  constructor(private readonly deps: FileVisitsDeps) {}

  /**
   * Of one that is hibernated, its home. Asks the policy itself. Another's asks an administrator for a reason, which is audited and stands in the owner's timeline. Throws
   * SESSION_NOT_RUNNING, AGENT_OFFLINE and AGENT_TOO_OLD.
   */
  async open(asker: Asker, { id, reason, refusesStrangers = false }: WhichFiles): Promise<FileVisit> {
    const { database, clock, shares, audit } = this.deps;
    const row = await findSession(database, id);
    if (!row) throw sessionMissing(id);
    const foreign = row.userId !== asker.userId;
    const invited = foreign && (await shares.invitationOf(asker.userId, row.id)) !== null;
    const verdict = maySessions(asker, "files", row, invited);
    enforce(verdict === "hidden" && refusesStrangers ? "refused" : verdict, () => sessionMissing(id), "touch the files of this session");
    if (foreign && !reason) {
      const problem = `say why you open the files of ${row.user.username}; they will see it`;
      throw new BerthError("VALIDATION_FAILED", `reason: ${problem}`, { details: { fields: { reason: problem } } });
    }
    await this.demandOpen(row);
    const resting = rests(row);
    const target = resting ? homePlaceOf(row, clock.now()) : placeOf(row, clock.now(), FILES);
    const access = await this.accessOf(row, resting);
    if (foreign) await this.tell(asker, row, reason ?? "");
    return {
      target,
      access,
      record: (action, details) =>
        database.$transaction((tx) =>
          audit.record(tx, actorOf(asker), {
            action: `files.${action}`,
            target: { kind: "session", id: row.id },
            details: { name: row.name, ...details, ...(foreign ? { ownerId: row.userId, reason } : {}) },
          }),
        ),
    };
  }

  /**
   * What of a session's files is watched. Whoever calls has asked who may. Throws SESSION_NOT_FOUND, FILES_OFF, SESSION_NOT_RUNNING,
   * AGENT_OFFLINE and AGENT_TOO_OLD.
   */
  async folders(id: string): Promise<WatchedFolders> {
    const { database, clock } = this.deps;
    const row = await findSession(database, id);
    if (!row) throw sessionMissing(id);
    await this.demandOpen(row);
    return { target: placeOf(row, clock.now(), WATCH), access: await this.accessOf(row, false) };
  }

  private async demandOpen(row: SessionRow): Promise<void> {
    const display = (await findDisplays(this.deps.database, [row])).get(row.id);
    if (!display || !effectivePolicy(row, display).fileTransfer)
      throw new BerthError("FILES_OFF", `The policy of '${row.name}' lets no files in or out`);
  }

  private async accessOf(row: SessionRow, resting: boolean): Promise<FileAccess> {
    const version = await findFolders(this.deps.database, row);
    const access = fileAccess(version.homePath, accessParametersSchema.parse(version.accessParameters));
    return resting ? accessAtRest(access, version.homePath) : access;
  }

  /** Nobody looks through another's files unseen. */
  private async tell(asker: Asker, row: SessionRow, reason: string): Promise<void> {
    const { database, bus, clock, audit } = this.deps;
    const now = clock.now().getTime();
    for (const [visit, at] of this.visits) if (at + VISIT_MS < now) this.visits.delete(visit);
    const visit = JSON.stringify([asker.loginId, row.id, reason]);
    if (this.visits.has(visit)) return;
    await database.$transaction(async (tx) => {
      const details = { name: row.name, owner: row.user.username, reason };
      await audit.record(tx, actorOf(asker), { action: "files.open", target: { kind: "session", id: row.id }, details });
      const message = `${asker.username} (administrator) opened the files of this session: ${reason}`;
      await insertEvent(tx, { sessionId: row.id, at: clock.now(), kind: "files_opened", message, actorId: asker.userId });
    });
    this.visits.set(visit, now);
    await bus.publish({ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId });
  }
}
