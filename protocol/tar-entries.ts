/** Reads a tar as it comes: ustar, GNU's long names, PAX's. For archives of our own making; what is sent by strangers is looked at elsewhere, more strictly. */

const BLOCK = 512;
/** Of what tells a long name. */
const MAX_EXTRA_BYTES = 64 * 1024;

export interface TarEntry {
  /** As it is written, bytes as latin1. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link" | "hardLink" | "other";
  /** Where a link leads, as `path` is. */
  readonly target: string;
  /** Permissions. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  readonly size: number;
  /** What is in it. What of it is not read is passed over when the next entry is asked for. */
  content(): AsyncGenerator<Buffer>;
}

const KINDS: Readonly<Record<string, TarEntry["kind"]>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "5": "folder",
  "2": "link",
  "1": "hardLink",
};

/** Throws where the archive ends before its end, or is none. */
export async function* tarEntries(archive: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = new ByteQueue(archive);
  let next: { path?: string; target?: string; size?: number } = {};
  for (;;) {
    const header = await bytes.take(BLOCK);
    if (header.every((byte) => byte === 0)) return await bytes.drain();
    const field = (from: number, length: number) => untilZero(header.toString("latin1", from, from + length));
    const mark = String.fromCharCode(header[156] ?? 0);
    const size = next.size ?? sizeOf(header);
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    if (["L", "K", "x", "g"].includes(mark)) {
      if (size > MAX_EXTRA_BYTES) throw new Error("the archive has a name that is too long");
      const text = (await bytes.take(padded)).toString("latin1", 0, size);
      if (mark === "L") next.path = untilZero(text);
      else if (mark === "K") next.target = untilZero(text);
      else if (mark === "x") next = { ...next, ...paxFacts(text) };
      continue;
    }
    const prefix = header.toString("latin1", 257, 263) === "ustar\0" ? field(345, 155) : "";
    const left = { content: size, padding: padded - size };
    yield {
      path: next.path ?? (prefix ? `${prefix}/${field(0, 100)}` : field(0, 100)),
      kind: KINDS[mark] ?? "other",
      target: next.target ?? field(157, 100),
      mode: Number.parseInt(field(100, 8).trim() || "0", 8) & 0o7777,
      modifiedAt: Number.parseInt(field(136, 12).trim() || "0", 8) || 0,
      size,
      async *content() {
        while (left.content > 0) {
          const some = await bytes.some(left.content);
          left.content -= some.length;
          yield some;
        }
      },
    };
    await bytes.skip(left.content + left.padding);
    next = {};
  }
}

const untilZero = (text: string): string => text.split("\0", 1)[0] ?? "";

/** Octal, or GNU's way for what is larger: binary, after a byte 0x80. */
function sizeOf(header: Buffer): number {
  if ((header[124] ?? 0) & 0x80) return header.readUIntBE(130, 6);
  const text = untilZero(header.toString("latin1", 124, 136)).trim();
  if (!/^[0-7]*$/.test(text)) throw new Error("this is no tar archive");
  return text === "" ? 0 : Number.parseInt(text, 8);
}

function paxFacts(text: string): { path?: string; target?: string; size?: number } {
  const facts: { path?: string; target?: string; size?: number } = {};
  for (let at = 0; at < text.length; ) {
    const found = /^(\d+) ([^=]*)=/.exec(text.slice(at, at + 300));
    const length = Number(found?.[1] ?? 0);
    if (!found || length < found[0].length) throw new Error("the archive has facts of an entry that can't be read");
    const value = text.slice(at + found[0].length, at + length - 1);
    if (found[2] === "path") facts.path = value;
    if (found[2] === "linkpath") facts.target = value;
    if (found[2] === "size") facts.size = Number(value);
    at += length;
  }
  return facts;
}

/** Bytes of a stream, by the number. */
class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** At least one, at most `most`. */
  async some(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#source.next();
      if (done) throw new Error("the archive ended before its end");
      this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      parts.push(part);
      left -= part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) left -= (await this.some(left)).length;
  }

  async drain(): Promise<void> {
    while (!(await this.#source.next()).done);
  }
}
