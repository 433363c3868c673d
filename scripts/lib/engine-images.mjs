/** Images by the engine's own API: neither a client program nor a registry is needed. */
import { spawn } from "node:child_process";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { askEngine, engineAddress } from "./find-engine.mjs";

/** The labels of a local image; null when there is no such image. */
export async function imageLabels(host, tag) {
  const { status, json } = await askEngine(host, "GET", `/images/${encodeURIComponent(tag)}/json`, { timeoutMs: 30_000 });
  return status === 200 ? (json?.Config?.Labels ?? {}) : null;
}

/** Packs a folder with `tar` and sends it to the engine; `onLine` gets each line of its answer. Rejects with the engine's own words. */
async function sendFolder(host, path, folder, onLine) {
  const tar = spawn("tar", ["--numeric-owner", "--owner=0", "--group=0", "--exclude=*.test.ts", "-C", folder, "-c", "."], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const tarEnd = new Promise((resolve, reject) => {
    tar.once("error", reject);
    tar.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`tar ended with ${code}`))));
  });
  const answer = new Promise((resolve, reject) => {
    const ask = request({ ...engineAddress(host), method: "POST", path, headers: { "content-type": "application/x-tar" } }, resolve);
    ask.on("error", reject);
    tar.stdout.pipe(ask);
  });
  const [reply] = await Promise.all([answer, tarEnd]);
  let problem = null;
  for await (const line of createInterface({ input: reply })) {
    const message = parse(line);
    if (message?.error || message?.message) problem = message.error ?? message.message;
    else if (message) onLine(message);
  }
  if (problem || reply.statusCode >= 400) throw new Error(problem ?? `the engine answered ${reply.statusCode}`);
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** A root file system as an image of one layer. Owners in the folder are taken as they are. */
export async function importFolder({ host, folder, repository, tag, labels }) {
  const query = new URLSearchParams({ fromSrc: "-", repo: repository, tag });
  for (const [name, value] of Object.entries(labels)) query.append("changes", `LABEL ${name}=${value}`);
  await new Promise((resolve, reject) => {
    const tar = spawn("tar", ["--numeric-owner", "--xattrs", "-C", folder, "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    tar.once("error", reject);
    const ask = request(
      { ...engineAddress(host), method: "POST", path: `/images/create?${query}`, headers: { "content-type": "application/x-tar" } },
      (reply) => {
        let text = "";
        reply.on("data", (part) => {
          text += part;
        });
        reply.on("error", reject);
        reply.on("end", () =>
          reply.statusCode < 300 && !text.includes('"error"') ? resolve() : reject(new Error(`import was refused: ${text}`)),
        );
      },
    );
    ask.on("error", reject);
    tar.stdout.pipe(ask);
  });
}

/** Builds a folder with a Dockerfile. `onProgress` gets the engine's lines as plain text. */
export async function buildFolder({ host, folder, tag, labels, buildArguments = {}, onProgress, fresh = false }) {
  const query = new URLSearchParams({ t: tag, labels: JSON.stringify(labels), buildargs: JSON.stringify(buildArguments), forcerm: "1" });
  if (fresh) query.set("nocache", "1");
  await sendFolder(host, `/build?${query}`, folder, (message) => {
    for (const line of (message.stream ?? message.status ?? "").split("\n")) if (line.trim()) onProgress(line.trimEnd());
  });
}

/** Pulls a public image. Rejects with the engine's words when it can't be had. */
export async function pullImage(host, name, tag) {
  const path = `/images/create?${new URLSearchParams({ fromImage: name, tag })}`;
  const { status, text } = await askEngine(host, "POST", path, { timeoutMs: 300_000 });
  if (status >= 300 || text.includes('"error"')) throw new Error(text.trim().split("\n").at(-1));
}

/** Gives a local image another name. */
export async function tagImage(host, image, repository, tag) {
  const { status, text } = await askEngine(
    host,
    "POST",
    `/images/${encodeURIComponent(image)}/tag?${new URLSearchParams({ repo: repository, tag })}`,
  );
  if (status >= 300) throw new Error(`the engine could not tag ${image}: ${text}`);
}
