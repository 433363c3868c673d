import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathProblem } from "@berth/protocol/session-files";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { execHere } from "../drivers/memory/memory-exec";
import { type AskedOfFiles, type FilesDoor, openFilesDoor } from "../testing/files-door";
import { tarOf } from "../testing/tar-file";
import { WRITE } from "./scripts";

let root: string;
let home: string;
let outside: string;
let files: FilesDoor;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "berth-files-")));
  files = await openFilesDoor({ exec: async (request) => execHere(root, request) }, "one");
});
afterAll(async () => {
  await files.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  await rm(root, { recursive: true, force: true });
  home = join(root, "home");
  outside = join(root, "home-next-door");
  await mkdir(home, { recursive: true });
  await mkdir(outside);
  await writeFile(join(outside, "secret"), "secret");
});

type Asked = Pick<AskedOfFiles, "body" | "headers" | "query"> & { readonly readOnly?: boolean };

async function ask(method: AskedOfFiles["method"], what: string, path: string | Buffer, { body, headers, query, readOnly }: Asked = {}) {
  const access = { writable: readOnly ? [] : [home], readable: [home] };
  const answer = await files.ask({ method, what, path, access, query, headers, body });
  const text = Buffer.from(await answer.body.arrayBuffer());
  const json = String(answer.headers["content-type"]).startsWith("application/json") ? JSON.parse(text.toString("utf8")) : null;
  return { status: answer.statusCode, headers: answer.headers, bytes: text, text: text.toString("utf8"), json };
}
const at = (...parts: string[]) => join(home, ...parts);
const parts = async (folder = home) => (await readdir(folder)).filter((name) => name.startsWith(".berth-part-"));

describe("a list of a folder", () => {
  it("has names of any bytes with what is known of each, and where links lead", async () => {
    const names = ["plain", "with space", "new\nline\n", "quo'te\"", "-n", "ünï", "$(id)", ".hidden", "back\\0101slash", "%s"];
    for (const name of names) await writeFile(at(name), name);
    await writeFile(Buffer.concat([Buffer.from(`${home}/raw`), Buffer.from([0xff, 0xfe])]), "x");
    await mkdir(at("folder"));
    await symlink("plain", at("link"));
    await symlink("nowhere\n", at("dangling"));
    await chmod(at("plain"), 0o640);
    const { status, json } = await ask("GET", "folder", home);
    expect(status).toBe(200);
    expect(json).toMatchObject({ path: home, writable: true, nextCursor: null });
    const found = new Map(json.entries.map((entry: { name: string }) => [entry.name, entry]));
    for (const name of names) expect(found.get(name)).toMatchObject({ kind: "file", size: Buffer.byteLength(name), rawName: null });
    expect(found.get("plain")).toMatchObject({ mode: "640" });
    expect(found.get("raw\ufffd\ufffd")).toMatchObject({ rawName: "%72%61%77%FF%FE" });
    expect(found.get("folder")).toMatchObject({ kind: "folder" });
    expect(found.get("link")).toMatchObject({ kind: "link", target: "plain", targetKind: "file" });
    expect(found.get("dangling")).toMatchObject({ kind: "link", target: "nowhere\n", targetKind: null });
    expect(json.entries).toHaveLength(names.length + 4);
  });

  it("comes in pages, in order, none twice", async () => {
    await Promise.all(Array.from({ length: 23 }, (_, index) => writeFile(at(`file-${index}`), "")));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { json } = await ask("GET", "folder", home, { query: { limit: "10", ...(cursor ? { cursor } : {}) } });
      seen.push(...json.entries.map((entry: { name: string }) => entry.name));
      cursor = json.nextCursor;
    } while (cursor);
    expect(seen).toEqual([...seen].sort());
    expect(new Set(seen).size).toBe(23);
  });

  it("of what is no folder, or isn't there, is refused by its path", async () => {
    await writeFile(at("file"), "");
    expect(await ask("GET", "folder", at("file"))).toMatchObject({ status: 409, json: { code: "FILE_KIND" } });
    expect(await ask("GET", "folder", at("none"))).toMatchObject({
      status: 404,
      json: { code: "FILE_NOT_FOUND", message: expect.stringContaining("none") },
    });
  });
});

describe("reading", () => {
  it("gives the bytes that are there, or those of a range, with an ETag that changes with them", async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));
    await writeFile(at("data"), bytes);
    const whole = await ask("GET", "file", at("data"));
    expect(whole.bytes.equals(bytes)).toBe(true);
    const part = await ask("GET", "file", at("data"), { headers: { range: "bytes=65530-200001" } });
    expect([part.status, part.headers["content-range"]]).toEqual([206, "bytes 65530-200001/300000"]);
    expect(part.bytes.equals(bytes.subarray(65530, 200002))).toBe(true);
    expect((await ask("GET", "file", at("data"), { headers: { range: "bytes=-5" } })).bytes.equals(bytes.subarray(-5))).toBe(true);
    expect(await ask("GET", "file", at("data"), { headers: { range: "bytes=300000-" } })).toMatchObject({ status: 416 });
    await writeFile(at("data"), Buffer.concat([bytes.subarray(1), Buffer.from("x")]));
    expect((await ask("GET", "file", at("data"))).headers.etag).not.toBe(whole.headers.etag);
  });

  it("refuses folders, pipes and what a link has outside", async () => {
    await symlink(join(outside, "secret"), at("out"));
    await symlink("/proc/self/environ", at("environ"));
    await symlink(outside, at("door"));
    const statuses = [];
    for (const name of ["out", "environ", "door/secret"]) statuses.push((await ask("GET", "file", at(name))).json.code);
    expect(statuses).toEqual(["FILE_OUTSIDE", "FILE_OUTSIDE", "FILE_OUTSIDE"]);
    expect(await ask("GET", "file", home)).toMatchObject({ status: 403 });
    expect(await ask("GET", "file", join(outside, "secret"))).toMatchObject({ status: 403 });
  });
});

describe("writing", () => {
  it("replaces a file whole and keeps its mode", async () => {
    await writeFile(at("script"), "old");
    await chmod(at("script"), 0o751);
    const { status, json, headers } = await ask("PUT", "file", at("script"), { body: "new" });
    expect([status, json.size, json.mode]).toEqual([200, 3, "751"]);
    expect((await stat(at("script"))).mode & 0o777).toBe(0o751);
    expect(headers.etag).toBe((await ask("GET", "file", at("script"))).headers.etag);
    expect(await parts()).toEqual([]);
  });

  it("makes folders on the way where that is asked for, and a file of the mode that is asked for", async () => {
    expect((await ask("PUT", "file", at("a", "b c", "file"), { body: "x" })).status).toBe(404);
    expect((await ask("PUT", "file", at("a", "b c", "file"), { body: "x", query: { parents: "1", mode: "600" } })).status).toBe(200);
    expect((await stat(at("a", "b c", "file"))).mode & 0o777).toBe(0o600);
  });

  it("takes a body whose length nobody knows", async () => {
    const body = Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(10_000, "y")));
    expect((await ask("PUT", "file", at("stream"), { body })).json.size).toBe(500_000);
    expect(await parts()).toEqual([]);
  });

  it("lets one of two that read the same win, and tells the other", async () => {
    await writeFile(at("shared"), "first");
    const etag = String((await ask("GET", "file", at("shared"))).headers.etag);
    expect((await ask("PUT", "file", at("shared"), { body: "mine", headers: { "if-match": etag } })).status).toBe(200);
    expect(await ask("PUT", "file", at("shared"), { body: "theirs", headers: { "if-match": etag } })).toMatchObject({
      status: 412,
      json: { code: "FILE_CHANGED" },
    });
    expect(await readFile(at("shared"), "utf8")).toBe("mine");
    expect((await ask("PUT", "file", at("shared"), { body: "x", headers: { "if-none-match": "*" } })).json.code).toBe("FILE_EXISTS");
    expect(await parts()).toEqual([]);
  });

  it("leaves the old one as it was where the body breaks off, and nothing of the new one", async () => {
    await writeFile(at("kept"), "old");
    const broken = new Readable({ read: () => undefined });
    broken.push(Buffer.alloc(100_000));
    const sent = ask("PUT", "file", at("kept"), { body: broken, headers: { "content-length": "200000" } });
    await expect.poll(parts).toHaveLength(1);
    expect(await readFile(at("kept"), "utf8")).toBe("old");
    broken.destroy(new Error("the line broke"));
    await expect(sent).rejects.toThrow();
    await expect.poll(parts).toEqual([]);
    expect(await readFile(at("kept"), "utf8")).toBe("old");
  });

  it("changes nothing where the agent itself dies before the body is whole: the script is told how much there is to come", async () => {
    await writeFile(at("kept"), "old");
    const argv = ["sh", "-c", WRITE, "berth-files", home, home, home, "kept", "part-0001", "new", "10", "", "", "", ""];
    const exec = execHere(root, { sessionId: "one", argv, terminal: null });
    exec.stdout.resume();
    exec.stdin.end("half");
    expect(await exec.exit).not.toBe(0);
    expect([await readFile(at("kept"), "utf8"), await readdir(home)]).toEqual(["old", ["kept"]]);
  });

  it("never goes through a link, and not where only reading is open", async () => {
    await symlink(join(outside, "secret"), at("link"));
    expect((await ask("PUT", "file", at("link"), { body: "x" })).json).toMatchObject({
      code: "FILE_KIND",
      message: expect.stringContaining(join(outside, "secret")),
    });
    await symlink(outside, at("door"));
    expect((await ask("PUT", "file", at("door", "made"), { body: "x" })).json.code).toBe("FILE_OUTSIDE");
    expect((await ask("PUT", "file", at("door", "deep", "made"), { body: "x", query: { parents: "1" } })).json.code).toBe("FILE_OUTSIDE");
    expect((await ask("PUT", "file", at("made"), { body: "x", readOnly: true })).json.message).toContain("reading only");
    expect(await readdir(outside)).toEqual(["secret"]);
  });
});

describe("an upload in parts", () => {
  const id = "upload-0001";
  const send = (offset: number, body: string | Readable, headers: Record<string, string> = {}) =>
    ask("PUT", "upload", at("big"), { body, headers, query: { id, offset: String(offset), size: "10" } });

  it("goes on where it was broken off, and is seen by nobody before it is whole", async () => {
    expect((await send(0, "0123")).json).toEqual({ offset: 4 });
    expect((await ask("GET", "folder", home)).json.entries).toEqual([]);
    expect((await ask("GET", "upload", at("big"), { query: { id } })).json).toEqual({ offset: 4 });
    expect((await send(2, "xx")).json).toMatchObject({ code: "UPLOAD_OFFSET", message: expect.stringContaining("4 bytes") });
    expect((await send(4, "456789")).json).toMatchObject({ size: 10 });
    expect(await readFile(at("big"), "utf8")).toBe("0123456789");
    expect(await parts()).toEqual([]);
  });

  it("is taken away where nobody will go on with it", async () => {
    await send(0, "0123");
    expect((await ask("DELETE", "upload", at("big"), { query: { id } })).status).toBe(204);
    expect(await readdir(home)).toEqual([]);
  });
});

describe("folders, moves and removals", () => {
  it("are made, moved and removed, a full one only with all that is in it", async () => {
    expect((await ask("POST", "folder", at("one"))).status).toBe(204);
    expect((await ask("POST", "folder", at("one"))).json.code).toBe("FILE_EXISTS");
    await writeFile(at("one", "file"), "x");
    const to = (path: string) => ({ to: Buffer.from(path).toString("base64url") });
    expect((await ask("POST", "move", at("one"), { query: to(at("two")) })).status).toBe(204);
    await writeFile(at("other"), "y");
    expect((await ask("POST", "move", at("two", "file"), { query: to(at("other")) })).json.code).toBe("FILE_EXISTS");
    expect((await ask("POST", "move", at("two", "file"), { query: { ...to(at("other")), over: "1" } })).status).toBe(204);
    expect(await readFile(at("other"), "utf8")).toBe("x");
    expect((await ask("POST", "move", at("other"), { query: to(join(outside, "stolen")) })).json.code).toBe("FILE_OUTSIDE");
    await writeFile(at("two", "again"), "x");
    expect((await ask("DELETE", "file", at("two"))).json.code).toBe("FOLDER_NOT_EMPTY");
    expect((await ask("DELETE", "file", at("two"), { query: { recursive: "1" } })).status).toBe(204);
    expect(await readdir(home)).toEqual(["other"]);
  });

  it("remove a link, never what it leads to", async () => {
    await symlink(outside, at("link"));
    expect((await ask("DELETE", "file", at("link"), { query: { recursive: "1" } })).status).toBe(204);
    expect(await readdir(outside)).toEqual(["secret"]);
    expect((await ask("DELETE", "file", home, { query: { recursive: "1" } })).json.code).toBe("FILE_OUTSIDE");
  });
});

describe("an archive", () => {
  it("of a folder comes back as another folder, links as links", async () => {
    await mkdir(at("from", "deep"), { recursive: true });
    await writeFile(at("from", "deep", "file"), "content");
    await symlink("deep/file", at("from", "link"));
    const { bytes } = await ask("GET", "archive", at("from"));
    expect((await ask("PUT", "archive", at("to"), { body: bytes })).status).toBe(204);
    expect(await readFile(at("to", "from", "deep", "file"), "utf8")).toBe("content");
    expect(await readlink(at("to", "from", "link"))).toBe("deep/file");
    expect(await parts()).toEqual([]);
  });

  it.each([
    ["goes up", "../escape"],
    ["goes up in the middle", "a/../../escape"],
    ["is absolute", "/tmp/escape"],
  ])("with an entry that %s is refused by name, and nothing is kept", async (_what, name) => {
    const answer = await ask("PUT", "archive", at("to"), { body: tarOf(name, Buffer.from("x")) });
    expect(answer.json).toMatchObject({ code: "ARCHIVE_REFUSED", message: expect.stringContaining("escape") });
    expect(await readdir(home)).toEqual([]);
  });

  it("that was cut off leaves nothing", async () => {
    const whole = tarOf("file", Buffer.alloc(2000, "x"));
    for (const length of [512, 1024, 512 + 2048, 700]) {
      expect((await ask("PUT", "archive", at("to"), { body: whole.subarray(0, length) })).status).not.toBe(204);
      expect(await readdir(home)).toEqual([]);
    }
  });
});

describe("ways out of the folder", () => {
  it("are none: of ten thousand generated paths no one reads or makes anything outside", async () => {
    await mkdir(at("in", "side"), { recursive: true });
    await symlink(outside, at("door"));
    await symlink("../..", at("in", "up"));
    const step = fc.constantFrom(
      "..",
      ".",
      "",
      "in",
      "side",
      "up",
      "door",
      "home-next-door",
      "home",
      "secret",
      "a\0b",
      "%2e%2e",
      "..\\",
      "\n",
      "~",
      "*",
    );
    const path = fc.array(fc.oneof({ weight: 6, arbitrary: step }, { weight: 1, arbitrary: fc.string({ maxLength: 6 }) }), {
      maxLength: 8,
    });
    const fixed = [
      `${home}/../home-next-door/secret`,
      `${home}-next-door/secret`,
      `${home}/door/secret`,
      `${home}/in/up/home-next-door/secret`,
    ];
    const tried = new Set(fixed);
    fc.assert(
      fc.property(path, (steps) => {
        tried.add(`${home}/${steps.join("/")}`);
      }),
      { numRuns: 10_000 },
    );
    // What names no place by itself never comes to the session; of the rest each is really tried.
    const real = [...tried].filter((one) => pathProblem(Buffer.from(one)) === null);
    for (const one of [...tried].filter((text) => pathProblem(Buffer.from(text)) !== null).slice(0, 50))
      expect((await ask("GET", "file", one)).json.code).toBe("INVALID_PARAMETER");
    expect(real.length).toBeGreaterThan(20);
    for (const one of real.slice(0, 80)) {
      expect((await ask("GET", "file", one)).text).not.toBe("secret");
      await ask("PUT", "file", `${one}-made`, { body: "x", query: { parents: "1" } });
    }
    expect(await readdir(outside)).toEqual(["secret"]);
    expect((await readdir(root)).sort()).toEqual(["home", "home-next-door"]);
  }, 60_000);

  it("are none either while a folder and a link to another change places", async () => {
    await mkdir(at("swap"));
    await writeFile(at("swap", "secret"), "own");
    let going = true;
    const swapping = (async () => {
      while (going) {
        await execHere(root, {
          sessionId: "one",
          argv: [
            "sh",
            "-c",
            'cd "$1"; for i in 1 2 3 4 5 6 7 8 9; do mv -T swap aside; ln -s "$2" swap; rm swap; mv -T aside swap; done',
            "sh",
            home,
            outside,
          ],
          terminal: null,
        }).exit;
      }
    })();
    for (let round = 0; round < 40; round++) {
      expect((await ask("GET", "file", at("swap", "secret"))).text).not.toBe("secret");
      await ask("PUT", "file", at("swap", "made"), { body: "x" });
    }
    going = false;
    await swapping;
    expect(await readdir(outside)).toEqual(["secret"]);
    expect((await lstat(at("swap"))).isDirectory()).toBe(true);
  }, 60_000);
});
