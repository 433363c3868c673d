/** What `WATCH` of `files/scripts.ts` says at each look, and what changed between two of them. */
import { createHash } from "node:crypto";
import { CLOSED_FOLDERS } from "@berth/protocol/session-files";
import type { FileChange } from "@berth/protocol/session-watch";

/** Of one name. */
export interface Seen {
  readonly folder: boolean;
  /** Its size and when it was written to. */
  readonly content: string;
  /** Which file it is, and when anything of it changed. */
  readonly identity: string;
}

export interface Look {
  /** By path; a character is a byte. */
  readonly seen: ReadonlyMap<string, Seen>;
  /** There was more than a look may take. */
  readonly cut: boolean;
}

const FACTS = /([0-9a-f]+)\|(\d+)\|(\d+)\|([-0-9:. +]*)\|([-0-9:. +]*)\|/y;
const FOLDER = 0o040000;

/** `said` without the mark at its end; `maxBytes` as the script was given them. */
export function readLook(said: Buffer, maxBytes: number): Look {
  const cut = said.length >= maxBytes;
  // Latin-1: a character is a byte, whatever the name is written in.
  const tokens = said.toString("latin1").split("\0");
  // What stands last is empty, or was cut off.
  tokens.pop();
  const seen = new Map<string, Seen>();
  let root = "";
  let facts = "";
  let at = 0;
  for (const token of tokens) {
    if (token.startsWith("R")) root = token.slice(1);
    else if (token.startsWith("B")) {
      facts = token;
      at = 1;
    } else {
      // A name has its line unless it went in between; which line is whose, the name at its end says.
      FACTS.lastIndex = at;
      const found = FACTS.exec(facts);
      if (!found || !facts.startsWith(`${token}\n`, FACTS.lastIndex)) continue;
      at = FACTS.lastIndex + token.length + 1;
      const [, mode = "0", size, inode, written, changed] = found;
      const path = pathOf(root, token);
      if (isClosed(path)) continue;
      const folder = (Number.parseInt(mode, 16) & 0o170000) === FOLDER;
      seen.set(path, { folder, content: folder ? `${written}` : `${size} ${written}`, identity: `${inode} ${changed} ${mode}` });
    }
  }
  return { seen, cut };
}

const pathOf = (root: string, name: string): string => (name === "." ? root : `${root === "/" ? "" : root}${name.slice(1)}`);
const isClosed = (path: string): boolean => CLOSED_FOLDERS.some((folder) => path === folder || path.startsWith(`${folder}/`));

/**
 * What became of files and folders between two looks, by path. A folder changes when something is made in it or removed, which is told of
 * that thing. Where a look was cut, only what both saw can be compared: then such a change is told of the folder.
 */
export function changesBetween(before: Look, after: Look): FileChange[] {
  const partial = before.cut || after.cut;
  const changes: [string, FileChange["action"]][] = [];
  for (const [path, now] of after.seen) {
    const then = before.seen.get(path);
    if (!then) {
      if (!partial) changes.push([path, "created"]);
    } else if (then.folder !== now.folder) changes.push([path, "modified"]);
    else if (now.folder) {
      if (partial && then.content !== now.content) changes.push([path, "modified"]);
    } else if (then.content !== now.content || then.identity !== now.identity) changes.push([path, "modified"]);
  }
  if (!partial) for (const path of before.seen.keys()) if (!after.seen.has(path)) changes.push([path, "deleted"]);
  return changes
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, action]) => ({ path: Buffer.from(path, "latin1").toString("utf8"), action }));
}

/** The same for the same names with the same content, wherever they are. */
export function printOf({ seen }: Look): string {
  const hash = createHash("sha256");
  for (const [path, { folder, content }] of [...seen].sort(([one], [other]) => (one < other ? -1 : 1)))
    hash.update(`${path}\0${folder ? "/" : content}\0`, "latin1");
  return hash.digest("hex");
}
