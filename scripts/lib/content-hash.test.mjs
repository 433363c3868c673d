import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeIfChanged } from "./content-hash.mjs";
import { root } from "./paths.mjs";

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-hash-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name) => relative(root, join(folder, name));
const write = (name, text) => writeFileSync(join(folder, name), text);

test("something is made once, and again when an input changes or the output is gone", async () => {
  const make = vi.fn(() => write("out", "made"));
  const run = () => makeIfChanged({ marker: at("marker"), inputs: [at("in")], outputs: [at("out")], make });
  write("in", "one");
  expect([await run(), await run()]).toEqual([true, false]);
  write("in", "two");
  expect([await run(), await run()]).toEqual([true, false]);
  rmSync(join(folder, "out"));
  expect(await run()).toBe(true);
  write("in.test.ts", "no input");
  expect(await run()).toBe(false);
  expect(make).toHaveBeenCalledTimes(3);
});

test("what failed is made again the next time", async () => {
  write("in", "one");
  write("out", "of an earlier run");
  const run = (make) => makeIfChanged({ marker: at("marker"), inputs: [at("in")], outputs: [at("out")], make });
  await expect(
    run(() => {
      throw new Error("the compiler's words");
    }),
  ).rejects.toThrow("the compiler's words");
  expect(await run(() => {})).toBe(true);
});
