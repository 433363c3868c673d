import { randomUUID } from "node:crypto";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLog } from "../../log";
import { BASE_IMAGE, EngineFixture } from "../../testing/engine-fixture";
import { ManualClock } from "../../testing/manual-clock";
import { askDiskUse, HomeSizes } from "./home-sizes";
import { Homes } from "./homes";

const fixture = new EngineFixture();
const volume = `berth-home-${randomUUID()}`;
const empty = `berth-home-${randomUUID()}`;
const clock = new ManualClock();
let docker: Docker;
let homes: Homes;

beforeAll(() => {
  docker = new Docker(fixture.target.options);
  homes = new Homes(docker, fixture.target.name, fixture.agent, new HomeSizes(askDiskUse(docker), clock, createLog("silent")));
});
afterAll(async () => {
  for (const one of [volume, empty]) await homes.remove(one);
});

it("tells a home's size as the engine counts it", async () => {
  for (const one of [volume, empty]) await homes.ensure(one, true);
  const container = await docker.createContainer({
    Image: BASE_IMAGE,
    Cmd: ["dd", "if=/dev/zero", "of=/home/file", "bs=1M", "count=3"],
    Entrypoint: [],
    User: "0",
    Labels: { "dev.berth.test": fixture.agent },
    HostConfig: { Mounts: [{ Type: "volume", Source: volume, Target: "/home" }] },
  });
  await container.start();
  await container.wait();
  await container.remove({ v: false });
  clock.advance(60_000);
  const listed = new Map((await homes.list()).map((home) => [home.volume, home.size]));
  expect(listed.get(volume)?.bytes).toBeGreaterThanOrEqual(3 * 2 ** 20);
  expect(listed.get(volume)?.bytes).toBeLessThan(5 * 2 ** 20);
  expect(listed.get(empty)).toEqual({ bytes: expect.any(Number), at: clock.now() });
});
