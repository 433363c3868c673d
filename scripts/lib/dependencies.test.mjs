import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { firstMissingPackage } from "./dependencies.mjs";

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-packages-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function missing(lock, installed) {
  const [lockFile, installedFile] = ["lock.json", "installed.json"].map((name) => join(folder, name));
  writeFileSync(lockFile, JSON.stringify({ packages: lock }));
  if (installed) writeFileSync(installedFile, JSON.stringify({ packages: installed }));
  return firstMissingPackage(lockFile, installedFile);
}

test("a fresh clone lacks everything", () => {
  expect(missing({ "node_modules/ws": { version: "8.0.0" } }, null)).toBe("node_modules");
});

test("a package that is missing or of another version is named", () => {
  const lock = { "": {}, "node_modules/ws": { version: "8.0.0" }, "node_modules/@scope/a": { version: "1.0.0" } };
  expect(missing(lock, { "node_modules/ws": { version: "8.0.0" } })).toBe("@scope/a");
  expect(missing(lock, { "node_modules/ws": { version: "7.0.0" }, "node_modules/@scope/a": { version: "1.0.0" } })).toBe("ws");
});

test("what npm leaves out on this platform, and our own workspaces, are not missing", () => {
  const lock = {
    "": {},
    agent: { version: "0.1.0" },
    "node_modules/@berth/agent": { resolved: "agent", link: true },
    "node_modules/@binaries/darwin-arm64": { version: "1.0.0", optional: true },
  };
  expect(missing(lock, {})).toBe(null);
});
