import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ExecPipe } from "./exec-pipe";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bp-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MIB = 1024 * 1024;
const named = (name: string): ExecPipe => new ExecPipe(`/run/berth/${name}`, join(folder, name));
const made = (name: string): ExecPipe => {
  execFileSync("mkfifo", [join(folder, name)]);
  return named(name);
};

describe("a pipe between the agent and a program inside a session", () => {
  it("takes bytes to whoever opens it later, and ends when they are all there", async () => {
    const into = await made("in").toProgram();
    const read = buffer(createReadStream(join(folder, "in")));
    const blocks = Array.from({ length: 5 }, (_, at) => Buffer.alloc(MIB, at));
    await pipeline(blocks, into);
    expect((await read).equals(Buffer.concat(blocks))).toBe(true);
  });

  it("takes as much as is read, and little more", async () => {
    const into = await made("in").toProgram();
    let taken = 0;
    while (into.write(Buffer.alloc(64 * 1024))) taken += 64 * 1024;
    expect(taken).toBeLessThan(MIB);
    into.destroy();
  });

  it("brings bytes from whoever writes, to their end", async () => {
    const from = await made("out").fromProgram();
    const program = createWriteStream(join(folder, "out"));
    await once(program, "open");
    const read = buffer(from.begin());
    program.end(Buffer.alloc(5 * MIB, 7));
    expect((await read).equals(Buffer.alloc(5 * MIB, 7))).toBe(true);
  });

  it("is nothing that a link leads to, no file, folder or socket, and nothing of theirs changes", async () => {
    execFileSync("mkfifo", [join(folder, "real")]);
    await symlink(join(folder, "real"), join(folder, "link"));
    await writeFile(join(folder, "file"), "kept");
    await mkdir(join(folder, "folder"));
    const server = createServer().listen(join(folder, "socket"));
    await once(server, "listening");
    for (const name of ["link", "file", "folder", "socket", "nothing"]) {
      await expect(named(name).toProgram(), name).rejects.toThrow();
      await expect(named(name).fromProgram(), name).rejects.toThrow();
    }
    expect(await readFile(join(folder, "file"), "utf8")).toBe("kept");
    server.close();
  });

  it("loses its name, and no folder that took its place", async () => {
    await made("in").remove();
    await mkdir(join(folder, "folder"));
    await named("folder").remove();
    expect(await readdir(folder)).toEqual(["folder"]);
  });
});
