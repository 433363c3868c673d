import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderOfTar, tarOfFolder } from "./folder-tar";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-tar-"));
  await mkdir(join(root, "from"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const at = (...parts: string[]) => join(root, ...parts);
const silent = { onFile: () => undefined, onSkipped: () => undefined, onAgain: () => undefined };

describe("a folder of many files", () => {
  it("is the same after it was a tar, whatever the sizes, and every file is told of", async () => {
    const sizes = Array.from({ length: 300 }, (_, n) => (n % 50 === 49 ? 300_000 : (n * 37) % 5000));
    await mkdir(at("from", "in-it"));
    for (const [n, size] of sizes.entries()) await writeFile(at("from", "in-it", `file-${n}`), Buffer.alloc(size, n + 1));
    const told: number[] = [];
    const onFile = ({ bytes }: { bytes: number }) => void told.push(bytes);
    await folderOfTar(tarOfFolder(at("from"), silent), at("to"), { ...silent, onFile });
    expect((await readdir(at("to"))).length).toBe(300);
    for (const [n, size] of sizes.entries())
      expect((await readFile(at("to", `file-${n}`))).equals(Buffer.alloc(size, n + 1)), `file-${n}`).toBe(true);
    expect(told.sort()).toEqual([...sizes].sort());
  });

  it("fails as a whole where one can't be written, and leaves nothing half", async () => {
    await mkdir(at("from", "in-it"));
    for (let n = 0; n < 30; n++) await writeFile(at("from", "in-it", `file-${n}`), "new");
    // A folder is in the place of one of them.
    await mkdir(at("to", "file-7", "full"), { recursive: true });
    await expect(folderOfTar(tarOfFolder(at("from"), silent), at("to"), silent)).rejects.toThrow("file-7");
    expect((await readdir(at("to"))).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("has the later of two of one name", async () => {
    await mkdir(at("from", "in-it"));
    await writeFile(at("from", "in-it", "file"), "first");
    const parts: Buffer[] = [];
    for await (const part of tarOfFolder(at("from"), silent)) parts.push(part);
    const first = Buffer.concat(parts).subarray(0, -1024);
    await writeFile(at("from", "in-it", "file"), "later");
    await folderOfTar(both(first, tarOfFolder(at("from"), silent)), at("to"), silent);
    expect(await readFile(at("to", "file"), "utf8")).toBe("later");
  });

  it("is refused where a file grows while it is read", async () => {
    for (let n = 0; n < 3; n++) await writeFile(at("from", `file-${n}`), Buffer.alloc(400_000, n));
    const reading = async () => {
      for await (const _ of tarOfFolder(at("from"), silent)) await appendFile(at("from", "file-2"), "more");
    };
    await expect(reading()).rejects.toThrow("file-2 was changed while it was read");
  });
});

async function* both(first: Buffer, then: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* then;
}
