/** What an agent tells of changes in a session's folders, and how its program is made to read its configuration again. */
import { z } from "zod";
import { reloadSignalSchema } from "./session-files";

/** Capability: the agent serves `watch` and `reload` in its HTTP API. */
export const WATCH = "watch";

/** Of one look; there may be more, which are counted alone. */
export const MAX_CHANGES = 200;
/** A line is said at least so often, so that both ends know of a broken way. */
export const WATCH_LINE_EVERY_MS = 15_000;

export const fileActionSchema = z.enum(["created", "modified", "deleted"]);
export const fileChangeSchema = z.object({
  /** Bytes that are no UTF-8 are U+FFFD. */
  path: z.string(),
  action: fileActionSchema,
});
export type FileChange = z.output<typeof fileChangeSchema>;

/** A line of `GET watch`. The first says how it is when watching begins: it has no changes. */
export const watchLineSchema = z.object({
  /** By path. */
  changes: z.array(fileChangeSchema).max(MAX_CHANGES),
  /** Changes beyond those. */
  more: z.number().int(),
  /** There is more in the folders than is looked at: what is made and removed there shows as a change of its folder. */
  cut: z.boolean(),
  /** The same for the same names, sizes and times of files, in another container too. */
  print: z.string().max(100),
});
export type WatchLine = z.output<typeof watchLineSchema>;
/** As JSON, in bytes: paths have 4,096 of them, and each may be written as an escape. */
export const MAX_WATCH_LINE_BYTES = 8 * 1024 * 1024;

/** Body of `POST reload`. */
export const reloadRequestSchema = z.strictObject({
  signal: reloadSignalSchema,
  /** Of whoever is called so; null: of the container's main process. */
  process: z.string().max(100).nullable(),
});
export type ReloadRequest = z.output<typeof reloadRequestSchema>;
export const reloadAnswerSchema = z.object({ signalled: z.number().int() });
