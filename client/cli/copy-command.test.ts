import { link, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { globalAgent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startBerth } from "../testing/start-berth";
import { remoteIn } from "./copy-command";
import { runCli } from "./run-cli";

let root: string;
let inside: string;
let here: string;
let berth: Awaited<ReturnType<typeof startBerth>>;
let token: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "berth-cp-")));
  [inside, here] = [join(root, "inside"), join(root, "here")];
  for (const folder of [inside, here]) await mkdir(folder);
  berth = await startBerth({ programsIn: inside });
  const admin = await berth.person("admin");
  await berth.callerOf(admin.asker).templates.create({
    name: "a-folder",
    displayName: "A folder",
    category: "Tests",
    image: "berth/test:1",
    display: { protocol: "rfb", port: 5900 },
    defaultResources: { memory: "1Gi", cpu: "1" },
    accessParameters: { writablePaths: [inside] },
  });
  ({ token } = await berth.person());
  expect((await run("sessions", "create", "a-folder", "--name", "mine", "--wait")).code).toBe(0);
});
afterAll(async () => {
  await berth.close();
  await rm(root, { recursive: true, force: true });
});

async function run(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(args, {
    env: { BERTH_URL: berth.url, BERTH_TOKEN: token },
    configDir: root,
    terminal: null,
    streams: { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough(), terminal: null },
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    ask: async () => "",
    openBrowser: async () => undefined,
    signal: new AbortController().signal,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("berth cp", () => {
  it("copies a file into the session's home, and back", async () => {
    await writeFile(join(here, "notes ü.txt"), "hello");
    expect(await run("cp", join(here, "notes ü.txt"), "mine:")).toMatchObject({ code: 0, out: "1 file, 5 bytes" });
    expect(await readFile(join(inside, "notes ü.txt"), "utf8")).toBe("hello");
    expect((await run("cp", "mine:notes ü.txt", join(here, "back.txt"))).code).toBe(0);
    expect(await readFile(join(here, "back.txt"), "utf8")).toBe("hello");
  });

  it("takes a file into a folder that is there, named without a slash, by a link, or as the top of all that is open", async () => {
    await writeFile(join(here, "into"), Buffer.alloc(3_000_000, "into "));
    await mkdir(join(inside, "a place"));
    await symlink("a place", join(inside, "a way there"));
    expect((await run("cp", join(here, "into"), "mine:a place")).code).toBe(0);
    await writeFile(join(here, "other"), "other");
    expect((await run("cp", join(here, "other"), "mine:a way there")).code).toBe(0);
    expect((await readdir(join(inside, "a place"))).sort()).toEqual(["into", "other"]);
    expect((await readFile(join(inside, "a place", "into"))).equals(Buffer.alloc(3_000_000, "into "))).toBe(true);
    expect((await run("cp", join(here, "into"), `mine:${inside}`)).code).toBe(0);
    expect((await stat(join(inside, "into"))).size).toBe(3_000_000);
    expect(await run("cp", join(here, "other"), "mine:/etc")).toMatchObject({ code: 1, err: expect.stringContaining("FILE_OUTSIDE") });
  });

  it("holds no connection once it is done, so that the program ends", async () => {
    await writeFile(join(here, "small"), "hello");
    expect((await run("cp", join(here, "small"), "mine:")).code).toBe(0);
    await mkdir(join(here, "a folder"));
    expect((await run("cp", join(here, "a folder"), "mine:")).code).toBe(0);
    await vi.waitFor(() => expect(Object.keys(globalAgent.sockets)).toEqual([]));
  });

  it("copies folders, and says what it leaves out", async () => {
    await mkdir(join(here, "tree", "deep", "empty"), { recursive: true });
    await writeFile(join(here, "tree", "deep", "file"), "x".repeat(70_000));
    await symlink("/etc", join(here, "tree", "link"));
    const sent = await run("cp", join(here, "tree"), `mine:${inside}/copy`);
    expect(sent).toMatchObject({ code: 0, out: "1 file, 70000 bytes", err: expect.stringContaining("tree/link") });
    expect((await run("cp", "mine:copy", join(here, "again"))).code).toBe(0);
    expect((await readFile(join(here, "again", "deep", "file"))).length).toBe(70_000);
    expect(await readdir(join(here, "again", "deep", "empty"))).toEqual([]);
  });

  it("copies a folder at once, as scp would with -r: long names, modes, second names, and into one that is there", async () => {
    const long = `${"long-".repeat(30)}ü`;
    await mkdir(join(here, "many", long), { recursive: true });
    for (let at = 0; at < 30; at++) await writeFile(join(here, "many", long, `file-${at}`), "y".repeat(at * 100));
    await writeFile(join(here, "many", "large"), Buffer.alloc(1_500_001, "large "));
    await writeFile(join(here, "many", "program"), "#!/bin/sh\n", { mode: 0o755 });
    expect(await run("cp", "-r", join(here, "many"), "mine:")).toMatchObject({ code: 0, out: expect.stringMatching(/^32 files/) });
    expect((await stat(join(inside, "many", "program"))).mode & 0o111).not.toBe(0);
    await link(join(inside, "many", "large"), join(inside, "many", "second"));
    await symlink("/etc/hostname", join(inside, "many", "link"));
    const back = await run("cp", "-r", "mine:many", join(here, "many-again"));
    expect(back).toMatchObject({ code: 0, out: expect.stringMatching(/^33 files/), err: expect.stringContaining("many/link") });
    expect((await readdir(join(here, "many-again"))).sort()).toEqual(["large", long, "program", "second"].sort());
    for (const name of ["large", "second"])
      expect((await readFile(join(here, "many-again", name))).equals(Buffer.alloc(1_500_001, "large "))).toBe(true);
    expect((await readFile(join(here, "many-again", long, "file-29"), "utf8")).length).toBe(2900);
    await writeFile(join(inside, "many", "kept"), "mine");
    await writeFile(join(here, "many", "program"), "new");
    expect((await run("cp", "-r", join(here, "many"), "mine:")).code).toBe(0);
    expect([await readFile(join(inside, "many", "kept"), "utf8"), await readFile(join(inside, "many", "program"), "utf8")]).toEqual([
      "mine",
      "new",
    ]);
  });

  it("leaves nothing half behind where a file is not there, and says why", async () => {
    const answer = await run("cp", "mine:none", join(here, "none"));
    expect(answer).toMatchObject({ code: 1, err: expect.stringContaining("FILE_NOT_FOUND") });
    expect((await readdir(here)).filter((name) => name.startsWith("none"))).toEqual([]);
  });

  it("wants one of the two in a session", async () => {
    expect((await run("cp", "a", "b")).code).toBe(2);
    expect((await run("cp", "mine:a", "mine:b")).code).toBe(2);
    expect([remoteIn("./a:b"), remoteIn("C:\\x"), remoteIn("s-1:/a:b")]).toEqual([null, null, { session: "s-1", path: "/a:b" }]);
  });
});
