/**
 * Builds Berth's own images into a container engine, from Debian's packages: `node images/build.mjs [--fresh] [name…]`.
 * An image whose folder hasn't changed since (label `dev.berth.content`) is left as it is; `--fresh` builds anew, with today's packages.
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildFolder, imageLabels } from "../scripts/lib/engine-images.mjs";
import { findAnsweringEngine } from "../scripts/lib/find-engine.mjs";
import { inRoot } from "../scripts/lib/paths.mjs";
import { duration, Refusal, runMain, say } from "../scripts/lib/say.mjs";
import { baseRevision, makeBase } from "./make-base.mjs";

export const contentLabel = "dev.berth.content";
const baseTag = "berth/debian:bookworm";

/** In the order they are built; `from` is another of them or the base. */
export const images = [
  { name: "desktop-base", tag: "berth/desktop-base:1", from: null },
  { name: "terminal-desktop", tag: "berth/terminal-desktop:1", from: "desktop-base" },
  { name: "firefox-browser", tag: "berth/firefox-browser:1", from: "desktop-base" },
  { name: "scratchpad", tag: "berth/scratchpad:1", from: null },
];

/** Names, modes and contents of a folder's files as one hash. Tests are no part of an image. */
function hashFolder(folder) {
  const hash = createHash("sha256");
  const visit = (path, shown) => {
    for (const name of readdirSync(path).sort()) {
      const at = join(path, name);
      const stat = lstatSync(at);
      if (stat.isDirectory()) visit(at, `${shown}/${name}`);
      else if (!/\.test\.[a-z]+$/.test(name))
        hash
          .update(`${shown}/${name}\0${(stat.mode & 0o111) !== 0}\0`)
          .update(readFileSync(at))
          .update("\0");
    }
  };
  visit(folder, "");
  return hash.digest("hex");
}

/** An image's content with all that it is built on. */
function contentOf(name) {
  const image = images.find((one) => one.name === name);
  const below = image.from ? contentOf(image.from) : baseRevision;
  return createHash("sha256")
    .update(below)
    .update(hashFolder(inRoot("images", name)))
    .digest("hex")
    .slice(0, 32);
}

/** Of `names` (all by default) those that the engine lacks or has in another form, with what they are built on. */
export async function outdatedImages(host, names = images.map((image) => image.name)) {
  const wanted = new Set(names.flatMap((name) => [images.find((image) => image.name === name)?.from, name]).filter(Boolean));
  const found = await Promise.all(
    images.filter((image) => wanted.has(image.name)).map(async (image) => ({ image, labels: await imageLabels(host, image.tag) })),
  );
  return found.filter(({ image, labels }) => labels?.[contentLabel] !== contentOf(image.name)).map(({ image }) => image);
}

/** Builds what is missing or outdated. Throws `Refusal` with what to do where the base can't be had. */
export async function buildImages({ host, names, fresh = false, verbose = Boolean(process.env.BERTH_VERBOSE) }) {
  const all = names ?? images.map((image) => image.name);
  for (const name of all) {
    if (!images.some((image) => image.name === name))
      throw new Refusal(`There is no image ${name}; there are ${images.map((image) => image.name).join(", ")}`);
  }
  const todo = fresh
    ? images.filter((image) => all.includes(image.name) || images.some((other) => other.from === image.name && all.includes(other.name)))
    : await outdatedImages(host, all);
  if (todo.length === 0) return [];
  if (fresh || (await baseIsOutdated(host))) await makeBase({ host, tag: baseTag });
  for (const image of todo) await buildOne(host, image, { fresh, verbose });
  return todo.map((image) => image.tag);
}

/** One that was pulled has no label of ours, and is taken as it is. */
async function baseIsOutdated(host) {
  const labels = await imageLabels(host, baseTag);
  return labels === null || (labels["dev.berth.base"] ?? baseRevision) !== baseRevision;
}

async function buildOne(host, image, { fresh, verbose }) {
  const started = Date.now();
  say.step(`Building ${image.tag}`);
  const recent = [];
  const onProgress = (line) => {
    recent.push(line);
    if (recent.length > 30) recent.shift();
    if (verbose || /^Step \d/.test(line)) say.plain(`    ${line.slice(0, 140)}`);
  };
  const labels = { [contentLabel]: contentOf(image.name), "dev.berth.image": image.name };
  try {
    await buildFolder({ host, folder: inRoot("images", image.name), tag: image.tag, labels, onProgress, fresh });
  } catch (error) {
    throw new Refusal(`${image.tag} could not be built: ${error.message}\n${recent.join("\n")}`);
  }
  say.done(`${image.tag} built in ${duration(Date.now() - started)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    const words = process.argv.slice(2);
    const engine = await findAnsweringEngine();
    if (!engine) throw new Refusal("No container engine answers at DOCKER_HOST or /var/run/docker.sock");
    const names = words.filter((word) => !word.startsWith("--"));
    const built = await buildImages({ host: engine.host, names: names.length > 0 ? names : undefined, fresh: words.includes("--fresh") });
    if (built.length === 0) say.done("Every image is as its folder says.");
  });
}
