import { z } from "zod";

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
  deleting: z.boolean(),
  createdAt: z.date(),
  lastUsedAt: z.date(),
});
export type Home = z.infer<typeof homeSchema>;

export const listHomesInput = z.strictObject({ user: z.string().max(63).optional() });
export const homeIdInput = z.strictObject({ id: z.uuid() });
export const listHomesOutput = z.object({ homes: z.array(homeSchema) });
