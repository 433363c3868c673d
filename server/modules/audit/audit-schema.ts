import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";

export const auditResultSchema = z.enum(["succeeded", "refused", "failed"]);
export type AuditResult = z.infer<typeof auditResultSchema>;

export const auditEntrySchema = z.object({
  id: z.string(),
  at: z.date(),
  /** `nobody`: who was not signed in. */
  actorKind: z.enum(["user", "agent", "system", "nobody"]),
  actorName: z.string().nullable(),
  /** Name of the API token by which they did it. */
  actorToken: z.string().nullable(),
  action: z.string(),
  targetKind: z.string().nullable(),
  targetId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  address: z.string().nullable(),
  /** `refused`: by rights, a quota, or a wrong password. `failed`: by a fault of ours or of an agent. */
  result: auditResultSchema,
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** PostgreSQL keeps no NUL, and so nothing that was written has one. */
const text = z
  .string()
  .max(100)
  .refine((value) => !value.includes("\0"), "must not have a NUL in it");
const time = z.iso.datetime({ offset: true });
/** Entries have all that is named here, exactly as written. */
export const auditFilterSchema = z.strictObject({
  /** Who did it, by ID. */
  actorId: text.optional(),
  /** Who did it, by the name that they had. */
  actor: text.optional(),
  action: text.optional(),
  targetKind: text.optional(),
  targetId: text.optional(),
  /** From where. */
  address: text.optional(),
  result: auditResultSchema.optional(),
  /** At this time or later. */
  from: time.optional(),
  /** Before this time. */
  to: time.optional(),
});
export type AuditFilter = z.output<typeof auditFilterSchema>;

export const listAuditInput = z.strictObject({ ...auditFilterSchema.shape, ...pageInput(50).shape });
export const listAuditOutput = z.object({ entries: z.array(auditEntrySchema), pagination: paginationSchema });
/** What there is to filter by. */
export const auditWordsOutput = z.object({ actions: z.array(z.string()), targetKinds: z.array(z.string()) });

export const auditFormatSchema = z.enum(["csv", "jsonl"]);
export type AuditFormat = z.infer<typeof auditFormatSchema>;
