/** The Debian that every image of ours is built on. Made by debootstrap as root; pulled where that can't be done. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { aptInstall, configuredMirrors, findProgram, hasApt, isRoot } from "../scripts/lib/debian.mjs";
import { importFolder, pullImage, tagImage } from "../scripts/lib/engine-images.mjs";
import { duration, Refusal, say } from "../scripts/lib/say.mjs";

const release = "bookworm";

/** Raise it when what is made here changes: every image is then built anew. */
export const baseRevision = "bookworm-1";

/** Not /tmp: it may be small, or mounted without devices and programs. */
const workFolder = "/var/tmp";
const prefix = "berth-debian-";

export async function makeBase({ host, tag }) {
  const [repository, name] = tag.split(":");
  const started = Date.now();
  if (isRoot() && (findProgram("debootstrap") || hasApt())) {
    if (!findProgram("debootstrap")) await aptInstall(["debootstrap", "debian-archive-keyring"], "makes the desktop images' Debian");
    say.step(`Making the images' base, Debian ${release}, with debootstrap (about half a minute)`);
    await bootstrap({ host, repository, name });
  } else {
    say.step(`Pulling the images' base, debian:${release}-slim (debootstrap would need root)`);
    try {
      await pullImage(host, "debian", `${release}-slim`);
      await tagImage(host, `debian:${release}-slim`, repository, name);
    } catch (error) {
      throw new Refusal(
        `The images' base can't be had: debian:${release}-slim can't be pulled (${error.message}), and making it here needs root.\n  Run once: sudo node images/build.mjs`,
      );
    }
  }
  say.done(`${tag} made in ${duration(Date.now() - started)}`);
}

async function bootstrap({ host, repository, name }) {
  removeLeftovers();
  const folder = mkdtempSync(join(workFolder, `${prefix}${process.pid}-`));
  try {
    const mirrors = configuredMirrors(release);
    const mirror = mirrors.main ? [mirrors.main] : [];
    await run("debootstrap", ["--variant=minbase", "--include=ca-certificates", release, folder, ...mirror]);
    trim(folder, mirrors);
    await importFolder({ host, folder, repository, tag: name, labels: { "dev.berth.base": baseRevision } });
  } finally {
    remove(folder);
  }
}

/** debootstrap leaves mounts where it was interrupted; never delete through one. */
function remove(folder) {
  for (const mount of ["proc", "sys", "dev/pts", "dev"]) spawnSync("umount", ["-l", join(folder, mount)], { stdio: "ignore" });
  rmSync(folder, { recursive: true, force: true });
}

/** What runs that were interrupted left behind. */
function removeLeftovers() {
  for (const name of readdirSync(workFolder).filter((entry) => entry.startsWith(prefix))) {
    if (!existsSync(`/proc/${Number.parseInt(name.slice(prefix.length), 10)}`)) remove(join(workFolder, name));
  }
}

function run(command, args) {
  const recent = [];
  return new Promise((resolve, reject) => {
    const child = spawn(findProgram(command) ?? command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: "C" },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part) => {
        recent.push(...part.toString().trimEnd().split("\n"));
        recent.splice(0, Math.max(0, recent.length - 15));
      });
    }
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Refusal(`${command} ended with ${code}:\n${recent.join("\n")}`))));
  });
}

/** What no container needs: documentation, translations, package lists. dpkg is told to leave them out from now on. */
function trim(folder, mirrors) {
  const inside = (...parts) => join(folder, ...parts);
  for (const path of [
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
  ]) {
    if (existsSync(inside(path)))
      for (const entry of readdirSync(inside(path))) rmSync(inside(path, entry), { recursive: true, force: true });
  }
  mkdirSync(inside("var/cache/apt/archives/partial"), { recursive: true });
  mkdirSync(inside("var/lib/apt/lists/partial"), { recursive: true });
  writeFileSync(
    inside("etc/dpkg/dpkg.cfg.d/berth-trim"),
    ["doc/*", "man/*", "info/*", "locale/*", "lintian/*"].map((path) => `path-exclude=/usr/share/${path}\n`).join("") +
      "path-include=/usr/share/doc/*/copyright\n",
  );
  writeFileSync(
    inside("etc/apt/apt.conf.d/berth-trim"),
    'APT::Install-Recommends "false";\nAcquire::Languages "none";\nDPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\nDir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n',
  );
  // Starting services in a build is never wanted.
  writeFileSync(inside("usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  for (const file of ["etc/machine-id", "etc/hostname", "etc/resolv.conf"]) if (existsSync(inside(file))) writeFileSync(inside(file), "");
  const security = mirrors.security ?? (mirrors.main ? `${mirrors.main}-security` : null);
  if (security) writeFileSync(inside("etc/apt/sources.list.d/security.list"), `deb ${security} ${release}-security main\n`);
  else addDefaultSecurity(inside);
}

/** debootstrap chose the archive itself; its security archive is beside it. */
function addDefaultSecurity(inside) {
  const main = /^deb\s+(\S+)/m.exec(readFileSync(inside("etc/apt/sources.list"), "utf8"))?.[1]?.replace(/\/$/, "");
  if (main) writeFileSync(inside("etc/apt/sources.list.d/security.list"), `deb ${main}-security ${release}-security main\n`);
}
