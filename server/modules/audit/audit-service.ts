import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import { pagination } from "../../platform/paging";
import type { AuditActor } from "./audit-actor";
import {
  type AuditEntry,
  type AuditFilter,
  type AuditFormat,
  type AuditResult,
  auditEntrySchema,
  type auditWordsOutput,
  type listAuditInput,
  type listAuditOutput,
} from "./audit-schema";
import { type AuditRow, countAuditEntries, findAuditPage, findAuditWords, insertAuditEntry } from "./audit-store";

const BATCH = 500;

export interface AuditRecord {
  /** `sessions.create`, `agents.drain`, … */
  readonly action: string;
  readonly target?: { readonly kind: string; readonly id: string };
  /** Free-form, never a secret. */
  readonly details?: Record<string, string | number | boolean | null | readonly string[]>;
}

export class AuditService {
  constructor(
    private readonly deps: {
      readonly database: Database;
      /** Told of each deed that was done, in its transaction. */
      readonly heard?: (tx: Tx, actor: AuditActor, record: AuditRecord) => Promise<void>;
    },
  ) {}

  /** What was done. Give it the transaction of the change, so that neither is there without the other. */
  async record(tx: Tx, actor: AuditActor, record: AuditRecord): Promise<void> {
    await this.write(tx, actor, record, "succeeded");
    await this.deps.heard?.(tx, actor, record);
  }

  /** What was asked and not done. It changed nothing, and stands by itself. */
  async recordDenied(actor: AuditActor, record: AuditRecord, result: Exclude<AuditResult, "succeeded">): Promise<void> {
    await this.write(this.deps.database, actor, record, result);
  }

  private async write(db: Tx | Database, actor: AuditActor, record: AuditRecord, result: AuditResult): Promise<void> {
    const named = "name" in actor ? actor : null;
    await insertAuditEntry(db, {
      actorKind: actor.kind,
      actorId: named?.id ?? null,
      actorName: named?.name ?? null,
      actorToken: actor.kind === "user" ? (actor.token ?? null) : null,
      address: actor.kind === "system" ? null : actor.address,
      action: record.action,
      targetKind: record.target?.kind ?? null,
      targetId: record.target?.id ?? null,
      details: JSON.parse(JSON.stringify(record.details ?? {})),
      result,
    });
  }

  async list(input: z.output<typeof listAuditInput>): Promise<z.output<typeof listAuditOutput>> {
    const { page, limit, cursor, ...filter } = input;
    const [{ rows, nextCursor }, counted] = await Promise.all([
      findAuditPage(this.deps.database, filter, { page, limit, cursor }),
      countAuditEntries(this.deps.database, filter),
    ]);
    return { entries: rows.map(entryOf), pagination: pagination(input, counted, nextCursor) };
  }

  /** Actions and kinds of things that the log has entries of, sorted. */
  words(): Promise<z.output<typeof auditWordsOutput>> {
    return findAuditWords(this.deps.database);
  }

  /** Says who exports what, then gives all of it, newest first, a batch of at most 500 at a time: no more than that is in memory, and no query waits for the reader. */
  async *export(actor: AuditActor, filter: AuditFilter, format: AuditFormat): AsyncGenerator<AuditEntry[]> {
    const { database } = this.deps;
    await database.$transaction((tx) => this.record(tx, actor, { action: "audit.export", details: { format, ...told(filter) } }));
    let cursor: string | undefined;
    do {
      const { rows, nextCursor } = await findAuditPage(database, filter, { page: 1, limit: BATCH, cursor });
      if (rows.length > 0) yield rows.map(entryOf);
      cursor = nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
}

const entryOf = (row: AuditRow): AuditEntry =>
  auditEntrySchema.parse({ ...row, id: String(row.id), details: z.record(z.string(), z.unknown()).catch({}).parse(row.details) });

const told = (filter: AuditFilter): Record<string, string> =>
  Object.fromEntries(Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
