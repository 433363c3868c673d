import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DESKTOP_IMAGE, EngineFixture, WEB_IMAGE } from "../../testing/engine-fixture";
import { shakeHands, updateRequest, ViewerReader } from "../../testing/rfb-client";
import { runAgent } from "../../testing/running-agent";
import { startData } from "../../testing/start-data";
import { codeOf, firstBytes } from "../driver-contract";
import type { DockerDriver } from "./docker-driver";
import { engineTarget } from "./engine-target";

/** Before the engine's socket: an engine at an address, with which nothing but loopback is known to be shared. */
let address: Server;
const sockets = new Set<Socket>();
const engine = new EngineFixture();
let agent: Awaited<ReturnType<typeof runAgent<DockerDriver>>>;

beforeAll(async () => {
  address = createServer((near) => {
    const far = connect(engine.target.name.replace("unix://", ""));
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  address.listen(0, "127.0.0.1");
  await once(address, "listening");
  const at = address.address();
  const target = engineTarget(`tcp://127.0.0.1:${at && typeof at === "object" ? at.port : 0}`);
  const dataDir = await engine.dataDir();
  agent = await runAgent(await engine.driver({ target, dataDir }), { dataDir });
  agent.plane.patienceMs = 60_000;
});
afterAll(async () => {
  await agent.end();
  await engine.end();
  for (const socket of sockets) socket.destroy();
  address.close();
});

const start = async (overrides: Partial<ReturnType<typeof startData>> = {}) => {
  const session = randomUUID();
  const data = startData({ image: DESKTOP_IMAGE, ...overrides });
  const result = await agent.plane.result(agent.plane.command("start_session", session, data));
  expect(result).toMatchObject({ status: "completed" });
  return { session, containerId: String(result.result?.container_id) };
};
const end = async (session: string) => {
  const data = { name: "x", namespace: "y", generation: 1, graceful: false, timeout: "1s", remove_home: null };
  expect(await agent.plane.result(agent.plane.command("stop_session", session, data))).toMatchObject({ status: "completed" });
};

/** Addresses on which this machine listens at a port, as the kernel writes them. */
async function listeners(port: number): Promise<string[]> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFile(file, "utf8").catch(() => "")));
  const found = lines
    .join("\n")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === "0A" && local?.endsWith(`:${hex}`));
  return found.map(([, local]) => local?.split(":")[0] ?? "");
}

describe("the display of a session on an engine at an address", () => {
  it("is published on 127.0.0.1 alone, and viewers see it through their tunnels", async () => {
    expect((await agent.driver.describe()).metadata).toMatchObject({ displays_by: "port on 127.0.0.1" });
    const { session, containerId } = await start();
    const { NetworkSettings, Mounts } = await engine.docker.getContainer(containerId).inspect();
    const published = Object.entries(NetworkSettings.Ports).flatMap(([port, bindings]) =>
      (bindings ?? []).map((binding) => ({ port, ...binding })),
    );
    expect(published).toMatchObject([{ port: "5900/tcp", HostIp: "127.0.0.1" }]);
    expect(await listeners(Number(published[0]?.HostPort))).toEqual(["0100007F"]);
    expect(Mounts.filter(({ Type }) => Type === "bind")).toEqual([]);

    for (const mode of ["control", "view"] as const) {
      const viewer = await agent.plane.viewer(session, mode);
      const reader = new ViewerReader(viewer);
      const { width, height } = await shakeHands(viewer, reader);
      expect([width, height]).toEqual([1280, 800]);
      viewer.send(updateRequest(false, width, height));
      // A framebuffer update: its type, padding, and a rectangle at least.
      const head = await reader.read(4);
      expect(head.readUInt8(0)).toBe(0);
      expect(head.readUInt16BE(2)).toBeGreaterThan(0);
      viewer.close();
    }
    await end(session);
    expect(await listeners(Number(published[0]?.HostPort))).toEqual([]);
  });

  it("as a web app is reached by its port too, and no other port is", async () => {
    const display = { protocol: "http" as const, port: WEB_IMAGE.port, unix_socket: false, path: "/" };
    const { session } = await start({ image: WEB_IMAGE.image, display });
    const tunnel = await agent.plane.portTunnel(session, WEB_IMAGE.port);
    tunnel.write("GET / HTTP/1.1\r\nhost: app\r\nconnection: close\r\n\r\n");
    expect(await firstBytes(tunnel)).toMatch(/^HTTP\/1\.1 200 /);
    tunnel.destroy();
    expect(await codeOf(agent.driver.openPort(session, 22))).toBe("DISPLAY_UNREACHABLE");
    await end(session);
  });

  it("is read before a viewer is let in: what takes connections and says nothing is no display", async () => {
    const { session, containerId } = await start();
    // The engine's proxy still listens; behind it nothing answers any more.
    await engine.inside(containerId, ["pkill", "-STOP", "Xtigervnc|Xvnc"]);
    await expect(agent.driver.openDisplay(session)).rejects.toMatchObject({ code: "DISPLAY_UNREACHABLE" });
    await engine.inside(containerId, ["pkill", "-CONT", "Xtigervnc|Xvnc"]);
    (await agent.driver.openDisplay(session)).destroy();
    await end(session);
  });
});
