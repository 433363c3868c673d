import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import { pagination } from "../../platform/paging";
import type { AuditActor } from "./audit-actor";
import { auditEntrySchema, type listAuditInput, type listAuditOutput } from "./audit-schema";
import { findAuditEntries, insertAuditEntry } from "./audit-store";

export interface AuditRecord {
  /** `sessions.create`, `agents.drain`, … */
  readonly action: string;
  readonly target?: { readonly kind: string; readonly id: string };
  /** Free-form, never a secret. */
  readonly details?: Record<string, string | number | boolean | null | readonly string[]>;
}

export class AuditService {
  constructor(private readonly deps: { readonly database: Database }) {}

  /** Give it the transaction of the change, so that neither is there without the other. */
  async record(tx: Tx, actor: AuditActor, record: AuditRecord): Promise<void> {
    await insertAuditEntry(tx, {
      actorKind: actor.kind,
      actorId: actor.kind === "system" ? null : actor.id,
      actorName: actor.kind === "system" ? null : actor.name,
      actorToken: actor.kind === "user" ? (actor.token ?? null) : null,
      address: actor.kind === "system" ? null : actor.address,
      action: record.action,
      targetKind: record.target?.kind ?? null,
      targetId: record.target?.id ?? null,
      details: JSON.parse(JSON.stringify(record.details ?? {})),
    });
  }

  async list(input: z.output<typeof listAuditInput>): Promise<z.output<typeof listAuditOutput>> {
    const { rows, nextCursor, counted } = await findAuditEntries(this.deps.database, input, input);
    const entries = rows.map((row) =>
      auditEntrySchema.parse({ ...row, id: String(row.id), details: z.record(z.string(), z.unknown()).catch({}).parse(row.details) }),
    );
    return { entries, pagination: pagination(input, counted, nextCursor) };
  }
}
