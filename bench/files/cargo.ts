/** What is carried to and fro, made anew for each run. */
import { randomBytes } from "node:crypto";
import { createWriteStream, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const MEBIBYTE = 1024 * 1024;
const SMALL_BYTES = 4096;
const IN_A_FOLDER = 100;

/** A file that nothing on its way could make smaller. */
export async function bigFile(path: string, mebibytes: number): Promise<number> {
  const block = randomBytes(MEBIBYTE);
  function* blocks(): Generator<Buffer> {
    for (let at = 0; at < mebibytes; at++) {
      block.writeUInt32LE(at, 0);
      yield Buffer.from(block);
    }
  }
  await pipeline(Readable.from(blocks()), createWriteStream(path));
  return statSync(path).size;
}

/** A folder of small files, a hundred in each of its folders. */
export function smallFiles(path: string, count: number): number {
  for (let at = 0; at < count; at++) {
    const folder = join(path, `folder-${Math.floor(at / IN_A_FOLDER)}`);
    if (at % IN_A_FOLDER === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${at}`), randomBytes(SMALL_BYTES));
  }
  return count * SMALL_BYTES;
}
