/** Rules about files themselves: length and names. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { inRoot } from "./paths.mjs";

const longest = 400;
const code = /\.(tsx?|mjs|css|prisma)$/;
const badName = /^(index|utils?|helpers?|managers?)\.|[-_](utils?|helpers?|manager)\.|(^|\/)(utils|helpers)\//;

/** Tracked and new files, without what git ignores. */
function files() {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: inRoot(), encoding: "utf8" });
  return listed.split("\n").filter((path) => code.test(path) && !path.startsWith("prisma/migrations/"));
}

/** What breaks a rule, a line each. */
export function fileProblems() {
  return files().flatMap((path) => {
    let text = "";
    try {
      text = readFileSync(inRoot(path), "utf8");
    } catch {
      // Deleted, not yet committed.
      return [];
    }
    const lines = text.split("\n").length - 1;
    return [
      ...(lines > longest ? [`${path} has ${lines} lines: past ${longest} a file is asking to be split`] : []),
      ...(badName.test(basename(path)) || badName.test(path)
        ? [`${path}: name a file by what it computes or does (no index, utils, helpers, manager)`]
        : []),
    ];
  });
}
