import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";

export const auditEntrySchema = z.object({
  id: z.string(),
  at: z.date(),
  actorKind: z.enum(["user", "agent", "system"]),
  actorName: z.string().nullable(),
  /** Name of the API token by which they did it. */
  actorToken: z.string().nullable(),
  action: z.string(),
  targetKind: z.string().nullable(),
  targetId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  address: z.string().nullable(),
});
export const listAuditInput = z.strictObject({
  /** Who did it. */
  actorId: z.string().max(100).optional(),
  targetId: z.string().max(100).optional(),
  action: z.string().max(100).optional(),
  ...pageInput(50).shape,
});
export const listAuditOutput = z.object({ entries: z.array(auditEntrySchema), pagination: paginationSchema });
