import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { VERSION } from "./version";

it.each(["../package.json", "../agent/package.json", "./package.json"])("is the one of %s", (path) => {
  const text = readFileSync(new URL(path, import.meta.url), "utf8");
  expect(z.object({ version: z.string() }).parse(JSON.parse(text)).version).toBe(VERSION);
});
