import { posix } from "node:path";
import { pipeline, Readable } from "node:stream";
import { crc32, createDeflateRaw, deflateRawSync } from "node:zlib";
import { BerthError } from "@berth/protocol/errors";
import { type TarEntry, tarEntries } from "@berth/protocol/tar-entries";

/** Up to here a file is packed at once; beyond, as it comes. */
const SMALL_BYTES = 64 * 1024;
/** From here on a size has eight bytes: below the format's own limit, since what can't be made smaller becomes a little larger. */
const WIDE_BYTES = 0xf000_0000;
const MAX_UINT32 = 0xffff_ffff;
/** The list of what is in it stands at the end, and has to be kept until then. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
const LEVEL = { level: 1 };

const UNIX = 3;
const [SIZES_FOLLOW, UTF8] = [0x0008, 0x0800];
const [STORED, DEFLATED] = [0, 8];
const TYPE = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/**
 * A zip of what a tar has, made while the tar comes: names as UTF-8, links as links (as Info-ZIP has them), zip64 where it takes that. A
 * file with several names is a file at the first, and links to it at the others. What is neither file, folder nor link is left out.
 */
export async function* zipOfTar(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const list: Buffer[] = [];
  let listBytes = 0;
  let offset = 0;
  for await (const entry of tarEntries(tar)) {
    const kind = entry.kind === "hardLink" ? "link" : entry.kind;
    const name = utf8(entry.path)
      .replace(/^\.\//, "")
      .replace(/\/*$/, kind === "folder" ? "/" : "");
    if (kind === "other" || (name.length < 2 && name !== entry.path)) continue;
    const begun: Begun = { name: Buffer.from(name), kind, entry, offset, wide: entry.size >= WIDE_BYTES };
    const head = localHead(begun);
    offset += head.length;
    yield head;
    const sums = { crc: 0, packed: 0, size: 0 };
    for await (const part of packed(entry, kind, sums)) {
      sums.packed += part.length;
      yield part;
    }
    const tail = localTail(begun, sums);
    offset += sums.packed + tail.length;
    yield tail;
    const row = listed(begun, sums);
    listBytes += row.length;
    if (listBytes > MAX_LIST_BYTES) throw new BerthError("BODY_TOO_LARGE", "There are too many files for a zip; take it as a tar");
    list.push(row);
  }
  yield* list;
  yield listEnd(list.length, listBytes, offset);
}

interface Begun {
  readonly name: Buffer;
  readonly kind: "file" | "folder" | "link";
  readonly entry: TarEntry;
  readonly offset: number;
  readonly wide: boolean;
}
interface Sums {
  crc: number;
  packed: number;
  size: number;
}

const isPacked = (kind: Begun["kind"], { size }: TarEntry): boolean => kind === "file" && size > 0;
const utf8 = (latin1: string): string => Buffer.from(latin1, "latin1").toString("utf8");

async function* packed(entry: TarEntry, kind: Begun["kind"], sums: Sums): AsyncGenerator<Buffer> {
  const count = (part: Buffer): Buffer => {
    sums.crc = crc32(part, sums.crc);
    sums.size += part.length;
    return part;
  };
  if (kind === "link") yield count(linkText(entry));
  if (!isPacked(kind, entry)) return;
  if (entry.size <= SMALL_BYTES) {
    const parts: Buffer[] = [];
    for await (const part of entry.content()) parts.push(part);
    return yield deflateRawSync(count(Buffer.concat(parts)), LEVEL);
  }
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const part of entry.content()) yield count(part);
  }
  const deflate = createDeflateRaw(LEVEL);
  // A fault of the one is the other's, and comes to whoever reads.
  pipeline(Readable.from(counted()), deflate, () => undefined);
  for await (const part of deflate) if (Buffer.isBuffer(part)) yield part;
}

/** A second name's target is written from the archive's folder; a link's is read from its own. */
function linkText({ kind, path, target }: TarEntry): Buffer {
  return Buffer.from(kind === "hardLink" ? posix.relative(posix.dirname(path), target) : target, "latin1");
}

/** Version, flags, method, time and date: the same in both places that say them. */
function facts({ kind, entry, wide }: Begun): Buffer {
  const at = new Date(Math.max(entry.modifiedAt, 315_532_800) * 1000);
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  const date = (Math.min(127, at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const later = isPacked(kind, entry);
  return uint16s(wide ? 45 : 20, UTF8 | (later ? SIZES_FOLLOW : 0), later ? DEFLATED : STORED, time, date);
}

function localHead(begun: Begun): Buffer {
  const { name, kind, entry, wide } = begun;
  const link = kind === "link" ? linkText(entry) : Buffer.alloc(0);
  const extra = wide ? Buffer.concat([uint16s(1, 16), Buffer.alloc(16)]) : Buffer.alloc(0);
  const sizes = wide ? [0, MAX_UINT32, MAX_UINT32] : [kind === "link" ? crc32(link) : 0, link.length, link.length];
  return Buffer.concat([uint32s(0x04034b50), facts(begun), uint32s(...sizes), uint16s(name.length, extra.length), name, extra]);
}

function localTail({ kind, entry, wide }: Begun, { crc, packed: bytes, size }: Sums): Buffer {
  if (!isPacked(kind, entry)) return Buffer.alloc(0);
  return Buffer.concat([uint32s(0x08074b50, crc), wide ? uint64s(bytes, size) : uint32s(bytes, size)]);
}

/** Its row in the list at the end. */
function listed(begun: Begun, { crc, packed: bytes, size }: Sums): Buffer {
  const { name, kind, entry, offset, wide } = begun;
  const far = offset >= MAX_UINT32;
  const wides = [...(wide ? [size, bytes] : []), ...(far ? [offset] : [])];
  const extra = Buffer.concat([
    wides.length > 0 ? Buffer.concat([uint16s(1, wides.length * 8), uint64s(...wides)]) : Buffer.alloc(0),
    uint16s(0x5455, 5),
    Buffer.from([1]),
    uint32s(entry.modifiedAt >>> 0),
  ]);
  const version = uint16s((UNIX << 8) | 45);
  const mode = ((TYPE[kind] | entry.mode) << 16) >>> 0;
  return Buffer.concat([
    uint32s(0x02014b50),
    version,
    facts(begun),
    uint32s(crc, wide ? MAX_UINT32 : bytes, wide ? MAX_UINT32 : size),
    uint16s(name.length, extra.length, 0, 0, 0),
    uint32s(mode | (kind === "folder" ? 0x10 : 0), far ? MAX_UINT32 : offset),
    name,
    extra,
  ]);
}

function listEnd(count: number, bytes: number, offset: number): Buffer {
  const wide = count >= 0xffff || offset >= MAX_UINT32;
  const end = Buffer.concat([
    uint32s(0x06054b50),
    uint16s(0, 0, Math.min(count, 0xffff), Math.min(count, 0xffff)),
    uint32s(bytes, Math.min(offset, MAX_UINT32)),
    uint16s(0),
  ]);
  if (!wide) return end;
  const wideEnd = Buffer.concat([
    uint32s(0x06064b50),
    uint64s(44),
    uint16s((UNIX << 8) | 45, 45),
    uint32s(0, 0),
    uint64s(count, count, bytes, offset),
  ]);
  return Buffer.concat([wideEnd, uint32s(0x07064b50, 0), uint64s(offset + bytes), uint32s(1), end]);
}

const numbers =
  (width: number, write: (into: Buffer, value: number, at: number) => void) =>
  (...values: number[]): Buffer => {
    const into = Buffer.alloc(values.length * width);
    values.forEach((value, index) => {
      write(into, value, index * width);
    });
    return into;
  };
const uint16s = numbers(2, (into, value, at) => into.writeUInt16LE(value, at));
const uint32s = numbers(4, (into, value, at) => into.writeUInt32LE(value >>> 0, at));
const uint64s = numbers(8, (into, value, at) => into.writeBigUInt64LE(BigInt(value), at));
