import { randomBytes, randomUUID } from "node:crypto";
import { appendFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BASE_IMAGE, EngineFixture } from "../../testing/engine-fixture";
import { LocalRegistry } from "../../testing/local-registry";
import { noOwnEngine, OwnEngine } from "../../testing/own-engine";
import { runAgent } from "../../testing/running-agent";
import { startData } from "../../testing/start-data";
import { tarOf } from "../../testing/tar-file";

const right = { username: "berth", password: "right" };
const shared = new EngineFixture();
let engine: OwnEngine;
let fixture: EngineFixture;
let image: string;
let agent: Awaited<ReturnType<typeof runAgent>>;
beforeAll(async () => {
  if (noOwnEngine) return;
  engine = await OwnEngine.start({ diskMiB: 300 });
  await engine.load(shared.docker, BASE_IMAGE);
  fixture = new EngineFixture(engine.target);
  image = await fixture.bannerImage();
  const dataDir = await fixture.dataDir();
  agent = await runAgent(await fixture.driver({ dataDir }), { dataDir });
  agent.plane.patienceMs = 60_000;
});
afterAll(async () => {
  await agent?.end();
  await fixture?.end();
  await shared.end();
  await engine?.end();
});

const ballast = () => join(engine.dataRoot, "ballast");
async function fillDisk(): Promise<void> {
  for (const size of [1024 * 1024, 4096]) {
    const block = Buffer.alloc(size, 1);
    try {
      for (;;) await appendFile(ballast(), block);
    } catch (error) {
      expect(error).toMatchObject({ code: "ENOSPC" });
    }
  }
}

const start = (overrides: Partial<ReturnType<typeof startData>> = {}, session: string = randomUUID()) => {
  const home = { volume: `berth-home-${session}`, path: "/home/user" };
  return agent.plane.result(agent.plane.command("start_session", session, startData({ image, home, ...overrides })));
};
const stop = (session: string) => {
  const data = { name: "x", namespace: "y", generation: 1, graceful: false, timeout: "1s", remove_home: `berth-home-${session}` };
  return agent.plane.result(agent.plane.command("stop_session", session, data));
};
async function nothingIsLeft(): Promise<void> {
  expect(await engine.docker.listContainers({ all: true })).toEqual([]);
  expect((await engine.docker.listVolumes()).Volumes ?? []).toEqual([]);
  expect(await readdir(join(engine.dataRoot, "containers"))).toEqual([]);
  expect(await readdir(join(agent.dataDir, "d"))).toEqual([]);
}
const diskFull = () => ({
  status: "failed",
  error_code: "DISK_FULL",
  error: expect.stringMatching(new RegExp(`disk.* that holds ${engine.dataRoot}.* is full.*[Ff]ree`, "s")),
});

describe.skipIf(noOwnEngine)("a full disk", () => {
  it("fails a start by name, lets what runs be ended, leaves nothing, and lets sessions start again when there is room", async () => {
    const before = randomUUID();
    expect(await start({}, before)).toMatchObject({ status: "completed" });
    await fillDisk();
    const failed = await start();
    expect(failed).toMatchObject(diskFull());
    const stopped = await stop(before);
    expect(stopped).toMatchObject({ status: "completed" });
    await nothingIsLeft();
    await rm(ballast());
    const after = randomUUID();
    expect(await start({}, after)).toMatchObject({ status: "completed" });
    await stop(after);
    await nothingIsLeft();
  });

  it("fails a pull by name, and lets it be pulled when there is room", async ({ skip }) => {
    const registry = await LocalRegistry.start(await shared.dataDir());
    if (!registry) return skip("docker-registry is not installed");
    const big = `${registry.address}/ballast:1`;
    try {
      const archive = Readable.from([tarOf("ballast", randomBytes(48 * 1024 * 1024))]);
      const made = await shared.docker.importImage(archive, { repo: `${registry.address}/ballast`, tag: "1", changes: 'CMD ["/ballast"]' });
      for await (const _line of made);
      const push = await shared.docker.getImage(big).push({ authconfig: { ...right, serveraddress: registry.address } });
      for await (const _line of push);
      await fillDisk();
      const images = (await engine.docker.listImages()).length;
      const failed = await start({ image: big, registry_auth: right });
      expect(failed).toMatchObject(diskFull());
      await nothingIsLeft();
      expect(await engine.docker.listImages()).toHaveLength(images);
      await rm(ballast());
      // The image is ballast: it is pulled and can't run.
      expect(await start({ image: big, registry_auth: right })).toMatchObject({
        status: "failed",
        error_code: expect.not.stringContaining("DISK"),
      });
      await engine.docker.getImage(big).inspect();
      await nothingIsLeft();
    } finally {
      await rm(ballast(), { force: true });
      await shared.docker
        .getImage(big)
        .remove({ force: true })
        .catch(() => {});
      registry.stop();
    }
  });
});
