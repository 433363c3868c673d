import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";

export const snapshotIncludeSchema = z.enum(["home", "home+filesystem"]);
export const snapshotStateSchema = z.enum(["creating", "ready", "failed", "deleting", "lost"]);

export const snapshotSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  user: z.string(),
  agentId: z.string(),
  /** Of which it was taken: it may have been ended since. */
  sessionId: z.uuid(),
  sessionName: z.string(),
  template: z.string(),
  templateDisplayName: z.string(),
  include: snapshotIncludeSchema,
  /** `lost`: its agent does not have it any more. */
  state: snapshotStateSchema,
  /** Percent and words while it is made. */
  progress: z.object({ percent: z.number().nullable(), message: z.string() }).nullable(),
  /** Why it could not be made, or not be removed. */
  problem: z.string().nullable(),
  /** Null until it is made. */
  sizeBytes: z.number().nullable(),
  imageBytes: z.number().nullable(),
  /** All files are of one moment; false: they were copied one after another while the session went on. */
  consistent: z.boolean().nullable(),
  /** Its agent was revoked: it can be used again once that host was added again. */
  unreachable: z.boolean(),
  createdAt: z.date(),
  expiresAt: z.date().nullable(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

const nameSchema = z.string().trim().min(1, "must be 1 to 80 characters").max(80, "must be 1 to 80 characters");
export const createSnapshotInput = z.strictObject({
  sessionId: z.uuid(),
  name: nameSchema,
  include: snapshotIncludeSchema.default("home"),
  /** One that runs stands still while it is copied. */
  freeze: z.boolean().default(true),
  /** Removed after so many days; default: as the control plane is configured; null: kept. */
  keepDays: z.number().int().min(1).max(3650).nullable().optional(),
});
export const listSnapshotsInput = z.strictObject({
  user: z.string().max(63).optional(),
  /** In its name, or that of its session, agent or owner. */
  search: z.string().max(100).optional(),
  ...pageInput(50).shape,
});
export const listSnapshotsOfSessionInput = z.strictObject({ sessionId: z.uuid(), ...pageInput(50).shape });
export const snapshotIdInput = z.strictObject({ id: z.uuid() });
export const listSnapshotsOutput = z.object({ snapshots: z.array(snapshotSchema), pagination: paginationSchema });
