import { randomUUID } from "node:crypto";
import { readdir, stat, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { StartSessionData } from "@berth/protocol/agent-commands";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DESKTOP_IMAGE, EngineFixture, WEB_IMAGE } from "../../testing/engine-fixture";
import { startData } from "../../testing/start-data";
import { encodeWithin } from "../../thumbnail/encode-png";
import { lookAtDisplay } from "../../thumbnail/look-at-display";
import type { SessionDriver } from "../driver";
import { codeOf, driverContract, firstBytes, operation } from "../driver-contract";

const engine = new EngineFixture();
const images = { rfb: DESKTOP_IMAGE, http: WEB_IMAGE, slow: "", missing: "127.0.0.1:9/berth-test/nothing:1" };
let driver: SessionDriver;
let dataDir: string;

beforeAll(async () => {
  images.slow = await engine.imageThatRuns("sleep 60");
  dataDir = await engine.dataDir();
  driver = await engine.driver({ dataDir });
});
afterAll(() => engine.end());

driverContract("docker", {
  open: () => engine.driver(),
  images,
  print: async (_driver, session, line) => {
    const script = 'printf "%s\\n" "$1" >/proc/1/fd/1';
    const { exitCode, output } = await engine.inside(session.containerId, ["sh", "-c", script, "sh", line]);
    if (exitCode !== 0) throw new Error(output);
  },
  limits: async (_driver, session) => {
    const { HostConfig } = await engine.docker.getContainer(session.containerId ?? "").inspect();
    expect(HostConfig.MemorySwap).toBe(HostConfig.Memory);
    return { memoryBytes: HostConfig.Memory ?? 0, millicores: (HostConfig.NanoCpus ?? 0) / 1_000_000 };
  },
  kill: (_driver, session) => engine.docker.getContainer(session.containerId ?? "").kill(),
  remove: (_driver, session) => engine.docker.getContainer(session.containerId ?? "").remove({ force: true }),
});

const start = (overrides: Partial<StartSessionData> = {}, sessionId: string = randomUUID(), run = operation()) =>
  driver.start({ sessionId, spec: startData({ image: DESKTOP_IMAGE, ...overrides }) }, run);
const end = (sessionId: string, removeHome: string | null = null) =>
  driver.terminate({ sessionId, generation: 100, graceful: false, timeoutSeconds: 1, removeHome }, operation());
const failure = async (promise: Promise<unknown>) => {
  const outcome = await promise.then(
    () => "no error",
    (error: unknown) => error,
  );
  return outcome instanceof Error && "code" in outcome ? { code: outcome.code, message: outcome.message } : outcome;
};

describe("a session's container", () => {
  it("is hardened under strict: an ordinary user, no capabilities, no new privileges, a read-only root, limits", async () => {
    const facts = await start({ environment: { GREETING: "hello", BERTH_DISPLAY_SOCKET: "/tmp/mine" } });
    const inside = async (script: string) => (await engine.inside(facts.containerId, ["sh", "-c", script])).output.trim();
    expect(await inside("id -u; id -g")).toBe("1000\r\n1000");
    const status = await inside("cat /proc/1/status");
    expect(status).toMatch(/CapEff:\s+0000000000000000/);
    expect(status).toMatch(/CapBnd:\s+0000000000000000/);
    expect(status).toMatch(/NoNewPrivs:\s+1/);
    expect(status).toMatch(/Seccomp:\s+2/);
    expect(await inside("touch /usr/x 2>&1")).toContain("Read-only file system");
    expect(await inside("cp /bin/true /tmp/t && /tmp/t && echo ran")).toBe("ran");
    expect(await inside("cp /bin/true /run/t && /run/t && echo ran")).toContain("Permission denied");
    expect(await inside("touch $HOME/x && echo wrote")).toBe("wrote");
    expect(await inside("echo $GREETING $BERTH_DISPLAY_SOCKET")).toBe("hello /run/berth/display.sock");
    const { HostConfig } = await engine.docker.getContainer(facts.containerId ?? "").inspect();
    expect(HostConfig).toMatchObject({
      Memory: 256 * 2 ** 20,
      MemorySwap: 256 * 2 ** 20,
      NanoCpus: 500_000_000,
      PidsLimit: 256,
      Privileged: false,
    });
    await end(facts.sessionId);
  });

  it("has five capabilities and a writable root under compatible, and starts as the image's user", async () => {
    const image = await engine.imageThatRuns('umask 0; exec su user -s /bin/sh -c "exec /usr/local/bin/start-desktop"', "root");
    const facts = await start({ security: "compatible", image });
    const { output } = await engine.inside(facts.containerId, ["sh", "-c", "cat /proc/1/status; touch /usr/x && echo wrote"], "0:0");
    expect(output).toMatch(/CapBnd:\s+00000000000000cb/);
    expect(output).toMatch(/NoNewPrivs:\s+1/);
    expect(output).toContain("wrote");
    await end(facts.sessionId);
  });

  it("has a picture, once its desktop is painted, of more than one colour and of a few kilobytes", async () => {
    const facts = await start();
    const look = async () => {
      const display = await driver.openDisplay(facts.sessionId);
      return lookAtDisplay(display, 320).finally(() => display.destroy());
    };
    await vi.waitFor(async () => expect(new Set((await look()).rgb).size).toBeGreaterThan(16), { timeout: 20_000, interval: 250 });
    const png = encodeWithin(await look(), 64 * 1024);
    expect(png.readUInt32BE(16)).toBe(320);
    expect(png.length).toBeGreaterThan(500);
    await end(facts.sessionId);
  });

  it("shows its display by a unix socket in a closed folder, and takes folder and container away at its end", async () => {
    const facts = await start();
    const folders = await readdir(join(dataDir, "d"));
    expect(folders).toHaveLength(1);
    expect((await stat(join(dataDir, "d"))).mode & 0o777).toBe(0o700);
    const { NetworkSettings } = await engine.docker.getContainer(facts.containerId ?? "").inspect();
    expect(Object.values(NetworkSettings.Ports).flat().filter(Boolean)).toEqual([]);
    await end(facts.sessionId);
    expect(await readdir(join(dataDir, "d"))).toEqual([]);
  });

  it("shows its display by a port where the image knows no unix sockets", async () => {
    const facts = await start({ display: { protocol: "rfb", port: 5900, unix_socket: false, path: "/" } });
    const display = await driver.openDisplay(facts.sessionId);
    expect(await firstBytes(display)).toBe("RFB 003.008\n");
    display.destroy();
    await end(facts.sessionId);
  });

  it("keeps files in its home through hibernation, another session and a path that the image lacks", async () => {
    const home = { volume: `berth-home-${randomUUID()}`, path: "/data/home" };
    const facts = await start({ home });
    const write = await engine.inside(facts.containerId, ["sh", "-c", "echo kept > /data/home/note && cat /data/home/note"]);
    expect(write.output.trim()).toBe("kept");
    await driver.hibernate({ sessionId: facts.sessionId, generation: 1, mode: "stop" }, operation());
    const awake = await driver.wake(
      { sessionId: facts.sessionId, spec: startData({ image: DESKTOP_IMAGE, home, generation: 2 }) },
      operation(),
    );
    expect((await engine.inside(awake.containerId, ["cat", "/data/home/note"])).output.trim()).toBe("kept");
    await end(facts.sessionId);
    const next = await start({ home });
    expect((await engine.inside(next.containerId, ["cat", "/data/home/note"])).output.trim()).toBe("kept");
    await end(next.sessionId, home.volume);
  });

  it("can't be woken with a home that is gone", async () => {
    const home = { volume: `berth-home-${randomUUID()}`, path: "/home/user" };
    const wake = driver.wake({ sessionId: randomUUID(), spec: startData({ image: DESKTOP_IMAGE, home }) }, operation());
    expect(await failure(wake)).toMatchObject({ code: "HOME_MISSING", message: expect.stringContaining(home.volume) });
  });

  it("is not given a volume that someone else made", async () => {
    const volume = `berth-home-${randomUUID()}`;
    await engine.docker.createVolume({ Name: volume });
    expect(await codeOf(start({ home: { volume, path: "/home/user" } }))).toBe("SPEC_REFUSED");
    expect(await codeOf(driver.deleteHome(volume))).toBe("SPEC_REFUSED");
    await engine.docker.getVolume(volume).remove();
  });
});

describe("a start that can't succeed", () => {
  const nothingLeft = async (sessionId: string) => {
    expect((await driver.inventory()).sessions.filter((session) => session.sessionId === sessionId)).toEqual([]);
    expect(await readdir(join(dataDir, "d"))).toEqual([]);
  };

  it("says with which exit code the container ended and what it said last", async () => {
    const sessionId = randomUUID();
    const image = await engine.imageThatRuns("echo the disk is on fire >&2; exit 3");
    expect(await failure(start({ image }, sessionId))).toMatchObject({
      code: "CONTAINER_EXITED",
      message: expect.stringMatching(/exit code 3[\s\S]*the disk is on fire/),
    });
    await nothingLeft(sessionId);
    const lines: { text: string; stream?: string | undefined }[] = [];
    for await (const line of await driver.logs({ sessionId, tail: 10, follow: false }, new AbortController().signal)) lines.push(line);
    expect(lines).toMatchObject([
      { text: "the disk is on fire", stream: "stderr" },
      { text: "The container of start 1 ended by itself with exit code 3", stream: "berth" },
    ]);
  });

  it("names what a port speaks that does not speak RFB", async () => {
    const sessionId = randomUUID();
    const display = { protocol: "rfb" as const, port: WEB_IMAGE.port, unix_socket: false, path: "/" };
    expect(await failure(start({ image: WEB_IMAGE.image, display }, sessionId))).toMatchObject({
      code: "DISPLAY_PROTOCOL_MISMATCH",
      message: expect.stringContaining("answered with HTTP"),
    });
    await nothingLeft(sessionId);
  });

  it("names what a port speaks that does not speak HTTP", async () => {
    const display = { protocol: "http" as const, port: 5900, unix_socket: false, path: "/" };
    expect(await failure(start({ display }))).toMatchObject({
      code: "DISPLAY_PROTOCOL_MISMATCH",
      message: expect.stringContaining("answered with RFB"),
    });
  });

  it("says so when the display is not ready in time", async () => {
    expect(await failure(start({ image: images.slow, ready_timeout_seconds: 1 }))).toMatchObject({
      code: "DISPLAY_NOT_READY",
      message: expect.stringContaining("within 1 s"),
    });
  });

  it("does not follow a link in the place of the display's socket", async () => {
    const sessionId = randomUUID();
    const image = await engine.imageThatRuns(`ln -s ${engine.target.name.replace("unix://", "")} /run/berth/display.sock; sleep 60`);
    expect(await failure(start({ image, ready_timeout_seconds: 2 }, sessionId))).toMatchObject({
      code: "DISPLAY_NOT_READY",
      message: expect.stringContaining("a link in the place of the display's socket"),
    });
    await nothingLeft(sessionId);
  });

  it("does not follow a link that takes the socket's place later", async () => {
    const facts = await start();
    const folder = join(dataDir, "d", (await readdir(join(dataDir, "d")))[0] ?? "");
    await engine.inside(facts.containerId, ["rm", "/run/berth/display.sock"]);
    await symlink(engine.target.name.replace("unix://", ""), join(folder, "display.sock"));
    expect(await failure(driver.openDisplay(facts.sessionId))).toMatchObject({
      code: "DISPLAY_UNREACHABLE",
      message: expect.stringContaining("a link"),
    });
    await end(facts.sessionId);
  });

  it("refuses more CPUs than the host has, by name", async () => {
    expect(await failure(start({ resources: { memory: "256Mi", cpu: "500" } }))).toMatchObject({ code: "INSUFFICIENT_RESOURCES" });
  });

  it.each(["/", "/proc", "/etc/passwd", "/run/berth", "/home/../etc", "/home/user:/etc"])("refuses a home at %s", async (path) => {
    expect(await codeOf(start({ home: { volume: `berth-home-${randomUUID()}`, path } }))).toBe("SPEC_REFUSED");
  });
});

describe("the network of sessions", () => {
  /** Whether bash in the session can open a connection. */
  const reaches = async (containerId: string | null, host: string, port: number) => {
    const script = `timeout 2 bash -c 'exec 3<>/dev/tcp/${host}/${port}' 2>/dev/null && echo reached || echo refused`;
    return (await engine.inside(containerId, ["bash", "-c", script])).output.trim();
  };

  it("keeps a session from its neighbours and from the host, while the agent reaches it", async () => {
    const one = await start();
    const web = { protocol: "http" as const, port: WEB_IMAGE.port, unix_socket: false, path: "/" };
    const two = await start({ image: WEB_IMAGE.image, display: web });
    const host = createServer((socket) => socket.end("secret"));
    await new Promise<void>((resolve) => host.listen(0, "0.0.0.0", resolve));
    const address = host.address();
    const port = address && typeof address === "object" ? address.port : 0;
    const gateway = (await engine.docker.getNetwork("berth-sessions").inspect()).IPAM?.Config?.[0]?.Gateway ?? "";
    try {
      expect(await reaches(one.containerId, "127.0.0.1", 1)).toBe("refused");
      expect(await reaches(two.containerId, "127.0.0.1", WEB_IMAGE.port)).toBe("reached");
      expect(await reaches(one.containerId, two.address ?? "", WEB_IMAGE.port)).toBe("refused");
      expect(await reaches(one.containerId, gateway, port)).toBe("refused");
      expect(await reaches(one.containerId, "169.254.169.254", 80)).toBe("refused");
      const opened = await driver.openPort(two.sessionId, WEB_IMAGE.port);
      opened.destroy();
    } finally {
      host.close();
      await end(one.sessionId);
      await end(two.sessionId);
    }
  });

  it("says at registration whether the isolation holds", async () => {
    expect((await driver.describe()).metadata).toMatchObject({
      network_isolation: process.getuid?.() === 0 ? "full" : expect.stringContaining("not root"),
    });
  });
});

describe("an agent that was killed", () => {
  it("adopts what it finds, also what was stopped and frozen, when it comes back with its data folder", async () => {
    const [running, stopped, frozen] = await Promise.all([start(), start(), start()]);
    await driver.hibernate({ sessionId: stopped.sessionId, generation: 1, mode: "stop" }, operation());
    await driver.hibernate({ sessionId: frozen.sessionId, generation: 1, mode: "freeze" }, operation());
    const again = await engine.driver({ dataDir });
    const states = new Map((await again.inventory()).sessions.map((session) => [session.sessionId, session.observed]));
    expect([states.get(running.sessionId), states.get(stopped.sessionId), states.get(frozen.sessionId)]).toEqual([
      "running",
      "stopped",
      "frozen",
    ]);
    const adopted = await again.start({ sessionId: running.sessionId, spec: startData({ image: DESKTOP_IMAGE }) }, operation());
    expect(adopted.containerId).toBe(running.containerId);
    for (const { sessionId } of [running, stopped, frozen]) await end(sessionId);
    // Two on one data folder are what its lock keeps apart: this one would tidy up after containers that the other removes.
    await again.close();
  });

  it("makes a container anew that was created and never started", async () => {
    const sessionId = randomUUID();
    const left = await engine.docker.createContainer({
      Image: DESKTOP_IMAGE,
      Labels: { "dev.berth.session": sessionId, "dev.berth.generation": "1", "dev.berth.agent": engine.agent },
    });
    expect((await driver.inventory()).sessions.find((session) => session.sessionId === sessionId)).toMatchObject({ observed: "starting" });
    const facts = await start({}, sessionId);
    expect(facts.containerId).not.toBe(left.id);
    await vi.waitFor(async () =>
      expect((await driver.inventory()).sessions.filter((session) => session.sessionId === sessionId)).toHaveLength(1),
    );
    await end(sessionId);
  });

  it("removes only containers of its own as orphans", async () => {
    const other = await engine.docker.createContainer({ Image: DESKTOP_IMAGE, Labels: { "dev.berth.test": "x" } });
    try {
      expect(await codeOf(driver.removeOrphan(other.id))).toBe("SPEC_REFUSED");
      await other.inspect();
    } finally {
      await other.remove();
    }
  });
});
