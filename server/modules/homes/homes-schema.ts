import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";

export const homeSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  volume: z.string(),
  user: z.string(),
  agentId: z.string(),
  /** As its agent counted it at that time, which it does rarely; null before. */
  sizeBytes: z.number().nullable(),
  sizeMeasuredAt: z.date().nullable(),
  /** Name of the session that uses it, if any that is not terminated does. */
  usedBy: z.object({ id: z.uuid(), name: z.string() }).nullable(),
  /** The newest session that had it, ended ones too; null where its row was deleted since. */
  lastSession: z.object({ id: z.uuid(), name: z.string(), template: z.string(), templateDisplayName: z.string() }).nullable(),
  /** Sessions that ever had it and whose rows are still there. */
  sessions: z.number().int(),
  deleting: z.boolean(),
  createdAt: z.date(),
  lastUsedAt: z.date(),
});
export type Home = z.infer<typeof homeSchema>;

export const listHomesInput = z.strictObject({
  user: z.string().max(63).optional(),
  /** In its name, or that of its agent or owner. */
  search: z.string().max(100).optional(),
  /** True: those that a new session can have. */
  free: z.boolean().optional(),
  sort: z.enum(["lastUsed", "name", "size"]).default("lastUsed"),
  order: z.enum(["asc", "desc"]).default("desc"),
  ...pageInput(50).shape,
});
export const homeIdInput = z.strictObject({ id: z.uuid() });
export const listHomesOutput = z.object({ homes: z.array(homeSchema), pagination: paginationSchema });
