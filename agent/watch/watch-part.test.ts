import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Exec } from "../drivers/driver";
import { execHere } from "../drivers/memory/memory-exec";
import { type ApiDoor, openApiDoor } from "../testing/api-door";
import { ManualClock } from "../testing/manual-clock";
import { WatchClient } from "../testing/watch-client";
import { LOOK_EVERY_MS, watchPart } from "./watch-part";

let root: string;
let home: string;
let door: ApiDoor;
let clock: ManualClock;
let programs: Exec[];
let signals: string[];

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "berth-watch-")));
  home = join(root, "home");
  await mkdir(home);
  clock = new ManualClock();
  programs = [];
  signals = [];
  const driver = {
    exec: async (request: Parameters<typeof execHere>[1]) => {
      const exec = execHere(root, request);
      programs.push(exec);
      return exec;
    },
    signal: async (_: string, name: string) => void signals.push(name),
  };
  door = await openApiDoor([watchPart({ driver, clock })], "one");
});
afterEach(async () => {
  door.close();
  await rm(root, { recursive: true, force: true });
});

/** Lets the next look be taken, once the one before is over. */
async function look(): Promise<void> {
  await vi.waitFor(() => expect(clock.waiting.length).toBeGreaterThan(0));
  clock.advance(LOOK_EVERY_MS);
}
const at = (...parts: string[]) => join(home, ...parts);

describe("a session's folders that are watched", () => {
  it("tell what is made, written to and removed, at any depth and under any name", async () => {
    await mkdir(at("deep", "deeper"), { recursive: true });
    await writeFile(at("old"), "x");
    await writeFile(at("deep", "kept"), "x");
    const client = await WatchClient.open(door.port, "one", [home]);
    expect(client.lines).toMatchObject([{ changes: [], more: 0, cut: false }]);
    await writeFile(at("deep", "deeper", "new\nline ü"), "x");
    await writeFile(at("deep", "kept"), "xy");
    await rm(at("old"));
    await look();
    await vi.waitFor(() =>
      expect(client.changes).toEqual([
        { path: at("deep", "deeper", "new\nline ü"), action: "created" },
        { path: at("deep", "kept"), action: "modified" },
        { path: at("old"), action: "deleted" },
      ]),
    );
    client.close();
  });

  it("tell of a file that another of the same length took the place of", async () => {
    await writeFile(at("file"), "one");
    const client = await WatchClient.open(door.port, "one", [home]);
    await writeFile(at(".berth-part-1"), "two");
    await rename(at(".berth-part-1"), at("file"));
    await look();
    await vi.waitFor(() => expect(client.changes).toEqual([{ path: at("file"), action: "modified" }]));
    client.close();
  });

  it("show nothing of what links lead to, nor of a folder that isn't open", async () => {
    await mkdir(join(root, "next-door"));
    await symlink(join(root, "next-door"), at("link"));
    const client = await WatchClient.open(door.port, "one", [home, at("link"), join(root, "not-there")]);
    await writeFile(join(root, "next-door", "secret"), "x");
    await writeFile(at("told"), "x");
    await look();
    await vi.waitFor(() => expect(client.changes).toEqual([{ path: at("told"), action: "created" }]));
    client.close();
  });

  it("are said to be too many to be seen whole, and how many changes were left out", async () => {
    const client = await WatchClient.open(door.port, "one", [home]);
    await Promise.all(Array.from({ length: 250 }, (_, index) => writeFile(at(`file-${index}`), "x")));
    await look();
    await vi.waitFor(() => expect(client.lines.at(-1)).toMatchObject({ more: 50 }));
    expect(client.changes).toHaveLength(200);
    client.close();
  });

  it("are no longer looked at when nobody listens", async () => {
    const client = await WatchClient.open(door.port, "one", [home]);
    const [program] = programs;
    client.close();
    await program?.exit;
    await vi.waitFor(() => expect(clock.waiting).toEqual([]));
  });

  it("are no longer watched when the session has ended, and whoever listens hears of it", async () => {
    const client = await WatchClient.open(door.port, "one", [home]);
    await programs[0]?.signal("KILL");
    await look();
    await vi.waitFor(() => expect(client.ended).toBe(true));
  });
});

describe("a program that is asked to read its configuration again", () => {
  it("is the main process where none is named", async () => {
    const answer = await door.ask("POST", "reload", { signal: "USR1", process: null });
    expect([answer.status, await answer.json(), signals]).toEqual([200, { signalled: 1 }, ["USR1"]]);
  });

  it("is sent no signal that ends programs", async () => {
    expect((await door.ask("POST", "reload", { signal: "KILL", process: null })).status).toBe(400);
    expect(signals).toEqual([]);
  });
});
