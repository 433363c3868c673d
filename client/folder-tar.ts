/** Folders of this machine as tars, and tars as folders of this machine. */
import { createReadStream, createWriteStream, type Dirent } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { tarEntries } from "@berth/protocol/tar-entries";
import { inOrder, SomeAtOnce } from "./some-at-once";

const BLOCK = 512;
const NAME_BYTES = 100;
/** Of small files many go as one. */
const CHUNK_BYTES = 256 * 1024;
const MAX_OCTAL_SIZE = 0o77777777777;

export interface PackedFile {
  /** Below the folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

interface Watching {
  readonly onFile: (file: PackedFile) => void;
  /** What is neither file nor folder is left out. */
  readonly onSkipped: (path: string) => void;
}

/** What is in a folder, under its name there. Throws where a file changes its size meanwhile. */
export async function* tarOfFolder(folder: string, watching: Watching): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const part of entriesOf(folder, "", watching)) {
    waiting.push(part);
    bytes += part.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(waiting);
    [waiting, bytes] = [[], 0];
  }
  yield Buffer.concat([...waiting, Buffer.alloc(2 * BLOCK)]);
}

async function* entriesOf(folder: string, below: string, watching: Watching): AsyncGenerator<Buffer> {
  const entries = await readdir(folder, { withFileTypes: true });
  for await (const { entry, file } of inOrder(entries.map((one) => () => lookedAt(folder, one)))) {
    const [from, path] = [join(folder, entry.name), below === "" ? entry.name : `${below}/${entry.name}`];
    if (entry.isDirectory()) {
      yield header(`${path}/`, { ...(await stat(from)), size: 0 }, "5");
      yield* entriesOf(from, path, watching);
    } else if (file) {
      const { facts, content } = file;
      yield header(path, facts, "0");
      let sent = 0;
      for await (const part of content ? [content] : largeContentOf(from, facts.size)) {
        sent += part.length;
        yield part;
      }
      if (sent !== facts.size) throw new Error(`${from} was changed while it was read`);
      yield Buffer.alloc(paddingOf(facts.size));
      watching.onFile({ path, bytes: facts.size });
    } else watching.onSkipped(from);
  }
}

/** What stands of a file in the tar, while others of the same folder are read too. What is in a large one comes when it is its turn. */
async function lookedAt(folder: string, entry: Dirent): Promise<{ entry: Dirent; file: { facts: Facts; content: Buffer | null } | null }> {
  if (!entry.isFile()) return { entry, file: null };
  const file = await open(join(folder, entry.name));
  try {
    const facts = await file.stat();
    return { entry, file: { facts, content: facts.size > CHUNK_BYTES ? null : await smallContentOf(file, facts.size) } };
  } finally {
    await file.close();
  }
}

/** One byte more than there should be, where there is more. */
async function smallContentOf(file: FileHandle, size: number): Promise<Buffer> {
  const all = Buffer.allocUnsafe(size + 1);
  let length = 0;
  do {
    const { bytesRead } = await file.read(all, length, all.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  } while (length < size);
  return all.subarray(0, length);
}

/** The same. */
async function* largeContentOf(path: string, size: number): AsyncGenerator<Buffer> {
  for await (const part of createReadStream(path, { end: size, highWaterMark: CHUNK_BYTES })) if (Buffer.isBuffer(part)) yield part;
}

const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

interface Facts {
  readonly mode: number;
  readonly size: number;
  readonly mtimeMs: number;
}

/** With GNU's way for a name that is too long for it, and for a size that is. */
function header(path: string, { mode, size, mtimeMs }: Facts, kind: "0" | "5" | "L"): Buffer {
  const name = Buffer.from(path);
  const before =
    name.length > NAME_BYTES
      ? [header("././@LongLink", { mode: 0, size: name.length + 1, mtimeMs: 0 }, "L"), name, Buffer.alloc(1 + paddingOf(name.length + 1))]
      : [];
  const head = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) => head.write(value.toString(8).padStart(length - 1, "0"), at);
  name.copy(head, 0, 0, NAME_BYTES);
  octal(mode & 0o777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (size > MAX_OCTAL_SIZE) {
    head[124] = 0x80;
    head.writeUIntBE(size, 130, 6);
  } else octal(size, 124, 12);
  octal(Math.max(0, Math.floor(mtimeMs / 1000)), 136, 12);
  head.write("        ", 148);
  head.write(kind, 156);
  head.write("ustar  \0", 257, "latin1");
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([...before, head]);
}

/** What a tar says of a path of this machine is believed of no stranger: it may lead down from the folder, by names that are text. */
function partsBelow(latin1: string): string[] | null {
  const parts = Buffer.from(latin1, "latin1").toString("utf8").split("/");
  const named = parts.filter((part) => part !== "" && part !== ".");
  return latin1.startsWith("/") || named.some((part) => part === ".." || /[\\\0\ufffd]/.test(part)) ? null : named;
}

/**
 * Writes what is in a tar's one folder into `folder`: each file is whole before it has its name. Links are left out; `onAgain` is told of
 * a file's second name, whose content stands elsewhere in the tar.
 */
export async function folderOfTar(
  tar: AsyncIterable<Uint8Array>,
  folder: string,
  watching: Watching & { readonly onAgain: (path: string) => void },
): Promise<void> {
  const made = new Set<string>();
  const make = async (path: string): Promise<void> => {
    if (made.has(path)) return;
    await mkdir(path, { recursive: true });
    made.add(path);
  };
  await make(folder);
  const writing = new SomeAtOnce();
  try {
    for await (const entry of tarEntries(tar)) {
      const [, ...parts] = partsBelow(entry.path) ?? [];
      const path = parts.join("/");
      if (entry.kind === "hardLink" && path !== "") watching.onAgain(path);
      else if (entry.kind === "folder" && partsBelow(entry.path)) await make(join(folder, ...parts));
      else if (entry.kind !== "file" || path === "") watching.onSkipped(Buffer.from(entry.path, "latin1").toString("utf8"));
      else {
        await make(join(folder, ...parts.slice(0, -1)));
        const bytes = entry.size;
        const write = async (content: Buffer | AsyncGenerator<Buffer>) => {
          await writeWhole(join(folder, ...parts), content);
          watching.onFile({ path, bytes });
        };
        if (bytes > CHUNK_BYTES) {
          await writing.done();
          await write(entry.content());
          continue;
        }
        const content = await gathered(entry.content());
        // Names that differ in their letters' case are one where the file system says so.
        await writing.begin(path.toLowerCase(), () => write(content));
      }
    }
    await writing.done();
  } finally {
    await writing.end();
  }
}

async function gathered(content: AsyncGenerator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const some of content) parts.push(some);
  return Buffer.concat(parts);
}

async function writeWhole(path: string, content: Buffer | AsyncGenerator<Buffer>): Promise<void> {
  const part = `${path}.part`;
  try {
    if (Buffer.isBuffer(content)) await writeFile(part, content);
    else await pipeline(Readable.from(content), createWriteStream(part, { highWaterMark: 4 * CHUNK_BYTES }));
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
