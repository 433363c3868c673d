/** Bodies that go by a pipe which a script and the agent both open, on this machine in place of a container. */
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Exec, ExecRequest } from "../drivers/driver";
import { ExecPipe } from "../drivers/exec-pipe";
import { execHere } from "../drivers/memory/memory-exec";
import { type FilesDoor, openFilesDoor } from "../testing/files-door";

const MIB = 1024 * 1024;
let root: string;
let home: string;
let shared: string;
let files: FilesDoor;
/** What was asked of pipes. */
let opened: string[] = [];
/** What a session may do as soon as its pipe is there, before the agent looks. */
let meddle: (path: string) => Promise<void> = async () => undefined;

class WatchedPipe extends ExecPipe {
  constructor(private readonly at: string) {
    super(at, at);
  }
  override async toProgram() {
    await meddle(this.at);
    const way = await super.toProgram();
    opened.push("in");
    return way;
  }
  override async fromProgram() {
    await meddle(this.at);
    const way = await super.fromProgram();
    opened.push("out");
    return way;
  }
}

let count = 0;
async function exec(request: ExecRequest): Promise<Exec> {
  const { pipeVariable } = request;
  if (pipeVariable === undefined) return execHere(root, request);
  const pipe = new WatchedPipe(join(shared, `pipe-${count++}`));
  return { ...execHere(root, { ...request, env: { ...request.env, [pipeVariable]: pipe.inside } }), pipe };
}

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "berth-body-")));
  files = await openFilesDoor({ exec }, "one");
});
afterAll(async () => {
  await files.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  await rm(root, { recursive: true, force: true });
  [home, shared, opened, meddle] = [join(root, "home"), join(root, "shared"), [], async () => undefined];
  await mkdir(home, { recursive: true });
  await mkdir(shared);
});

async function ask(method: "GET" | "PUT", what: string, path: string, body: Buffer | Readable | null = null, headers = {}) {
  const answer = await files.ask({ method, what, path, access: { writable: [home], readable: [home] }, headers, body });
  return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) };
}
const LARGE = Buffer.from(Array.from({ length: 3 * MIB }, (_, at) => (at * 7 + (at >> 9)) & 0xff));

describe("a large file", () => {
  it("goes in and out by the pipe, whole, and leaves nothing beside it", async () => {
    expect((await ask("PUT", "file", join(home, "large"), LARGE)).status).toBe(200);
    const read = await ask("GET", "file", join(home, "large"));
    expect([read.status, read.bytes.equals(LARGE)]).toEqual([200, true]);
    expect(opened).toEqual(["in", "out"]);
    await expect.poll(() => readdir(shared)).toEqual([]);
    expect(await readdir(home)).toEqual(["large"]);
  });

  it("of a length that nobody knows goes in by it too, and a range of it out", async () => {
    expect((await ask("PUT", "file", join(home, "large"), Readable.from([LARGE]))).status).toBe(200);
    const range = { range: `bytes=70000-${2 * MIB}` };
    const part = await ask("GET", "file", join(home, "large"), null, range);
    expect([part.status, part.bytes.equals(LARGE.subarray(70_000, 2 * MIB + 1))]).toEqual([206, true]);
    expect(opened).toEqual(["in", "out"]);
  });

  it("of which the body breaks off leaves nothing", async () => {
    const body = new Readable({ read: () => undefined });
    body.push(LARGE);
    const asked = ask("PUT", "file", join(home, "large"), body, { "content-length": String(4 * MIB) });
    await expect.poll(() => opened).toEqual(["in"]);
    body.destroy(new Error("gone"));
    await expect(asked).rejects.toThrow();
    await expect.poll(() => readdir(home)).toEqual([]);
    await expect.poll(() => readdir(shared)).toEqual([]);
  });

  it("that is refused is refused before the pipe is there", async () => {
    const refused = await ask("PUT", "file", join(root, "outside"), LARGE);
    expect([refused.status, refused.bytes.toString()]).toEqual([403, expect.stringContaining("FILE_OUTSIDE")]);
    expect(opened).toEqual([]);
  });

  it("takes longer than a minute where it does, and its script is left alone", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const body = new Readable({ read: () => undefined });
      body.push(LARGE);
      const asked = ask("PUT", "file", join(home, "large"), body, { "content-length": String(LARGE.length + 4) });
      await vi.waitFor(() => expect(opened).toEqual(["in"]));
      await vi.advanceTimersByTimeAsync(120_000);
      body.push("slow");
      body.push(null);
      const done = await asked;
      expect([done.status, done.bytes.toString()]).toEqual([200, expect.stringContaining("etag")]);
      expect((await readFile(join(home, "large"))).subarray(-4).toString()).toBe("slow");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a folder", () => {
  it("goes in and out by the pipe", async () => {
    await mkdir(join(home, "tree"));
    await writeFile(join(home, "tree", "large"), LARGE);
    const tar = await ask("GET", "archive", join(home, "tree"));
    expect((await ask("PUT", "archive", join(home, "copy"), Readable.from([tar.bytes]))).status).toBe(204);
    expect((await readFile(join(home, "copy", "tree", "large"))).equals(LARGE)).toBe(true);
    expect(opened).toEqual(["out", "in"]);
  });
});

describe("a session that puts something else in the pipe's place", () => {
  it("gains nothing: it is not opened, and what goes in or out goes by the engine", async () => {
    const outside = join(root, "outside");
    await writeFile(outside, "kept");
    meddle = async (path) => {
      await rm(path);
      await symlink(outside, path);
    };
    expect((await ask("PUT", "file", join(home, "large"), LARGE)).status).toBe(200);
    expect((await ask("GET", "file", join(home, "large"))).bytes.equals(LARGE)).toBe(true);
    expect([opened, await readFile(outside, "utf8")]).toEqual([[], "kept"]);
  });

  it("or has no place for one, has its files all the same", async () => {
    await rm(shared, { recursive: true });
    expect((await ask("PUT", "file", join(home, "large"), LARGE)).status).toBe(200);
    expect((await ask("GET", "file", join(home, "large"))).bytes.equals(LARGE)).toBe(true);
    expect(opened).toEqual([]);
  });
});

it("a small file goes by the engine: that is sooner done", async () => {
  expect((await ask("PUT", "file", join(home, "small"), Buffer.from("hello"))).status).toBe(200);
  expect((await ask("GET", "file", join(home, "small"))).bytes.toString()).toBe("hello");
  expect(opened).toEqual([]);
});
