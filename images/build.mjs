/**
 * Builds Berth's own images on a container engine: `node images/build.mjs [name …]`. What is there already, made from the same files, is
 * left alone. Also imported by `npm start` and `npm test`.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { baseImage, ensureBase } from "./base.mjs";
import { buildImage, labelOf } from "./engine-images.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const sourceLabel = "dev.berth.source";

/** In the order in which they build on each other. */
export const images = [
  { name: "berth/scratchpad:1", folder: "scratchpad", on: baseImage },
  { name: "berth/terminal-desktop:1", folder: "terminal-desktop", on: baseImage },
  { name: "berth/firefox-browser:1", folder: "firefox-browser", on: "berth/terminal-desktop:1" },
];

/** Changes with any file of the image's folder, and with what it is built on. */
function sourceHash(folder, parentHash) {
  const hash = createHash("sha256").update(parentHash);
  const root = join(here, folder);
  for (const entry of readdirSync(root, { recursive: true }).map(String).sort()) {
    const path = join(root, entry);
    if (statSync(path).isFile()) hash.update(relative(root, path)).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

/** What would have to be built, in order; empty when all is there. */
export async function missingImages(host, wanted = images.map((image) => image.name)) {
  const hashes = new Map([[baseImage, "bookworm"]]);
  const missing = [];
  for (const image of images) {
    const hash = sourceHash(image.folder, hashes.get(image.on));
    hashes.set(image.name, hash);
    const isNeeded = wanted.includes(image.name) || images.some((other) => wanted.includes(other.name) && other.on === image.name);
    const parentIsStale = missing.some((other) => other.name === image.on);
    if (isNeeded && (parentIsStale || (await labelOf(host, image.name, sourceLabel)) !== hash)) missing.push({ ...image, hash });
  }
  return missing;
}

/** Builds what is missing. `log` gets a line for each step. Throws with the builder's last words. */
export async function buildImages(host, { wanted, log = console.log } = {}) {
  const missing = await missingImages(host, wanted);
  if (missing.length === 0) return;
  await ensureBase(host, { log });
  for (const image of missing) {
    const started = Date.now();
    log(`${image.name}: building`);
    await buildImage(host, {
      folder: join(here, image.folder),
      name: image.name,
      labels: { [sourceLabel]: image.hash },
      onLine: (line) => log(`${image.name}: ${line.slice(0, 100)}`),
    });
    log(`${image.name}: built in ${Math.round((Date.now() - started) / 1000)} s`);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const host = process.env.DOCKER_HOST || "unix:///var/run/docker.sock";
  const names = process.argv.slice(2);
  await buildImages(host, names.length > 0 ? { wanted: names } : {});
}
