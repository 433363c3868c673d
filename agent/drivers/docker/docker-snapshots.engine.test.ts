import { randomUUID } from "node:crypto";
import { BerthError } from "@berth/protocol/errors";
import { snapshotImage, snapshotVolume } from "@berth/protocol/snapshots";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BASE_IMAGE, EngineFixture } from "../../testing/engine-fixture";
import { startData } from "../../testing/start-data";
import { codeOf, operation } from "../driver-contract";
import type { DockerDriver } from "./docker-driver";

const fixture = new EngineFixture();
const volume = `berth-home-${randomUUID()}`;
const sessionId = randomUUID();
const images: string[] = [];
let driver: DockerDriver;
let image: string;
let containerId: string | null;

beforeAll(async () => {
  driver = await fixture.driver();
  image = await fixture.bannerImage();
  const environment = { OWN_SECRET: "not for others" };
  const spec = startData({ image, security: "compatible", environment, home: { volume, path: "/home/user" } });
  ({ containerId } = await driver.start({ sessionId, spec }, operation()));
  const made = await inHome(
    [
      "mkdir -p work/deep && echo kept > work/deep/note && chmod 640 work/deep/note && ln -s deep/note work/link",
      "ln work/deep/note work/second && touch -d 2020-02-03T04:05:06Z work/deep/note && chown 1234:4321 work/deep && chmod 2750 work/deep",
      'touch "$(printf "odd\\nname")"',
    ].join(" && "),
  );
  expect(made.exitCode, made.output).toBe(0);
  await inSession("echo new > /var/tmp/made-inside");
});
afterAll(async () => {
  for (const { Id } of await fixture.docker.listContainers({ all: true, filters: { label: [`dev.berth.agent=${fixture.agent}`] } }))
    await fixture.docker.getContainer(Id).remove({ force: true });
  for (const each of images)
    await fixture.docker
      .getImage(each)
      .remove()
      .catch(() => undefined);
  await fixture.end();
});

/** As a root that may more than anything in a session does. */
async function inHome(script: string, home = volume): Promise<{ output: string; exitCode: number }> {
  const container = await fixture.docker.createContainer({
    Image: BASE_IMAGE,
    Entrypoint: ["sh", "-c", `cd /home/user && ${script}`],
    User: "0:0",
    Tty: true,
    Labels: { "dev.berth.agent": fixture.agent },
    HostConfig: { Mounts: [{ Type: "volume", Source: home, Target: "/home/user" }] },
  });
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  await container.start();
  let output = "";
  for await (const chunk of stream) output += String(chunk);
  const exitCode = (await container.inspect()).State.ExitCode;
  await container.remove({ force: true });
  return { output, exitCode };
}
const inSession = (script: string, id = containerId) => fixture.inside(id, ["sh", "-c", script]);
const asked = (snapshot: string, more: object = {}) => ({
  snapshot,
  session_id: sessionId,
  volume,
  image,
  filesystem: false,
  freeze: true,
  ...more,
});
const facts = 'stat -c "%n %u:%g %a %Y %h" work work/deep work/deep/note work/second; readlink work/link; ls | od -c; cat work/deep/note';
const volumes = async () => {
  const { Volumes } = await fixture.docker.listVolumes({ filters: JSON.stringify({ label: [`dev.berth.agent=${fixture.agent}`] }) });
  return (Volumes ?? []).map(({ Name }) => Name);
};
const helpers = () =>
  fixture.docker.listContainers({ all: true, filters: { label: [`dev.berth.agent=${fixture.agent}`, "dev.berth.copy-to"] } });

describe("a snapshot on a real engine", () => {
  it("holds the home with owners, modes, times and links, and a new home begins as its copy; the session stands still meanwhile and goes on", async () => {
    const snapshot = randomUUID();
    const told: unknown[] = [];
    const unwatch = driver.watch({ observed: (seen) => void told.push(seen), engineReturned: () => {} });
    const run = operation();
    const result = await driver.snapshots.create(asked(snapshot), run);
    expect(result).toMatchObject({ image_bytes: null, consistent: true });
    expect(result.size_bytes).toBeGreaterThan(4096);
    expect(run.steps).toEqual(["home_copying", "home_copied"]);
    expect((await fixture.docker.getContainer(containerId ?? "").inspect()).State).toMatchObject({ Running: true, Paused: false });
    expect(told).toEqual([]);
    unwatch();
    expect((await driver.inventory()).snapshots).toContain(snapshotVolume(snapshot));
    expect(await helpers()).toEqual([]);

    const other = randomUUID();
    const home = { volume: `berth-home-${randomUUID()}`, path: "/home/user", from: snapshotVolume(snapshot) };
    const start = { sessionId: other, spec: startData({ name: "second", image, security: "compatible", home }) };
    await driver.start(start, operation());
    expect((await inHome(facts, home.volume)).output).toBe((await inHome(facts)).output);

    // Its home is its own: what is changed in it is neither taken back by a start nor in the snapshot.
    await inHome("echo changed > work/deep/note", home.volume);
    await driver.snapshots.remove(snapshot);
    const woken = await driver.wake({ ...start, spec: { ...start.spec, generation: 2 } }, operation());
    expect(woken.observed).toBe("running");
    expect((await inHome("cat work/deep/note", home.volume)).output.trim()).toBe("changed");
    expect(await volumes()).not.toContain(snapshotVolume(snapshot));
    const ending = { sessionId: other, generation: 2, graceful: false, timeoutSeconds: 0, removeHome: home.volume };
    await driver.terminate(ending);

    // And without it no home begins.
    const late = { volume: `berth-home-${randomUUID()}`, path: "/home/user", from: snapshotVolume(snapshot) };
    const third = { sessionId: randomUUID(), spec: startData({ image, security: "compatible", home: late }) };
    expect(await codeOf(driver.start(third, operation()))).toBe("HOME_MISSING");
    expect(await volumes()).not.toContain(late.volume);
  });

  it("holds the file system as an image where that is asked for, without what its owner's variables were, and sessions begin from it", async () => {
    const snapshot = randomUUID();
    images.push(snapshotImage(snapshot));
    const result = await driver.snapshots.create(asked(snapshot, { filesystem: true }), operation());
    expect(result.image_bytes).toBeGreaterThan(0);
    const saved = await fixture.docker.getImage(snapshotImage(snapshot)).inspect();
    expect(saved.Config.Env).toContain("OWN_SECRET=");
    expect(JSON.stringify(saved.Config)).not.toContain("not for others");
    expect(saved.Config.Labels["dev.berth.session"]).toBe("");
    const other = randomUUID();
    const home = { volume: `berth-home-${randomUUID()}`, path: "/home/user", from: snapshotVolume(snapshot) };
    const spec = startData({ name: "third", image: snapshotImage(snapshot), security: "compatible", home });
    const begun = await driver.start({ sessionId: other, spec }, operation());
    expect((await inSession("cat /var/tmp/made-inside", begun.containerId)).output.trim()).toBe("new");
    expect(await codeOf(driver.snapshots.remove(snapshot))).toBe("SNAPSHOT_IN_USE");
    await driver.terminate({ sessionId: other, generation: 1, graceful: false, timeoutSeconds: 0, removeHome: home.volume });
    await driver.snapshots.remove(snapshot);
    await driver.snapshots.remove(snapshot);
    expect(await codeOf(driver.start({ sessionId: randomUUID(), spec }, operation()))).toBe("IMAGE_NOT_FOUND");
  });

  it("leaves nothing of a copy that is cancelled, and lets the session go on", async () => {
    await inHome("head -c 300000000 /dev/zero > large");
    const snapshot = randomUUID();
    const run = operation();
    const making = codeOf(driver.snapshots.create(asked(snapshot), { ...run, report: () => run.abort.abort(cancelled) }));
    expect(await making).toBe("COMMAND_CANCELLED");
    expect((await fixture.docker.getContainer(containerId ?? "").inspect()).State.Paused).toBe(false);
    expect((await driver.inventory()).snapshots).not.toContain(snapshotVolume(snapshot));
    expect(await volumes()).not.toContain(snapshotVolume(snapshot));
    expect(await helpers()).toEqual([]);
    await inHome("rm large");
  });

  it("never lists a copy that a crash broke off, takes it away when it is back, and lets go on what stood still for it", async () => {
    const snapshot = randomUUID();
    const half = snapshotVolume(snapshot);
    // As it is left behind by an agent that was killed.
    await fixture.docker.createContainer({
      Image: BASE_IMAGE,
      Cmd: ["true"],
      Labels: { "dev.berth.agent": fixture.agent, "dev.berth.copy-to": half, "dev.berth.copy-froze": containerId ?? "" },
      HostConfig: {
        Mounts: [
          {
            Type: "volume",
            Source: half,
            Target: "/to",
            VolumeOptions: {
              NoCopy: true,
              Labels: { "dev.berth.agent": fixture.agent, "dev.berth.snapshot": snapshot },
              DriverConfig: { Name: "local", Options: {} },
            },
          },
        ],
      },
    });
    await fixture.docker.getContainer(containerId ?? "").pause();
    expect(await volumes()).toContain(half);
    expect((await driver.inventory()).snapshots).not.toContain(half);
    await fixture.driver();
    expect(await volumes()).not.toContain(half);
    expect(await helpers()).toEqual([]);
    await vi.waitFor(async () =>
      expect((await fixture.docker.getContainer(containerId ?? "").inspect()).State).toMatchObject({ Running: true, Paused: false }),
    );
  });
});

const cancelled = new BerthError("COMMAND_CANCELLED", "cancelled by a test");
