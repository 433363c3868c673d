import { randomBytes, randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { EngineFixture } from "../../testing/engine-fixture";
import { LocalRegistry } from "../../testing/local-registry";
import { noOwnEngine, OwnEngine } from "../../testing/own-engine";
import { runAgent } from "../../testing/running-agent";
import { SlowDoor } from "../../testing/slow-door";
import { startData } from "../../testing/start-data";
import { tarOf } from "../../testing/tar-file";

const right = { username: "berth", password: "right" };
const shared = new EngineFixture();
let registry: LocalRegistry | null = null;
let door: SlowDoor;
let engine: OwnEngine;
let image: string;
let agent: Awaited<ReturnType<typeof runAgent>>;
beforeAll(async () => {
  if (noOwnEngine) return;
  registry = await LocalRegistry.start(await shared.dataDir());
  if (!registry) return;
  door = await SlowDoor.before(Number(registry.address.split(":")[1]));
  image = `${door.address}/ballast:1`;
  const archive = Readable.from([tarOf("ballast", randomBytes(24 * 1024 * 1024))]);
  const made = await shared.docker.importImage(archive, { repo: `${door.address}/ballast`, tag: "1", changes: 'CMD ["/ballast"]' });
  for await (const _line of made);
  let said = "";
  for await (const chunk of await shared.docker.getImage(image).push({ authconfig: { ...right, serveraddress: door.address } }))
    said += chunk;
  expect(said).not.toContain('"error"');
  await shared.docker.getImage(image).remove({ force: true });
  engine = await OwnEngine.start();
  const fixture = new EngineFixture(engine.target);
  const dataDir = await shared.dataDir();
  agent = await runAgent(await fixture.driver({ dataDir }), { dataDir });
});
afterAll(async () => {
  await agent?.end();
  door?.close();
  registry?.stop();
  await engine?.end();
  await shared.end();
});

/** Resolves in the middle of the pull. */
async function pulling(session: string): Promise<string> {
  door.bytesPerSecond = 2 * 1024 * 1024;
  const home = { volume: `berth-home-${session}`, path: "/home/user" };
  const start = agent.plane.command("start_session", session, startData({ image, home, registry_auth: right }));
  await agent.plane.until("command_progress", ({ command_id, progress }) => command_id === start && (progress ?? 0) > 5);
  expect(door.clients).toBeGreaterThan(0);
  return start;
}

async function nothingIsLeft(): Promise<void> {
  // The engine lets go of the registry: the pull has really ended.
  await vi.waitFor(() => expect(door.clients).toBe(0));
  expect(await engine.docker.listImages({ all: true })).toEqual([]);
  expect(await engine.docker.listContainers({ all: true })).toEqual([]);
  expect((await engine.docker.listVolumes()).Volumes ?? []).toEqual([]);
  await vi.waitFor(async () => expect(await readdir(join(engine.dataRoot, "tmp"))).toEqual([]));
  expect((await agent.driver.inventory()).sessions).toEqual([]);
}

describe.skipIf(noOwnEngine)("a pull that is under way", () => {
  it("ends promptly when its command is cancelled, and can be begun again", async ({ skip }) => {
    if (!registry) return skip("docker-registry is not installed");
    const start = await pulling(randomUUID());
    const asked = Date.now();
    agent.plane.send({ type: "command_cancel", command_id: start });
    expect(await agent.plane.result(start)).toMatchObject({ status: "failed", error_code: "COMMAND_CANCELLED" });
    expect(Date.now() - asked).toBeLessThan(2000);
    await nothingIsLeft();
  });

  it("ends promptly where the registry does not answer at all", async ({ skip }) => {
    if (!registry) return skip("docker-registry is not installed");
    door.silent = true;
    try {
      const start = agent.plane.command("start_session", randomUUID(), startData({ image, registry_auth: right }));
      await agent.plane.until("command_progress", ({ command_id }) => command_id === start);
      await vi.waitFor(() => expect(door.clients).toBeGreaterThan(0));
      const asked = Date.now();
      agent.plane.send({ type: "command_cancel", command_id: start });
      expect(await agent.plane.result(start)).toMatchObject({ status: "failed", error_code: "COMMAND_CANCELLED" });
      expect(Date.now() - asked).toBeLessThan(2000);
    } finally {
      door.silent = false;
      // The engine itself waits for the registry's first word a little longer; it does not begin to pull when it is free again.
      door.hangUp();
    }
    await nothingIsLeft();
  });

  it("ends promptly when its session is ended, and the same image can be pulled after it", async ({ skip }) => {
    if (!registry) return skip("docker-registry is not installed");
    const session = randomUUID();
    const start = await pulling(session);
    const asked = Date.now();
    const data = { name: "x", namespace: "y", generation: 1, graceful: true, timeout: "10s", remove_home: `berth-home-${session}` };
    expect(await agent.plane.result(agent.plane.command("stop_session", session, data))).toMatchObject({ status: "completed" });
    expect(await agent.plane.result(start)).toMatchObject({ status: "failed", error_code: "COMMAND_SUPERSEDED" });
    expect(Date.now() - asked).toBeLessThan(2000);
    await nothingIsLeft();

    door.bytesPerSecond = null;
    const again = agent.plane.command("start_session", randomUUID(), startData({ image, registry_auth: right }));
    await agent.plane.until("command_progress", ({ command_id, step }) => command_id === again && step === "image_pulled");
    // The image is ballast: it is pulled and can't run.
    expect(await agent.plane.result(again)).toMatchObject({ status: "failed" });
    await engine.docker.getImage(image).inspect();
  });
});
