/** Debian's and Ubuntu's packages, as root. */
import { spawnSync } from "node:child_process";
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

const apt = (args) =>
  spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" },
    maxBuffer: 1 << 28,
  });

/** Installs packages without their recommendations. Throws `Refusal` with apt's own words. Call only as root where apt is. */
export function aptInstall(packages, why) {
  say.step(`Installing ${packages.join(", ")} (${why})`);
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  let result = apt(install);
  if (result.status !== 0) {
    apt(["update"]);
    result = apt(install);
  }
  if (result.status !== 0) {
    const words = `${result.stderr || result.stdout || result.error?.message}`.trim().split("\n").slice(-5).join("\n");
    throw new Refusal(`apt-get could not install ${packages.join(", ")}:\n${words}`);
  }
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
