import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadMasterKey } from "./master-key";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-key-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a key is made once and kept where only its owner can read it", () => {
  const dataDir = join(folder, "data");
  const first = loadMasterKey(null, dataDir);
  expect(first.length).toBeGreaterThanOrEqual(32);
  expect(loadMasterKey(null, dataDir)).toEqual(first);
  expect(statSync(join(dataDir, "master-key")).mode & 0o777).toBe(0o600);
});

test("two data folders have different keys", () => {
  expect(loadMasterKey(null, join(folder, "a"))).not.toEqual(loadMasterKey(null, join(folder, "b")));
});

test("a configured key is used and nothing is written", () => {
  const key = loadMasterKey("k".repeat(40), join(folder, "none"));
  expect(Buffer.from(key).toString()).toBe("k".repeat(40));
  expect(() => statSync(join(folder, "none"))).toThrow();
});

test("a key that others could read is closed to them", () => {
  const key = loadMasterKey(null, folder);
  chmodSync(join(folder, "master-key"), 0o644);
  expect(loadMasterKey(null, folder)).toEqual(key);
  expect(statSync(join(folder, "master-key")).mode & 0o777).toBe(0o600);
});

test("a damaged key is refused, not replaced", () => {
  writeFileSync(join(folder, "master-key"), "short\n");
  expect(() => loadMasterKey(null, folder)).toThrow(/is damaged/);
});
