import { folderListingSchema, MAX_ENTRIES } from "@berth/protocol/session-files";
import { fileChangeSchema, MAX_CHANGES } from "@berth/protocol/session-watch";
import { z } from "zod";

/** Absolute, in the session's file system. */
const pathInput = z.string().min(1).max(4096);
/** Why an administrator opens another person's files; they see it. */
export const reasonInput = z.string().trim().min(1).max(500).optional();

export const listFilesInput = z.strictObject({
  id: z.string().max(100),
  /** Absent: the first folder that is open, as a rule the home. */
  path: pathInput.optional(),
  cursor: z.string().max(400).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_ENTRIES).default(MAX_ENTRIES),
  reason: reasonInput,
});
export const listFilesOutput = z.object({
  ...folderListingSchema.shape,
  /** The folders that are open, and what is in them; those that may be written to first. */
  roots: z.array(z.object({ path: z.string(), writable: z.boolean() })),
});

export const makeFolderInput = z.strictObject({ id: z.string().max(100), path: pathInput, reason: reasonInput });
export const moveFileInput = z.strictObject({
  id: z.string().max(100),
  from: pathInput,
  to: pathInput,
  /** A file that is there already goes; a folder never does. */
  overwrite: z.boolean().default(false),
  reason: reasonInput,
});
export const removeFileInput = z.strictObject({
  id: z.string().max(100),
  path: pathInput,
  /** A folder with all that is in it. */
  recursive: z.boolean().default(false),
  reason: reasonInput,
});

export const watchFilesInput = z.strictObject({ id: z.string().max(100), reason: reasonInput });
export const fileChangesOutput = z.object({
  changes: z.array(fileChangeSchema).max(MAX_CHANGES),
  /** There were more than these, or the folders hold more than is looked at: whoever shows a folder reads it again. */
  partial: z.boolean(),
});
