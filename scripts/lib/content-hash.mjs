/** Whether what was built is still of today's files. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { inRoot } from "./paths.mjs";

const skipped = new Set(["node_modules", ".next", "dist", "generated", ".berth"]);

/** Names and contents of files and folders (relative to the repository) as one hash; tests and missing ones don't count. */
export function contentHash(paths, extra = "") {
  const hash = createHash("sha256").update(`${process.versions.node}\0${extra}\0`);
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) if (!skipped.has(name)) visit(join(path, name));
    } else if (!/\.(test|e2e)\.[a-z]+$/.test(path)) {
      hash.update(relative(inRoot(), path)).update("\0").update(readFileSync(path)).update("\0");
    }
  };
  for (const path of paths) visit(inRoot(path));
  return hash.digest("hex");
}

/** Runs `make` unless `marker` says that it was run on the same inputs and every output is there. Answers whether it ran. */
export async function makeIfChanged({ marker, inputs, outputs, extra, make }) {
  const hash = contentHash(inputs, extra);
  const file = inRoot(marker);
  if (outputs.every((output) => existsSync(inRoot(output))) && existsSync(file) && readFileSync(file, "utf8") === hash) return false;
  await make();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, hash);
  return true;
}
