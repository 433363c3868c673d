import { Transform, type TransformCallback } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import { PART_PREFIX } from "./scripts";

const BLOCK = 512;
/** Of what tells a long name or an entry's extra facts. */
const MAX_EXTRA_BYTES = 64 * 1024;
const MAX_ENTRIES = 1_000_000;
const MAX_LINKS = 100_000;
const FILES = new Set(["0", "\0", "7"]);
const [HARD_LINK, LINK, FOLDER] = ["1", "2", "5"];

const refused = (what: string) => new BerthError("ARCHIVE_REFUSED", `${what}; nothing of the archive was kept`);

/**
 * Lets a tar through and looks at every entry before the program that unpacks it can see it: what would land outside its folder, or
 * leads there, is refused by name. Knows ustar, PAX and GNU's long names. `complete` tells whether the archive's end was seen.
 */
export class TarCheck extends Transform {
  complete = false;
  #head: Buffer = Buffer.alloc(0);
  /** Of the entry's content, with what fills its last block. */
  #left = 0;
  /** What the content says of the next entry, while it is read. */
  #extra: { readonly kind: string; readonly size: number; chunks: Buffer[] } | null = null;
  #next: { path?: string; link?: string } = {};
  #zeros = 0;
  #entries = 0;
  /** Nothing may be put through them. */
  readonly #links = new Set<string>();

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    try {
      this.#look(chunk);
      done(null, chunk);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #look(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        this.#extra?.chunks.push(part);
        this.#left -= part.length;
        rest = rest.subarray(part.length);
        if (this.#left === 0) this.#endOfContent();
        continue;
      }
      const wanted = BLOCK - this.#head.length;
      this.#head = Buffer.concat([this.#head, rest.subarray(0, wanted)]);
      rest = rest.subarray(wanted);
      if (this.#head.length < BLOCK) return;
      const header = this.#head;
      this.#head = Buffer.alloc(0);
      this.#header(header);
    }
  }

  #header(header: Buffer): void {
    if (header.every((byte) => byte === 0)) {
      this.#zeros += 1;
      if (this.#zeros >= 2) this.complete = true;
      return;
    }
    if (this.complete) throw refused("The archive goes on after its end");
    this.#zeros = 0;
    this.#entries += 1;
    if (this.#entries > MAX_ENTRIES) throw refused(`The archive has more than ${MAX_ENTRIES} entries`);
    if (!sumIsRight(header)) throw refused("This is no tar archive");
    const size = sizeIn(header);
    const kind = String.fromCharCode(header[156] ?? 0);
    if (["x", "g", "L", "K"].includes(kind)) {
      if (size > MAX_EXTRA_BYTES) throw refused("The archive has a name that is too long");
      this.#extra = { kind, size, chunks: [] };
    } else {
      this.#entry(kind, header);
      this.#next = {};
    }
    this.#left = Math.ceil(size / BLOCK) * BLOCK;
    if (this.#left === 0) this.#endOfContent();
  }

  #endOfContent(): void {
    if (!this.#extra) return;
    const { kind, size, chunks } = this.#extra;
    const text = Buffer.concat(chunks).subarray(0, size).toString("latin1");
    this.#extra = null;
    if (kind === "L") this.#next.path = untilZero(text);
    else if (kind === "K") this.#next.link = untilZero(text);
    else this.#pax(text, kind === "g");
  }

  #pax(text: string, forAll: boolean): void {
    let at = 0;
    while (at < text.length) {
      const found = /^(\d+) ([^=]*)=/.exec(text.slice(at, at + 300));
      const length = Number(found?.[1] ?? 0);
      if (!found || length < found[0].length) throw refused("The archive has facts of an entry that can't be read");
      const value = text.slice(at + found[0].length, at + length - 1);
      const [, , name = ""] = found;
      // Sizes beyond the header's, other names for what is sparse: this reader and the one that unpacks could come to differ.
      if (name === "size" || name.startsWith("GNU.sparse") || (forAll && (name === "path" || name === "linkpath")))
        throw refused(`The archive has a kind of entry that is not taken ('${name}')`);
      if (name === "path") this.#next.path = value;
      if (name === "linkpath") this.#next.link = value;
      at += length;
    }
  }

  #entry(kind: string, header: Buffer): void {
    const field = (from: number, bytes: number) => untilZero(header.subarray(from, from + bytes).toString("latin1"));
    const isUstar = header.subarray(257, 263).toString("latin1") === "ustar\0";
    const prefix = isUstar ? field(345, 155) : "";
    const path = this.#next.path ?? (prefix ? `${prefix}/${field(0, 100)}` : field(0, 100));
    const shown = Buffer.from(path, "latin1").toString("utf8").slice(0, 300);
    const parts = partsOf(path);
    const through = parts?.slice(0, -1).some((_, at) => this.#links.has(parts.slice(0, at + 1).join("/"))) ?? true;
    if (!parts || through) throw refused(`The archive's entry '${shown}' leads out of its folder`);
    if (parts.some((part) => part.startsWith(PART_PREFIX))) throw refused(`The archive's entry '${shown}' has a name that is taken`);
    if (kind === LINK || kind === HARD_LINK) {
      const target = this.#next.link ?? field(157, 100);
      // A link is read from its own folder, a hard link from the archive's.
      if (!staysIn(target, kind === LINK ? parts.length - 1 : 0)) throw refused(`The archive's link '${shown}' leads out of its folder`);
      if (this.#links.size >= MAX_LINKS) throw refused(`The archive has more than ${MAX_LINKS} links`);
      this.#links.add(parts.join("/"));
    } else if (kind !== FOLDER && !FILES.has(kind)) throw refused(`The archive's entry '${shown}' is neither file, folder nor link`);
  }
}

const untilZero = (text: string): string => text.split("\0", 1)[0] ?? "";

/** Null where it leaves the folder that it is in. */
function partsOf(path: string): string[] | null {
  if (path === "" || path.startsWith("/")) return null;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? null : parts;
}

/** Whether a link that is `depth` folders deep leads to a place that is not above those. `..` after a name is none that could be counted: the name may be a link. */
function staysIn(target: string, depth: number): boolean {
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const up = parts.findIndex((part) => part !== "..");
  const ups = up < 0 ? parts.length : up;
  return target !== "" && !target.startsWith("/") && ups <= depth && !parts.slice(ups).includes("..");
}

function sumIsRight(header: Buffer): boolean {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return Number.parseInt(header.subarray(148, 156).toString("latin1").trim(), 8) === sum;
}

/** Octal, or GNU's way for what is larger: binary, after a byte 0x80. */
function sizeIn(header: Buffer): number {
  const field = header.subarray(124, 136);
  if ((field[0] ?? 0) & 0x80) {
    const size = field.readUIntBE(6, 6);
    if (field[0] !== 0x80 || field.subarray(1, 6).some((byte) => byte !== 0)) throw refused("The archive has an entry that is too large");
    return size;
  }
  const text = untilZero(field.toString("latin1")).trim();
  if (text !== "" && !/^[0-7]+$/.test(text)) throw refused("This is no tar archive");
  return text === "" ? 0 : Number.parseInt(text, 8);
}
