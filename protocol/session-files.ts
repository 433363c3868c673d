/**
 * Files inside a session: which folders may be touched, and what is said of what is in them. Paths are bytes, as the session's system has
 * them; on the way to an agent they are base64url of those bytes, since a name need not be UTF-8.
 */
import { z } from "zod";

/** Never served, whatever a template says: what the kernel and the agent put there is not the session's own. */
export const CLOSED_FOLDERS = ["/proc", "/sys", "/dev", "/run/berth"] as const;
export const MAX_PATH_BYTES = 4096;
export const MAX_NAME_BYTES = 255;
/** What an agent lists at once. */
export const MAX_ENTRIES = 10_000;

const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** A folder as the session's system has it: without links on the way, `.` or `..`. */
const folderSchema = z
  .string()
  .max(1024)
  .regex(/^\/(?:[^/\p{Cc}]+(?:\/[^/\p{Cc}]+)*)?$/u, "must be an absolute path without a slash at its end")
  .refine((path) => !path.split("/").some((part) => part === "." || part === ".."), "must not have '.' or '..' in it")
  .refine((path) => !CLOSED_FOLDERS.some((folder) => isIn(path, folder)), `must not be in ${CLOSED_FOLDERS.join(", ")}`);

/** With which a program is asked to read its configuration again: those that daemons take for that. */
export const reloadSignalSchema = z.enum(["HUP", "USR1", "USR2"]);
export type ReloadSignal = z.output<typeof reloadSignalSchema>;

/** Which folders of a session may be touched through Berth, and what follows from it. Its own programs go where their user may. */
const accessFields = z.strictObject({
  /** Absent: the home alone. */
  writablePaths: z.array(folderSchema).max(16).optional(),
  readOnlyPaths: z.array(folderSchema).max(16).optional(),
  /** Writable too. */
  configDir: folderSchema.optional(),
  instructionsDir: folderSchema.optional(),
  /** A change in `configDir` is followed by `reloadSignal` (default HUP). */
  supportsHotReload: z.boolean().optional(),
  reloadSignal: reloadSignalSchema.optional(),
  /** Whose: the name of a program. Absent: the container's main process, to which its init passes it on. */
  reloadProcess: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9._+-]+$/, "must be the name of a program, without its folder")
    .optional(),
});
export const accessParametersSchema = accessFields.refine(
  ({ supportsHotReload, configDir }) => !supportsHotReload || configDir !== undefined,
  { path: ["configDir"], message: "must be there where changes in it are followed by a signal" },
);
export type AccessParameters = z.output<typeof accessParametersSchema>;

/** What an agent is told with each request. */
export const fileAccessSchema = z.strictObject({ writable: z.array(folderSchema).max(20), readable: z.array(folderSchema).max(40) });
export type FileAccess = z.output<typeof fileAccessSchema>;
/** `fileAccessSchema` as JSON, base64url. */
export const ACCESS_HEADER = "x-file-access";

export function fileAccess(homePath: string, { writablePaths, readOnlyPaths, configDir, instructionsDir }: AccessParameters): FileAccess {
  const writable = [...(writablePaths ?? [homePath]), ...[configDir, instructionsDir].filter((path) => path !== undefined)];
  return { writable, readable: [...writable, ...(readOnlyPaths ?? [])] };
}

/** What is left of it where the session doesn't run: its home alone is there. */
export const accessAtRest = ({ writable, readable }: FileAccess, homePath: string): FileAccess => ({
  writable: writable.filter((path) => isIn(path, homePath)),
  readable: readable.filter((path) => isIn(path, homePath)),
});

/** What is wrong with a path that is to be followed, in words that go on from "the path"; null: nothing. */
export function pathProblem(path: Uint8Array): string | null {
  if (path.length === 0 || path[0] !== SLASH) return "must begin with /";
  if (path.length > MAX_PATH_BYTES) return `may have ${MAX_PATH_BYTES} bytes`;
  if (path.includes(0)) return "must not have a zero byte in it";
  let from = 1;
  while (from <= path.length) {
    const slash = path.indexOf(SLASH, from);
    const to = slash < 0 ? path.length : slash;
    const length = to - from;
    if (length === 0 && path.length > 1) return "must not have an empty part in it, nor a slash at its end";
    if (length > MAX_NAME_BYTES) return `may have ${MAX_NAME_BYTES} bytes in each part`;
    if (path[from] === DOT && (length === 1 || (length === 2 && path[from + 1] === DOT))) return "must not have '.' or '..' in it";
    from = to + 1;
  }
  return null;
}
const SLASH = 0x2f;
const DOT = 0x2e;

/** The capability of an agent that reaches the home of a session that doesn't run. */
export const FILES_AT_REST = "files_at_rest";

export const fileKindSchema = z.enum(["file", "folder", "link", "other"]);
export type FileKind = z.output<typeof fileKindSchema>;

export const fileEntrySchema = z.object({
  /** Bytes that are no UTF-8 are shown as U+FFFD. */
  name: z.string(),
  /** Its bytes, percent-encoded as they go into an address; only where `name` can't say them. */
  rawName: z.string().nullable(),
  kind: fileKindSchema,
  /** Bytes. */
  size: z.number(),
  /** Permissions, octal: `644`. */
  mode: z.string(),
  modifiedAt: z.coerce.date(),
  /** Where a link leads, as it is written in it. */
  target: z.string().nullable(),
  /** Of a link: what is there; null where there is nothing that may be seen. */
  targetKind: fileKindSchema.nullable(),
});
export type FileEntry = z.output<typeof fileEntrySchema>;

export const folderListingSchema = z.object({
  /** Where it really is. */
  path: z.string(),
  writable: z.boolean(),
  /** By name, folders and files together. */
  entries: z.array(fileEntrySchema),
  /** Null: these were the last. */
  nextCursor: z.string().nullable(),
});
export type FolderListing = z.output<typeof folderListingSchema>;

/** Of a file that was written. */
export const writtenFileSchema = z.object({ size: z.number(), mode: z.string(), modifiedAt: z.coerce.date(), etag: z.string() });
export type WrittenFile = z.output<typeof writtenFileSchema>;

/** How much of an upload in parts is there. */
export const uploadStateSchema = z.object({ offset: z.number() });
export const uploadIdSchema = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/);

/** Of an archive that was asked for as a zip; an agent that knows tar alone says another. */
export const ZIP_TYPE = "application/zip";
