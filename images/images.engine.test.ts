import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { buildImages, outdatedImages } from "./build.mjs";

const docker = new Docker();
const ends: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  await buildImages({ host: process.env.DOCKER_HOST });
}, 900_000);
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** As strict as sessions are: no capabilities, no new privileges, a read-only root, a fresh home volume. */
async function run(image: string, options: Docker.ContainerCreateOptions = {}): Promise<{ container: Docker.Container; volume: string }> {
  const volume = `berth-test-${randomBytes(4).toString("hex")}`;
  const labels = { "dev.berth.test": "images" };
  await docker.createVolume({ Name: volume, Labels: labels });
  ends.push(() => docker.getVolume(volume).remove());
  const container = await docker.createContainer({
    Image: image,
    Labels: labels,
    ...options,
    HostConfig: {
      Init: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "mode=1777", "/run": "" },
      PidsLimit: 512,
      Memory: 1 << 30,
      NetworkMode: "none",
      ...options.HostConfig,
      Binds: [`${volume}:/home/user`, ...(options.HostConfig?.Binds ?? [])],
    },
  });
  ends.push(() => container.remove({ force: true }));
  await container.start();
  return { container, volume };
}

/** The first words of a display: `RFB 003.008`. */
async function bannerOf(socketPath: string): Promise<string> {
  const socket = connect(socketPath);
  try {
    const [bytes] = await once(socket, "data");
    return String(bytes).trim();
  } finally {
    socket.destroy();
  }
}

/** As a viewer: a click into the middle, then the characters, by their keysyms. */
async function typeInto(socketPath: string, text: string): Promise<void> {
  const socket = connect(socketPath);
  try {
    await once(socket, "data");
    socket.write("RFB 003.008\n");
    await once(socket, "data");
    socket.write(Buffer.from([1]));
    await once(socket, "data");
    socket.write(Buffer.from([1]));
    await once(socket, "data");
    for (const pressed of [1, 0]) socket.write(Buffer.from([5, pressed, 1, 144, 1, 44]));
    for (const character of text) {
      const key = Buffer.alloc(8);
      key.writeUInt8(4, 0);
      key.writeUInt32BE(character === "\n" ? 0xff0d : (character.codePointAt(0) ?? 0), 4);
      for (const down of [1, 0]) socket.write(Buffer.from(key.fill(down, 1, 2)));
    }
    // What was sent before a goodbye is still read.
    socket.end();
    await once(socket, "close");
  } finally {
    socket.destroy();
  }
}

async function execIn(container: Docker.Container, ...command: string[]): Promise<string> {
  const exec = await container.exec({ Cmd: command, AttachStdout: true, Tty: true });
  const stream = await exec.start({ hijack: true, stdin: false, Tty: true });
  let text = "";
  for await (const part of stream) text += String(part);
  return text.trim();
}

test.each([
  ["berth/terminal-desktop:1", "xterm"],
  ["berth/firefox-browser:1", "firefox-esr"],
])("%s shows a desktop with its program, in a strict container, again after a kill", async (image, program) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-display-"));
  chmodSync(folder, 0o777);
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, "display.sock");
  const { container } = await run(image, {
    Env: ["BERTH_DISPLAY_SOCKET=/run/berth/display.sock"],
    HostConfig: { Binds: [`${folder}:/run/berth`] },
  });
  await vi.waitFor(async () => expect(await bannerOf(socket)).toBe("RFB 003.008"), { timeout: 15_000 });
  await vi.waitFor(async () => expect(await execIn(container, "ps", "-u", "user", "-o", "comm=")).toContain(program), {
    timeout: 20_000,
    interval: 200,
  });
  expect(await execIn(container, "id", "-u")).toBe("1000");
  await execIn(container, "sh", "-c", "echo kept > ~/note");

  await container.kill();
  await container.wait();
  await container.start();
  await vi.waitFor(async () => expect(await bannerOf(socket)).toBe("RFB 003.008"), { timeout: 15_000 });
  await vi.waitFor(async () => expect(await execIn(container, "ps", "-u", "user", "-o", "comm=")).toContain(program), {
    timeout: 20_000,
    interval: 200,
  });
  expect(await execIn(container, "cat", "/home/user/note")).toBe("kept");
});

test("a desktop has the keyboard layout that it is told, and what is typed arrives as the same characters", async () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-display-"));
  chmodSync(folder, 0o777);
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const { container } = await run("berth/terminal-desktop:1", {
    Env: ["BERTH_DISPLAY_SOCKET=/run/berth/display.sock", "BERTH_KEYBOARD_LAYOUT=de"],
    HostConfig: { Binds: [`${folder}:/run/berth`] },
  });
  await vi.waitFor(async () => expect(await execIn(container, "setxkbmap", "-display", ":1", "-query")).toMatch(/layout: +de$/m), {
    timeout: 15_000,
    interval: 200,
  });
  await vi.waitFor(async () => expect(await execIn(container, "ps", "-u", "user", "-o", "comm=")).toMatch(/xterm.*bash/s), {
    timeout: 20_000,
    interval: 200,
  });
  // Typed again until the terminal has its window and the focus.
  await vi.waitFor(
    async () => {
      await typeInto(join(folder, "display.sock"), "\necho 'zy@{ß' > ~/typed\n");
      expect(await execIn(container, "cat", "/home/user/typed")).toBe("zy@{ß");
    },
    { timeout: 20_000, interval: 500 },
  );
});

test("a desktop without a socket to listen on speaks RFB on port 5900", async () => {
  const { container } = await run("berth/terminal-desktop:1", {
    ExposedPorts: { "5900/tcp": {} },
    HostConfig: { NetworkMode: "bridge", PortBindings: { "5900/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }] } },
  });
  const port = await publishedPort(container, "5900/tcp");
  await vi.waitFor(
    async () => {
      const socket = connect(port, "127.0.0.1");
      const [bytes] = await Promise.race([once(socket, "data"), once(socket, "close")]).finally(() => socket.destroy());
      expect(String(bytes).trim()).toBe("RFB 003.008");
    },
    { timeout: 15_000, interval: 200 },
  );
});

test("the notes app answers on port 8080, keeps its notes in the home, and is done quickly when told to end", async () => {
  const { container } = await run("berth/scratchpad:1", {
    ExposedPorts: { "8080/tcp": {} },
    HostConfig: { NetworkMode: "bridge", PortBindings: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }] } },
  });
  const port = await publishedPort(container, "8080/tcp");
  // The engine's proxy accepts before the app listens, and such a connection may never be answered.
  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1000) })).status).toBe(200), {
    timeout: 15_000,
    interval: 200,
  });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/sync`);
  await once(socket, "message");
  socket.send(JSON.stringify({ type: "put", id: "a1", title: "From the test", body: "" }));
  await vi.waitFor(async () => expect(await execIn(container, "cat", "/home/user/notes.json")).toContain("From the test"), {
    timeout: 5000,
  });
  socket.close();
  const started = Date.now();
  await container.stop({ t: 10 });
  expect(Date.now() - started).toBeLessThan(5000);
});

test("nothing is built again while nothing changed", async () => {
  expect(await outdatedImages(process.env.DOCKER_HOST)).toEqual([]);
});

async function publishedPort(container: Docker.Container, port: string): Promise<number> {
  const { NetworkSettings: settings } = await container.inspect();
  return Number(settings.Ports[port]?.[0]?.HostPort);
}
