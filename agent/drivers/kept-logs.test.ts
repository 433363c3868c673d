import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogLine } from "@berth/protocol/tunnel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../log";
import { ManualClock } from "../testing/manual-clock";
import { KeptLogs } from "./kept-logs";

let folder: string;
let clock: ManualClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kept-"));
  clock = new ManualClock();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const DAY = 86_400_000;
const open = (days = 7) => KeptLogs.open(folder, { days, clock, log: createLog("silent") });
async function* lines(...texts: string[]): AsyncGenerator<LogLine> {
  for (const [index, text] of texts.entries()) yield { at: clock.now().toISOString(), text, stream: index % 2 === 0 ? "stdout" : "stderr" };
}
const textsOf = async (kept: KeptLogs, sessionId: string, which: { tail?: number; stream?: "stderr"; since?: Date } = {}) =>
  (await kept.read(await kept.of(sessionId), { tail: 100, ...which })).map(({ text }) => text);

describe("logs of containers that are gone", () => {
  it("are read over all of a session's containers, also by an agent that was started anew, and by nobody else on the host", async () => {
    const kept = await open();
    await kept.keep("s-1", "aa", lines("one", "two"), "ended 1");
    clock.advance(1000);
    await kept.keep("s-1", "bb", lines("three"), "ended 2");
    const again = await open();
    expect(await textsOf(again, "s-1")).toEqual(["one", "two", "ended 1", "three", "ended 2"]);
    expect(await textsOf(again, "s-1", { tail: 3 })).toEqual(["ended 1", "three", "ended 2"]);
    expect(await textsOf(again, "s-1", { stream: "stderr" })).toEqual(["two", "ended 1", "ended 2"]);
    expect(await textsOf(again, "s-1", { since: clock.now() })).toEqual(["three", "ended 2"]);
    expect(await textsOf(again, "s-2")).toEqual([]);
    expect((await again.of("s-1", "bb")).map(({ containerId }) => containerId)).toEqual(["aa"]);
    const [file] = await again.of("s-1");
    expect((await stat(file?.path ?? "")).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "s-1"))).mode & 0o777).toBe(0o700);
  });

  it("go after their days, when they are forgotten, and with what a crash left", async () => {
    const kept = await open();
    await kept.keep("old", "aa", lines("x"), "ended");
    clock.advance(6 * DAY);
    await kept.keep("new", "bb", lines("x"), "ended");
    await writeFile(join(folder, "old", "000000000000001-cc.jsonl.new"), "{");
    clock.advance(2 * DAY);
    await kept.sweep();
    expect(await readdir(folder)).toEqual(["new"]);
    await kept.forget("new");
    await kept.forget("../../elsewhere");
    expect(await readdir(folder)).toEqual([]);
  });

  it("are kept up to a size, the end of them, and the oldest container's goes first", async () => {
    const kept = await open();
    const long = Array.from({ length: 400 }, (_, index) => `${index} ${"x".repeat(16_000)}`);
    await kept.keep("s-1", "aa", lines(...long), "ended 1");
    const first = await textsOf(kept, "s-1", { tail: 5000 });
    expect(first.at(-1)).toBe("ended 1");
    expect(first.at(-2)).toMatch(/^399 /);
    expect((await readFile((await kept.of("s-1"))[0]?.path ?? "")).length).toBeLessThanOrEqual(4 * 1024 * 1024);
    clock.advance(1000);
    await kept.keep("s-1", "bb", lines(...long.slice(0, 10)), "ended 2");
    expect((await kept.of("s-1")).map(({ containerId }) => containerId)).toEqual(["bb"]);
  });

  it("are none where none are to be kept, and a damaged line is left out", async () => {
    await (await open(0)).keep("s-1", "aa", lines("x"), "ended");
    expect(await readdir(folder)).toEqual([]);
    const kept = await open();
    await kept.keep("s-1", "aa", lines("good"), "ended");
    const [file] = await kept.of("s-1");
    await writeFile(file?.path ?? "", `{"at":\n${await readFile(file?.path ?? "", "utf8")}`);
    expect(await textsOf(kept, "s-1")).toEqual(["good", "ended"]);
  });
});
