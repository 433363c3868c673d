/** Saved homes: what is asked of the agent that holds them, and how they are named in its engine. */
import { z } from "zod";

/** The capability of an agent that copies homes into snapshots and begins sessions from them. */
export const SNAPSHOTS = "snapshots";

const snapshotId = z.uuid();
export const snapshotVolumeSchema = z.string().regex(/^berth-snapshot-[a-z0-9-]{1,80}$/);
export const snapshotVolume = (id: string): string => `berth-snapshot-${id}`;
/** Only this host has it: it is never pulled. */
export const snapshotImage = (id: string): string => `${SNAPSHOT_IMAGES}${id}:latest`;
export const SNAPSHOT_IMAGES = "berth-snapshot/";

export const createSnapshotDataSchema = z.object({
  snapshot: snapshotId,
  session_id: z.string().min(8).max(64),
  /** The home that is saved. */
  volume: z.string().regex(/^berth-home-[a-z0-9-]{1,80}$/),
  /** Has the programs that copy: the session's own. */
  image: z.string().max(512),
  /** The container's file system too, as an image. */
  filesystem: z.boolean(),
  /** Where the session runs it stands still meanwhile, so that all files are of one moment. */
  freeze: z.boolean(),
});
export type CreateSnapshotData = z.infer<typeof createSnapshotDataSchema>;

/** Also ends one that is being made. What isn't there is deleted already. */
export const deleteSnapshotDataSchema = z.object({ snapshot: snapshotId });

export const snapshotResultSchema = z.object({
  size_bytes: z.number().int().min(0),
  /** What its image takes beside the one that the session was made of; null: it has none. */
  image_bytes: z.number().int().min(0).nullable(),
  /** The session stood still while it was copied, or did not run: all files are of one moment. */
  consistent: z.boolean(),
});
export type SnapshotResult = z.infer<typeof snapshotResultSchema>;
