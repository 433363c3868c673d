/** npm's packages, installed where they are missing or other than the lock file says. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { inRoot } from "./paths.mjs";
import { duration, Refusal, say } from "./say.mjs";

/** The first package of the lock file that isn't installed as it says; null when all are. npm keeps its own record of what it installed. */
export function firstMissingPackage(lockFile = inRoot("package-lock.json"), installedFile = inRoot("node_modules/.package-lock.json")) {
  if (!existsSync(installedFile)) return "node_modules";
  const wanted = JSON.parse(readFileSync(lockFile, "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedFile, "utf8")).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes("node_modules/") || entry.link || entry.optional || entry.devOptional || entry.peer) continue;
    if (installed[path]?.version !== entry.version) return path.replace(/^.*node_modules\//, "");
  }
  return null;
}

/** `npm ci` when needed. Registry, proxy and other settings are npm's own. Throws `Refusal` with npm's words. */
export function ensureDependencies() {
  const missing = firstMissingPackage();
  if (missing === null) return;
  say.step(
    missing === "node_modules"
      ? "Installing npm packages (about half a minute)"
      : `Installing npm packages (${missing} is missing or outdated)`,
  );
  const started = Date.now();
  // Development tools too, whatever NODE_ENV says: they build.
  const npm = spawnSync("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"], { cwd: inRoot(), encoding: "utf8", maxBuffer: 1 << 28 });
  if (npm.status !== 0) {
    const words = `${npm.stderr || npm.stdout || npm.error?.message}`.trim().split("\n").slice(-15).join("\n");
    throw new Refusal(`npm ci failed:\n${words}`);
  }
  say.done(`npm packages installed in ${duration(Date.now() - started)}`);
}

/** Throws `Refusal` where Node is older than we need. */
export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Refusal(`Berth needs Node 20.19 or newer; this is ${process.versions.node}`);
}
