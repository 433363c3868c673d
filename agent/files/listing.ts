/** What `LIST` and `facts` of `scripts.ts` say. */
import type { FileEntry, FileKind, FolderListing } from "@berth/protocol/session-files";
import { PART_PREFIX } from "./scripts";

const kinds = new Map<number, FileKind>([
  [0o100000, "file"],
  [0o040000, "folder"],
  [0o120000, "link"],
]);
const targetKinds: Readonly<Record<string, FileKind>> = { d: "folder", f: "file", o: "other" };

/** Of a folder: those after `cursor` (a name, base64url), `limit` at most, by name. */
export function readListing(said: Buffer, { cursor, limit }: { cursor: Buffer | null; limit: number }): FolderListing {
  // Latin-1: a character is a byte, whatever the name is written in.
  const text = said.toString("latin1");
  const first = text.indexOf("\0");
  const second = text.indexOf("\0", first + 1);
  const links = readLinks(text.slice(second + 1));
  const all = readStats(text.slice(first + 2, second))
    .filter(({ name }) => !name.startsWith(PART_PREFIX))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const after = cursor === null ? all : all.filter(({ name }) => name > cursor.toString("latin1"));
  const shown = after.slice(0, limit);
  return {
    path: bytes(text.slice(0, first)).toString("utf8"),
    writable: text[first + 1] === "w",
    entries: shown.map(({ name, type, size, modified }) => {
      const link = links.get(name);
      return {
        ...nameOf(bytes(name)),
        kind: kindOf(type),
        size,
        mode: modeOf(type),
        modifiedAt: new Date(modified * 1000),
        target: link ? bytes(link.target).toString("utf8") : null,
        targetKind: link ? (targetKinds[link.kind] ?? null) : null,
      } satisfies FileEntry;
    }),
    nextCursor: after.length > shown.length ? bytes(shown.at(-1)?.name ?? "").toString("base64url") : null,
  };
}

const bytes = (latin: string): Buffer => Buffer.from(latin, "latin1");
const kindOf = (type: number): FileKind => kinds.get(type & 0o170000) ?? "other";
const modeOf = (type: number): string => (type & 0o7777).toString(8);

function nameOf(name: Buffer): Pick<FileEntry, "name" | "rawName"> {
  const text = name.toString("utf8");
  if (Buffer.from(text).equals(name)) return { name: text, rawName: null };
  const rawName = [...name].map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("");
  return { name: text, rawName };
}

interface Stat {
  readonly name: string;
  readonly type: number;
  readonly size: number;
  readonly modified: number;
}

/** `<facts> ./<name>\n`, one after the other. No name has a slash, and no facts have a newline: so every slash begins a name. */
function readStats(text: string): Stat[] {
  const [head = "", ...parts] = text.split("/");
  const stats: Stat[] = [];
  let facts = head;
  for (const part of parts) {
    const last = part.lastIndexOf("\n");
    const name = part.slice(0, last);
    const found = /^([0-9a-f]+) (\d+) (-?\d+) \.$/.exec(facts);
    if (found) stats.push({ name, type: Number.parseInt(found[1] ?? "0", 16), size: Number(found[2]), modified: Number(found[3]) });
    facts = part.slice(last + 1);
  }
  return stats;
}

function readLinks(text: string): Map<string, { target: string; kind: string }> {
  const words = text.split("\0");
  const links = new Map<string, { target: string; kind: string }>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    const said = words[at + 1] ?? "";
    links.set((words[at] ?? "").slice(2), { kind: said[0] ?? "-", target: said.slice(1) });
  }
  return links;
}

export interface FileFacts {
  readonly size: number;
  readonly mode: string;
  readonly modifiedAt: Date;
  /** Without its quotes. */
  readonly etag: string;
}

/** `<size> <type and mode, hexadecimal> <seconds> <etag>`. */
export function readFacts(line: string): FileFacts {
  const found = /^(\d+) ([0-9a-f]+) (-?\d+) (\S+)$/.exec(line.trim());
  if (!found) throw new Error(`a script said of a file: ${line.slice(0, 200)}`);
  return {
    size: Number(found[1]),
    mode: modeOf(Number.parseInt(found[2] ?? "0", 16)),
    modifiedAt: new Date(Number(found[3]) * 1000),
    etag: found[4] ?? "",
  };
}
