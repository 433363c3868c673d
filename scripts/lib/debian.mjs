/** Debian's and Ubuntu's packages, as root. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal, say } from "./say.mjs";

export const isRoot = () => process.getuid?.() === 0;
export const hasApt = () => existsSync("/usr/bin/apt-get");

/** Is a program on the PATH or in the folders that only root's PATH has? */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin", "/usr/local/sbin"];
  return (
    folders
      .filter(Boolean)
      .map((folder) => join(folder, name))
      .find((file) => existsSync(file)) ?? null
  );
}

function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" };
  return new Promise((resolve) => {
    // A session of its own: a Ctrl-C must not leave packages half installed.
    const child = spawn("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let words = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part) => {
        words = (words + part).slice(-4000);
      });
    }
    child.once("error", (error) => resolve({ ok: false, words: error.message }));
    child.once("close", (code) => resolve({ ok: code === 0, words }));
  });
}

/** Installs packages without their recommendations. Rejects with a `Refusal` that has apt's own words. Call only as root where apt is. */
export async function aptInstall(packages, why) {
  say.step(`Installing ${packages.join(", ")} (${why})`);
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  let result = await apt(install);
  if (!result.ok) {
    await apt(["update"]);
    result = await apt(install);
  }
  if (!result.ok)
    throw new Refusal(`apt-get could not install ${packages.join(", ")}:\n${result.words.trim().split("\n").slice(-5).join("\n")}`);
}

/** Makes sure of a program on the PATH. Rejects with a `Refusal` with what to do where it can't be installed. */
export async function ensureProgram(name, why) {
  if (findProgram(name)) return;
  if (!isRoot() || !hasApt()) throw new Refusal(`${name} is missing (${why}). On Debian: sudo apt-get install ${name}`);
  await aptInstall([name], why);
}

/** `{ id: "debian", codename: "bookworm" }`, empty strings where unknown. */
export function distribution() {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return { id: field("ID"), codename: field("VERSION_CODENAME") };
}

/** Addresses that this machine's own apt has for Debian's main and security archives of a release; null where it has none. */
export function configuredMirrors(codename) {
  const entries = [];
  for (const file of aptSourceFiles()) {
    const text = readFileSync(file, "utf8");
    if (file.endsWith(".sources")) entries.push(...deb822Entries(text));
    else
      for (const line of text.split("\n")) {
        const found = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s/.exec(line.trim());
        if (found) entries.push({ uri: found[1], suite: found[2] });
      }
  }
  const uriOf = (suite) => entries.find((entry) => entry.suite === suite && /^https?:/.test(entry.uri))?.uri.replace(/\/$/, "") ?? null;
  return { main: uriOf(codename), security: uriOf(`${codename}-security`) };
}

function aptSourceFiles() {
  const folder = "/etc/apt/sources.list.d";
  const more = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.(list|sources)$/.test(name))
        .map((name) => join(folder, name))
    : [];
  return ["/etc/apt/sources.list", ...more].filter((file) => existsSync(file));
}

function deb822Entries(text) {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const field = (name) => new RegExp(`^${name}:\\s*(.*)$`, "mi").exec(paragraph)?.[1].trim().split(/\s+/) ?? [];
    return field("URIs").flatMap((uri) => field("Suites").map((suite) => ({ uri, suite })));
  });
}
