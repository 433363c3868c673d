import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { zipOfTar } from "./zip-of-tar";

const root = mkdtempSync(join(tmpdir(), "berth-zip-"));
const tree = join(root, "tree");
beforeEach(() => {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What Python, which knows nothing of us, finds in each: it checks every sum. */
const READ = `
import base64, json, sys, zipfile
def rows(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return [[i.filename, base64.b64encode(archive.read(i)).decode(), i.external_attr >> 16, i.date_time[0], i.compress_size] for i in archive.infolist()]
print(json.dumps([rows(path) for path in sys.argv[1:]]))
`;
const COUNT = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    print(len(archive.namelist()), archive.namelist()[-1])
`;
type Row = [name: string, content: string, mode: number, year: number, packed: number];

async function zip(archive: Iterable<Buffer> | AsyncIterable<Buffer>, name = "made.zip"): Promise<string> {
  const path = join(root, name);
  const parts: Buffer[] = [];
  for await (const part of zipOfTar(Readable.from(archive))) parts.push(part);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}
const tarOfTree = (...flags: string[]): Buffer =>
  execFileSync("tar", ["-C", root, ...flags, "-cf", "-", "./tree"], { maxBuffer: 64 * 1024 * 1024 });
function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const python = (...args: string[]): string => execFileSync("python3", ["-c", ...args], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
const rowsOfAll = (paths: readonly string[]): Row[][] => JSON.parse(python(READ, ...paths));
const rowsOf = (path: string): Row[] => rowsOfAll([path])[0] ?? [];

describe("a zip of a tar", () => {
  it("has every file whole, its name in UTF-8, however the bytes came: Python's and Info-ZIP's readers agree", async () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9äßé漢😀 ._-]{1,40}$/u).filter((one) => !/^\.{1,2}$/.test(one));
    const files = fc.dictionary(name, fc.uint8Array({ maxLength: 3000 }), { minKeys: 1, maxKeys: 6 });
    const tries: { readonly path: string; readonly made: Record<string, Uint8Array> }[] = [];
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 4000 }), fc.constantFrom("gnu", "pax", "ustar"), async (made, size, format) => {
        rmSync(tree, { recursive: true, force: true });
        mkdirSync(tree);
        for (const [file, content] of Object.entries(made)) writeFileSync(join(tree, file), content);
        tries.push({ path: await zip(cut(tarOfTree(`--format=${format}`), size), `made-${tries.length}.zip`), made });
      }),
      { numRuns: 50 },
    );
    const read = rowsOfAll(tries.map(({ path }) => path));
    for (const [at, { made }] of tries.entries()) {
      const found = new Map(read[at]?.map(([file, content]) => [file, content]));
      expect(found.size).toBe(Object.keys(made).length + 1);
      expect(found.get("tree/")).toBe("");
      for (const [file, content] of Object.entries(made)) expect(found.get(`tree/${file}`)).toBe(Buffer.from(content).toString("base64"));
    }
    for (const { path } of tries.slice(0, 5)) execFileSync("unzip", ["-tqq", path]);
  }, 60_000);

  it("keeps modes, links and long names; a second name of a file leads to the first", async () => {
    const long = join("deep".repeat(20), "deeper".repeat(20), "file");
    mkdirSync(dirname(join(tree, long)), { recursive: true });
    writeFileSync(join(tree, long), "content");
    chmodSync(join(tree, long), 0o751);
    symlinkSync("deep/ü", join(tree, "link"));
    mkdirSync(join(tree, "zz"));
    linkSync(join(tree, long), join(tree, "zz", "second"));
    const rows = new Map((await zip([tarOfTree("--sort=name")]).then(rowsOf)).map((row) => [row[0], row]));
    expect(rows.get(`tree/${long}`)?.slice(1, 3)).toEqual([Buffer.from("content").toString("base64"), 0o100751]);
    const [, link = "", linkMode = 0] = rows.get("tree/link") ?? [];
    expect([Buffer.from(link, "base64").toString(), linkMode & 0o170000]).toEqual(["deep/ü", 0o120000]);
    execFileSync("unzip", ["-qq", "-o", join(root, "made.zip"), "-d", join(root, "out")]);
    expect(readFileSync(join(root, "out", "tree", "zz", "second"), "utf8")).toBe("content");
  });

  it("makes a large file smaller as it comes, and breaks off where the tar does", async () => {
    writeFileSync(join(tree, "large"), Buffer.alloc(5_000_000, "compressible "));
    const tar = tarOfTree();
    const [, large] = rowsOf(await zip(cut(tar, 65_536)));
    expect(Buffer.from(large?.[1] ?? "", "base64").length).toBe(5_000_000);
    expect(large?.[4]).toBeLessThan(200_000);
    await expect(zip(cut(tar.subarray(0, 3_000_000), 65_536))).rejects.toThrow("before its end");
  });

  it("has more files than sixteen bits count", async () => {
    const [entry, end] = [tarOfTree("--format=ustar").subarray(0, 512), Buffer.alloc(1024)];
    function* many(): Generator<Buffer> {
      for (let at = 0; at < 66_000; at++) {
        const head = Buffer.from(entry);
        head.fill(0, 0, 100);
        head.write(`file-${at}`, 0);
        head.write("0", 156);
        yield head;
      }
      yield end;
    }
    expect(python(COUNT, await zip(many()))).toBe("66000 file-65999\n");
  }, 60_000);
});
