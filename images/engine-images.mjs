/** Images through the engine's API, so that no docker command is needed: is it there, import, pull, build. */
import { spawn } from "node:child_process";
import { request } from "node:http";
import { engineAddress } from "../scripts/lib/find-engine.mjs";

/** Opens a request; resolves with the answer. `body` is a stream, or nothing. */
function open(host, method, path, { body, headers = {} } = {}) {
  const address = engineAddress(host);
  if (!address) return Promise.reject(new Error(`DOCKER_HOST ${host}: only unix:// and tcp:// are spoken here`));
  return new Promise((resolve, reject) => {
    const ask = request({ ...address, method, path, headers }, resolve);
    ask.on("error", reject);
    if (body) body.pipe(ask);
    else ask.end();
  });
}

async function text(answer) {
  const parts = [];
  for await (const part of answer) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** Reads an answer that is JSON, one message a line, and gives the first error in it, or null. */
async function firstError(answer, onMessage = () => {}) {
  let rest = "";
  let failure = answer.statusCode >= 400 ? `status ${answer.statusCode}` : null;
  const take = (line) => {
    if (!line.trim()) return;
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      return;
    }
    if (message.error || (answer.statusCode >= 400 && message.message)) failure = message.error ?? message.message;
    onMessage(message);
  };
  answer.setEncoding("utf8");
  for await (const part of answer) {
    const lines = (rest + part).split("\n");
    rest = lines.pop();
    lines.forEach(take);
  }
  take(rest);
  return failure;
}

async function inspect(host, name) {
  const answer = await open(host, "GET", `/images/${encodeURIComponent(name)}/json`);
  const body = await text(answer);
  return answer.statusCode === 200 ? JSON.parse(body) : null;
}

export const hasImage = async (host, name) => (await inspect(host, name)) !== null;

/** A label of an image, or null where there is no such image or label. */
export async function labelOf(host, name, label) {
  return (await inspect(host, name))?.Config?.Labels?.[label] ?? null;
}

export async function importImage(host, name, tar) {
  const [repo, tag] = name.split(":");
  const answer = await open(host, "POST", `/images/create?fromSrc=-&repo=${encodeURIComponent(repo)}&tag=${tag}`, {
    body: tar,
    headers: { "content-type": "application/x-tar" },
  });
  const failure = await firstError(answer);
  if (failure) throw new Error(`${name} can't be imported: ${failure}`);
}

/** Pulls `source` and names it `target`. Returns why not, or null. */
export async function pullAndTag(host, source, target) {
  const [image, tag] = source.split(":");
  const refusal = await firstError(await open(host, "POST", `/images/create?fromImage=${encodeURIComponent(image)}&tag=${tag}`));
  if (refusal) return refusal;
  const [repo, targetTag] = target.split(":");
  await text(await open(host, "POST", `/images/${encodeURIComponent(source)}/tag?repo=${encodeURIComponent(repo)}&tag=${targetTag}`));
  return null;
}

/** Builds a folder with the classic builder, whose FROM may name an image that only this engine has. `onLine` hears each step. */
export async function buildImage(host, { folder, name, labels, onLine }) {
  const tar = spawn("tar", ["--owner=0", "--group=0", "-C", folder, "-cf", "-", "."], { stdio: ["ignore", "pipe", "inherit"] });
  const query = new URLSearchParams({ t: name, version: "1", rm: "1", forcerm: "1", labels: JSON.stringify(labels) });
  const answer = await open(host, "POST", `/build?${query}`, { body: tar.stdout, headers: { "content-type": "application/x-tar" } });
  let last = "";
  const failure = await firstError(answer, (message) => {
    if (typeof message.stream !== "string") return;
    last = (last + message.stream).slice(-3000);
    if (message.stream.startsWith("Step ")) onLine(message.stream.trim());
  });
  if (failure) throw new Error(`${name} can't be built: ${failure}\n${last}`);
}
