/** The base image, Debian bookworm: made with debootstrap on this machine, or pulled where a registry is in reach. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasImage, importImage, pullAndTag } from "./engine-images.mjs";

export const baseImage = "berth/base:bookworm";
const suite = "bookworm";

/** Leaves documentation and translations out of everything that is installed later. */
const dpkgExcludes = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*"]
  .map((path) => `path-exclude=${path}\n`)
  .join("");

const sources = (mirror) =>
  `deb ${mirror} ${suite} main\ndeb ${mirror} ${suite}-updates main\ndeb ${mirror.replace(/\/debian\/?$/, "/debian-security")} ${suite}-security main\n`;

/** Makes sure of the base image. Throws with what to do when it can be had in no way. */
export async function ensureBase(host, { log, mirror = process.env.DEBIAN_MIRROR || "http://deb.debian.org/debian" }) {
  if (await hasImage(host, baseImage)) return;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && (haveDebootstrap() || installDebootstrap(log))) {
    log("base image: debootstrap (about half a minute)");
    await bootstrap(host, mirror);
    return;
  }
  log("base image: pulling debian:bookworm-slim");
  const refusal = await pullAndTag(host, "debian:bookworm-slim", baseImage);
  if (refusal) {
    throw new Error(
      `The base image can't be made: as an ordinary user it is pulled, and the engine said "${refusal}". ` +
        "Run this once as root (it then uses debootstrap), or load an image and tag it: docker tag debian:bookworm-slim berth/base:bookworm",
    );
  }
}

const haveDebootstrap = () => existsSync("/usr/sbin/debootstrap");

function installDebootstrap(log) {
  if (!existsSync("/usr/bin/apt-get")) return false;
  log("installing debootstrap");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { env, stdio: "ignore" });
  spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "debootstrap", "debian-archive-keyring"], { env, stdio: "ignore" });
  return haveDebootstrap();
}

async function bootstrap(host, mirror) {
  const folder = mkdtempSync(join(tmpdir(), "berth-base-"));
  const tree = join(folder, "root");
  try {
    const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    const args = ["--variant=minbase", ...(existsSync(keyring) ? [`--keyring=${keyring}`] : []), suite, tree, mirror];
    await run("/usr/sbin/debootstrap", args);
    writeFileSync(join(tree, "etc/apt/sources.list"), sources(mirror));
    mkdirSync(join(tree, "etc/dpkg/dpkg.cfg.d"), { recursive: true });
    writeFileSync(join(tree, "etc/dpkg/dpkg.cfg.d/berth"), dpkgExcludes);
    for (const path of [
      "var/cache/apt",
      "var/lib/apt/lists",
      "usr/share/doc",
      "usr/share/man",
      "usr/share/info",
      "usr/share/locale",
      "var/log",
    ]) {
      rmSync(join(tree, path), { recursive: true, force: true });
    }
    for (const path of ["var/cache/apt/archives/partial", "var/lib/apt/lists/partial", "var/log"])
      mkdirSync(join(tree, path), { recursive: true });
    const tar = spawn(
      "tar",
      ["--numeric-owner", "--exclude=./dev/*", "--exclude=./proc/*", "--exclude=./sys/*", "-C", tree, "-cf", "-", "."],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await importImage(host, baseImage, tar.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output = (output + part).slice(-4000)));
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}:\n${output}`))));
  });
}
