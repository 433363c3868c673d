import { mkdir, mkdtemp, open, readdir, readFile, realpath, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { execHere } from "../drivers/memory/memory-exec";
import { tarOf } from "../testing/tar-file";
import { UNPACK, WRITE } from "./scripts";

const HOUR = 3600;
let root: string;
let home: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "berth-parts-")));
  home = join(root, "home");
});
beforeEach(async () => {
  await rm(home, { recursive: true, force: true });
  await mkdir(home);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function run(script: string, args: readonly string[], stdin: string | Buffer): Promise<number> {
  const exec = execHere(root, { sessionId: "one", argv: ["sh", "-c", script, "berth-files", home, home, ...args], terminal: null });
  exec.stdout.resume();
  exec.stderr?.resume();
  exec.stdin.end(stdin);
  return exec.exit;
}
const upload = (name: string, part = "part-new1", from = "new", whole = "3") =>
  run(WRITE, [home, name, part, from, whole, "", "", "", ""], "new");
const part = (id: string) => join(home, `.berth-part-${id}`);

async function aged(path: string, hours: number): Promise<void> {
  const at = Date.now() / 1000 - hours * HOUR;
  await utimes(path, at, at);
}

describe("what an upload left that broke off", () => {
  it("goes a day after its last byte, with the next upload into its folder, file or folder; younger ones and all else stay", async () => {
    await writeFile(part("old-file"), "half");
    await mkdir(part("old-folder"));
    await writeFile(part("young"), "half");
    await mkdir(join(home, "deeper"));
    await writeFile(join(home, "deeper", ".berth-part-elsewhere"), "half");
    await writeFile(join(home, ".berth-parts"), "mine");
    for (const name of [".berth-part-old-file", ".berth-part-old-folder", "deeper/.berth-part-elsewhere", ".berth-parts"])
      await aged(join(home, name), 25);
    await aged(part("young"), 23);
    expect(await upload("file")).toBe(0);
    expect((await readdir(home)).sort()).toEqual([".berth-part-young", ".berth-parts", "deeper", "file"]);
    expect(await readdir(join(home, "deeper"))).toEqual([".berth-part-elsewhere"]);
  });

  it("stays while a program has it open, however long that says nothing", async () => {
    await writeFile(part("slow-one"), "half");
    await mkdir(part("unpacking"));
    const held = await open(part("slow-one"), "a");
    const within = execHere(part("unpacking"), { sessionId: "one", argv: ["cat"], terminal: null });
    await new Promise((resolve) => {
      within.stdout.once("data", resolve);
      within.stdin.write("it runs");
    });
    for (const id of ["slow-one", "unpacking"]) await aged(part(id), 100);
    try {
      expect(await upload("file")).toBe(0);
      expect((await readdir(home)).sort()).toEqual([".berth-part-slow-one", ".berth-part-unpacking", "file"]);
    } finally {
      await held.close();
      within.stdin.end();
      await within.exit;
    }
    expect(await upload("other")).toBe(0);
    expect((await readdir(home)).sort()).toEqual(["file", "other"]);
  });

  it("is one's alone: whoever goes on ends an earlier try that still has it open", async () => {
    const args = [home, home, home, "file", "upload-1", "0", "10", "", "", "", ""];
    const first = execHere(root, { sessionId: "one", argv: ["sh", "-c", WRITE, "berth-files", ...args], terminal: null });
    first.stdout.resume();
    first.stdin.write("0123");
    await expect.poll(() => readFile(part("upload-1"), "utf8").catch(() => "")).toBe("0123");
    expect(await run(WRITE, [home, "file", "upload-1", "4", "10", "", "", "", ""], "456789")).toBe(0);
    first.stdin.end("late");
    expect(await first.exit).not.toBe(0);
    expect(await readFile(join(home, "file"), "utf8")).toBe("0123456789");
  });

  it("is gone on with, where it is the same upload, whatever its age", async () => {
    await writeFile(part("upload-1"), "old");
    await aged(part("upload-1"), 1000);
    expect(await upload("file", "upload-1", "3", "6")).toBe(0);
    expect(await readFile(join(home, "file"), "utf8")).toBe("oldnew");
  });

  it("is no folder that was unpacked just now, however old its archive says that it is", async () => {
    const entry = tarOf("./", Buffer.alloc(0));
    entry.write("5", 156);
    entry.write("        ", 148);
    const sum = entry.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    entry.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    expect(await run(UNPACK, [home, "unpacked", "part-tar1", ""], entry)).toBe(0);
    expect(await upload("file")).toBe(0);
    expect((await readdir(home)).sort()).toEqual([".berth-part-part-tar1", "file"]);
  });
});
