import type { FileEntry } from "@berth/protocol/session-files";

type Named = Pick<FileEntry, "name" | "rawName">;

export const joinPath = (folder: string, name: string): string => (folder === "/" ? `/${name}` : `${folder}/${name}`);
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
export const folderOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf("/")));

/** It is in this folder itself, not deeper. */
export const isIn = (path: string, folder: string): boolean => path !== folder && folderOf(path) === folder;

const encoded = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
const withReason = (url: string, reason: string | null, query: Readonly<Record<string, string>> = {}): string => {
  const all = new URLSearchParams({ ...query, ...(reason === null ? {} : { reason }) });
  return all.size > 0 ? `${url}?${all}` : url;
};

export interface FilePlace {
  readonly sessionId: string;
  /** An administrator's, where the session is another's. */
  readonly reason: string | null;
}

/** Where a file's content is read and written. */
export const contentUrl = ({ sessionId, reason }: FilePlace, path: string, query?: Readonly<Record<string, string>>): string =>
  withReason(`/v1/agents/${sessionId}/files${encoded(path)}`, reason, query);

/** The same for an entry of a list, whose name may be no text. */
export const entryUrl = (place: FilePlace, folder: string, { name, rawName }: Named): string =>
  rawName === null
    ? contentUrl(place, joinPath(folder, name))
    : withReason(`/v1/agents/${place.sessionId}/files${encoded(folder === "/" ? "" : folder)}/${rawName}`, place.reason);

export const archiveUrl = ({ sessionId, reason }: FilePlace, path: string, archive: "tar" | "zip"): string =>
  withReason(`/api/v1/sessions/${sessionId}/archive${encoded(path)}`, reason, { archive });

export const uploadUrl = ({ sessionId, reason }: FilePlace, id: string, path: string, query?: Readonly<Record<string, string>>): string =>
  withReason(`/api/v1/sessions/${sessionId}/uploads/${id}${encoded(path)}`, reason, query);

/** The open folder that a path is in, and each folder from there on. */
export function crumbsOf(path: string, roots: readonly { readonly path: string }[]): { name: string; path: string }[] {
  const root = roots.map((one) => one.path).filter((one) => path === one || path.startsWith(one === "/" ? one : `${one}/`));
  const from = root.sort((a, b) => a.length - b.length)[0] ?? path;
  const crumbs = [{ name: from, path: from }];
  for (const name of path.slice(from.length).split("/").filter(Boolean)) {
    crumbs.push({ name, path: joinPath(crumbs.at(-1)?.path ?? "/", name) });
  }
  return crumbs;
}

export type FileSort = "name" | "size" | "modifiedAt";
type Sortable = {
  readonly name: string;
  readonly kind: string;
  readonly targetKind: string | null;
  readonly size: number;
  readonly modifiedAt: string;
};

export const isFolder = (entry: Pick<Sortable, "kind" | "targetKind">): boolean => entry.kind === "folder" || entry.targetKind === "folder";

/** Folders first, then as is asked for; equals by name. */
export function sorted<Entry extends Sortable>(entries: readonly Entry[], by: FileSort, descending: boolean): Entry[] {
  const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const turn = descending ? -1 : 1;
  return [...entries].sort((a, b) => {
    if (isFolder(a) !== isFolder(b)) return isFolder(a) ? -1 : 1;
    const first = by === "size" ? a.size - b.size : by === "modifiedAt" ? a.modifiedAt.localeCompare(b.modifiedAt) : 0;
    return turn * (first || words.compare(a.name, b.name));
  });
}

const pictures: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};

/** The type of a picture that a browser shows; null for what is none, by its name. */
export const pictureType = (name: string): string | null => pictures[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? null;
