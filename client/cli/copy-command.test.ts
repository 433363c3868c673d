import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
