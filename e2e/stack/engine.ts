import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { expect } from "@playwright/test";
import Docker from "dockerode";
import { z } from "zod";
import type { Stack } from "./stack";

const engine = new Docker();

/** The one container of a session, as the engine has it. Throws when there is none. */
export async function containerOf(sessionId: string): Promise<Docker.Container> {
  const found = await engine.listContainers({ all: true, filters: { label: [`dev.berth.session=${sessionId}`] } });
  if (found.length !== 1 || !found[0]) throw new Error(`expected one container of session ${sessionId}, found ${found.length}`);
  return engine.getContainer(found[0].Id);
}

export async function countContainers(sessionId: string): Promise<number> {
  return (await engine.listContainers({ all: true, filters: { label: [`dev.berth.session=${sessionId}`] } })).length;
}

/** The names of the volumes that a session's container has. */
export async function volumesOf(sessionId: string): Promise<string[]> {
  const { Mounts: mounts } = await (await containerOf(sessionId)).inspect();
  return mounts.flatMap(({ Type: type, Name: name }) => (type === "volume" && name ? [name] : []));
}

export async function hasVolume(name: string): Promise<boolean> {
  return (await engine.listVolumes({ filters: { name: [name] } })).Volumes.some((volume) => volume.Name === name);
}

/** Runs another container as this one was made, with the labels of a session's; gives its id. */
export async function runLike({ Config, HostConfig }: Docker.ContainerInspectInfo, sessionId: string): Promise<string> {
  const { Image, Env, Cmd, User, Labels } = Config;
  const made = await engine.createContainer({
    name: `berth-left-${sessionId.slice(0, 8)}`,
    ...{ Image, Env, Cmd, User, HostConfig },
    Labels: { ...Labels, "dev.berth.session": sessionId },
  });
  await made.start();
  return made.id;
}

/** Runs a command inside a session's container, past everything of Berth's, and gives what it printed. */
export async function execIn(sessionId: string, ...command: string[]): Promise<string> {
  const container = await containerOf(sessionId);
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: false });
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    engine.modem.demuxStream(stream, collectInto(chunks), collectInto(chunks));
    stream.on("end", resolve);
    stream.on("error", reject);
  });
  return Buffer.concat(chunks).toString("utf8");
}

/** Waits for the shell of a session's first terminal: a desktop's first frame is there before its programs, and what is typed then goes nowhere. */
export async function untilTerminal(sessionId: string): Promise<void> {
  await expect.poll(() => execIn(sessionId, "pgrep", "-x", "bash"), { timeout: 20_000 }).toMatch(/\d/);
}

/** Kills a session's container from outside, as an operator with a shell would. */
export async function killContainer(sessionId: string): Promise<void> {
  await (await containerOf(sessionId)).kill();
}

/** Gives an image of the engine's to a registry under `name`, and leaves the engine without that name. */
export async function pushToRegistry(image: string, name: string, login: { username: string; password: string }): Promise<void> {
  const [repo, tag] = [name.slice(0, name.lastIndexOf(":")), name.slice(name.lastIndexOf(":") + 1)];
  await engine.getImage(image).tag({ repo, tag });
  const words = await engine.getImage(name).push({ authconfig: { ...login, serveraddress: repo.slice(0, repo.indexOf("/")) } });
  let said = "";
  for await (const part of words) said += String(part);
  if (said.includes('"error"')) throw new Error(`${name} was not pushed: ${said.slice(-400)}`);
  await engine.getImage(name).remove();
}

/** An image like another that runs `command` instead; with none it is the same under another name. */
export async function imageLike(image: string, repo: string, tag: string, command?: readonly string[]): Promise<void> {
  if (!command) return void (await engine.getImage(image).tag({ repo, tag }));
  const made = await engine.createContainer({ Image: image, Entrypoint: [...command], Cmd: [] });
  await made.commit({ repo, tag });
  await made.remove();
}

/** The name of the image that a session's one container runs. */
export async function imageOf(sessionId: string): Promise<string> {
  return (await (await containerOf(sessionId)).inspect()).Config.Image;
}

/** Whether it is there or not. */
export async function removeImage(name: string): Promise<void> {
  await engine
    .getImage(name)
    .remove({ force: true })
    .catch(() => {});
}

const credentialSchema = z.object({ agentId: z.string() });

/** Removes every container and home volume that this stack's agent made. */
export async function removeSessionsOf(stack: Stack): Promise<void> {
  const credential = readFileSync(join(stack.dataDir, "agent", "credential.json"), "utf8");
  const label = `dev.berth.agent=${credentialSchema.parse(JSON.parse(credential)).agentId}`;
  for (const found of await engine.listContainers({ all: true, filters: { label: [label] } })) {
    await engine.getContainer(found.Id).remove({ force: true, v: true });
  }
  const { Volumes: volumes } = await engine.listVolumes({ filters: { label: [label] } });
  for (const volume of volumes) await engine.getVolume(volume.Name).remove();
}

function collectInto(chunks: Buffer[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
}
