import type { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { FILES } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { ACCESS_HEADER, accessParametersSchema, type FileAccess, fileAccess, folderListingSchema } from "@berth/protocol/session-files";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import { enforce } from "../../platform/verdict";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import { effectivePolicy } from "../sessions/effective-policy";
import { demandRunning } from "../sessions/running-session";
import { maySessions } from "../sessions/sessions-policy";
import { sessionMissing } from "../sessions/sessions-service";
import { findDisplays, findSession, insertEvent, type SessionRow } from "../sessions/sessions-store";
import type { SharesService } from "../sessions/shares-service";
import type { Asker } from "../users/users-schema";
import { addressOf, type FileAddress } from "./file-address";
import type { listFilesInput, listFilesOutput, makeFolderInput, moveFileInput, removeFileInput } from "./files-schema";

export interface AgentRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | Buffer | null;
  readonly signal?: AbortSignal;
}
export interface AgentAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}
/** The agents' own HTTP API; the composition root has it. Throws what the agent refuses with. */
export interface AgentReach {
  request(target: { agentId: string; agentName: string; sessionId: string }, request: AgentRequest): Promise<AgentAnswer>;
}

/** What is asked of the agent: see `agent/files`. */
export interface FileRequest {
  readonly method: AgentRequest["method"];
  readonly what: "folder" | "file" | "upload" | "archive" | "move";
  readonly address: FileAddress;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | null;
  readonly signal?: AbortSignal;
}

export interface WhichFiles {
  readonly id: string;
  readonly reason?: string | undefined;
  /** As the container control contract asks for: another's is refused, also where elsewhere it would look as if it weren't there. */
  readonly refusesStrangers?: boolean;
}

/** A session whose files the asking person may touch. */
export interface OpenFiles {
  readonly access: FileAccess;
  request(request: FileRequest): Promise<AgentAnswer>;
  /** In the audit log: what was read whole, changed or removed. */
  record(action: FileDeed, details: Readonly<Record<string, unknown>>): Promise<void>;
}
export type FileDeed = "download" | "write" | "delete" | "move" | "make_folder";

export interface FilesDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly shares: SharesService;
  readonly agentReach: AgentReach;
}

/** Another person's files, once opened for a reason, are not told of again for so long. */
const VISIT_MS = 15 * 60_000;

/** Files inside sessions: who may, on which agent, in which folders. What a path means is decided where the file is. */
export class FilesService {
  private readonly visits = new Map<string, number>();

  constructor(private readonly deps: FilesDeps) {}

  /**
   * Asks the policy itself. Another's asks an administrator for a reason, which is audited and stands in the owner's timeline. Throws
   * SESSION_NOT_RUNNING, AGENT_OFFLINE and AGENT_TOO_OLD.
   */
  async open(asker: Asker, { id, reason, refusesStrangers = false }: WhichFiles): Promise<OpenFiles> {
    const { database, clock, shares, agentReach, audit } = this.deps;
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
    const display = (await findDisplays(database, [row])).get(row.id);
    if (!display || !effectivePolicy(row, display).fileTransfer)
      throw new BerthError("FILES_OFF", `The policy of '${row.name}' lets no files in or out`);
    demandRunning(row, clock.now());
    const { agent } = row;
    if (!agent.capabilities.includes(FILES))
      throw new BerthError("AGENT_TOO_OLD", `Agent '${agent.name}' is too old to reach files; update it`);
    const access = await this.accessOf(row);
    if (foreign) await this.tell(asker, row, reason ?? "");
    const target = { agentId: agent.id, agentName: agent.name, sessionId: row.id };
    const accessText = Buffer.from(JSON.stringify(access)).toString("base64url");
    return {
      access,
      request: ({ method, what, address, query, headers, body, signal }) => {
        const search = new URLSearchParams({ path: address.bytes.toString("base64url"), ...query });
        return agentReach.request(target, {
          method,
          path: `${what}?${search}`,
          headers: { ...headers, [ACCESS_HEADER]: accessText },
          body: body ?? null,
          ...(signal ? { signal } : {}),
        });
      },
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

  async list(
    asker: Asker,
    { path, cursor, limit, ...which }: z.output<typeof listFilesInput> & WhichFiles,
  ): Promise<z.output<typeof listFilesOutput>> {
    const files = await this.open(asker, which);
    const { readable, writable } = files.access;
    const address = addressOf(path ?? readable[0] ?? "/");
    const query = { limit: String(limit), ...(cursor === undefined ? {} : { cursor }) };
    const answer = await files.request({ method: "GET", what: "folder", address, query });
    const roots = readable.map((root) => ({ path: root, writable: writable.includes(root) }));
    return { ...folderListingSchema.parse(await json(answer.body)), roots };
  }

  async makeFolder(asker: Asker, { path, ...which }: z.output<typeof makeFolderInput>): Promise<void> {
    const files = await this.open(asker, which);
    await done(files.request({ method: "POST", what: "folder", address: addressOf(path) }));
    await files.record("make_folder", { path });
  }

  async move(asker: Asker, { from, to, overwrite, ...which }: z.output<typeof moveFileInput>): Promise<void> {
    const files = await this.open(asker, which);
    const query = { to: addressOf(to).bytes.toString("base64url"), ...(overwrite ? { over: "1" } : {}) };
    await done(files.request({ method: "POST", what: "move", address: addressOf(from), query }));
    await files.record("move", { path: from, to });
  }

  async remove(asker: Asker, { path, recursive, ...which }: z.output<typeof removeFileInput>): Promise<void> {
    const files = await this.open(asker, which);
    await done(files.request({ method: "DELETE", what: "file", address: addressOf(path), query: recursive ? { recursive: "1" } : {} }));
    await files.record("delete", { path, recursive });
  }

  private async accessOf({ templateId, templateVersion }: SessionRow): Promise<FileAccess> {
    const version = await this.deps.database.templateVersion.findUniqueOrThrow({
      where: { templateId_version: { templateId, version: templateVersion } },
      select: { homePath: true, accessParameters: true },
    });
    return fileAccess(version.homePath, accessParametersSchema.parse(version.accessParameters));
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

async function done(answer: Promise<AgentAnswer>): Promise<void> {
  for await (const _ of (await answer).body);
}
