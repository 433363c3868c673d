import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DockerDriver } from "../drivers/docker/docker-driver";
import { operation } from "../drivers/driver-contract";
import { EngineFixture } from "../testing/engine-fixture";
import { type AskedOfFiles, type FilesDoor, openFilesDoor } from "../testing/files-door";
import { startData } from "../testing/start-data";

const HOME = "/home/user";
const MIB = 1024 * 1024;
/** What goes up and down; `npm run test:large` asks for more. */
const LARGE_MIB = Number(process.env.BERTH_LARGE_MIB ?? 200);

let fixture: EngineFixture;
let driver: DockerDriver;
let image: string;
const sessionId = randomUUID();

beforeAll(async () => {
  fixture = new EngineFixture();
  driver = await fixture.driver();
  image = await fixture.bannerImage();
  await start(sessionId);
});
afterAll(async () => {
  await fixture.end();
});

const start = (id: string) =>
  driver.start({ sessionId: id, spec: startData({ image, home: { volume: `berth-home-${id}`, path: HOME } }) }, operation());

const ask = (
  files: FilesDoor,
  method: AskedOfFiles["method"],
  what: string,
  path: string,
  more: Pick<AskedOfFiles, "body" | "headers"> = {},
) => files.ask({ method, what, path, access: { writable: [HOME], readable: [HOME] }, ...more });

function* blocks(mib: number): Generator<Buffer> {
  for (let at = 0; at < mib; at++) yield Buffer.alloc(MIB, at % 251);
}

describe("files in a container", () => {
  it("are its user's own: written, listed, read and removed", async () => {
    const files = await openFilesDoor(driver, sessionId);
    expect((await ask(files, "PUT", "file", `${HOME}/ü\nx`, { body: "hello" })).statusCode).toBe(200);
    const listed = await (await ask(files, "GET", "folder", HOME)).body.json();
    expect(listed).toMatchObject({ path: HOME, entries: [{ name: "ü\nx", kind: "file", size: 5 }] });
    expect(await (await ask(files, "GET", "file", `${HOME}/ü\nx`)).body.text()).toBe("hello");
    const refused = await ask(files, "GET", "file", "/etc/passwd");
    expect([refused.statusCode, await refused.body.json()]).toEqual([403, expect.objectContaining({ code: "FILE_OUTSIDE" })]);
    expect((await ask(files, "DELETE", "file", `${HOME}/ü\nx`)).statusCode).toBe(204);
    await files.close();
  });

  it(`go up and down by ${LARGE_MIB} MiB while the agent's memory stays where it was`, async () => {
    const files = await openFilesDoor(driver, sessionId);
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 50);
    const headers = { "content-length": String(LARGE_MIB * MIB) };
    const sent = await ask(files, "PUT", "file", `${HOME}/large`, { body: Readable.from(blocks(LARGE_MIB)), headers });
    expect([sent.statusCode, await sent.body.json()]).toEqual([200, expect.objectContaining({ size: LARGE_MIB * MIB })]);
    const read = await ask(files, "GET", "file", `${HOME}/large`);
    let bytes = 0;
    for await (const chunk of read.body) {
      const data: Buffer = chunk;
      if (data[0] !== Math.floor(bytes / MIB) % 251) throw new Error(`byte ${bytes} is another than was written`);
      bytes += data.length;
    }
    clearInterval(watch);
    expect(bytes).toBe(LARGE_MIB * MIB);
    expect((most - before) / MIB).toBeLessThan(150);
    await files.close();
  }, 900_000);

  it("that are large go past the engine, by a pipe in the display's folder that has lost its name", async () => {
    const id = randomUUID();
    const { containerId } = await start(id);
    const files = await openFilesDoor(driver, id);
    const inputs = async () => (await fixture.inside(containerId, ["sh", "-c", "ls -l /proc/[0-9]*/fd/0; ls -A /run/berth"])).output;
    const body = new Readable({ read: () => undefined });
    body.push(Buffer.alloc(MIB));
    const sent = ask(files, "PUT", "file", `${HOME}/large`, { body, headers: { "content-length": String(2 * MIB) } });
    await expect.poll(inputs).toMatch(/ -> '?\/run\/berth\/pipe-[0-9a-f-]+ \(deleted\)/);
    expect(await inputs()).not.toMatch(/^pipe-/m);
    body.push(Buffer.alloc(MIB));
    body.push(null);
    expect((await sent).statusCode).toBe(200);
    await files.close();
  });

  it("are those of its home while it does not run, and its waking waits for nobody who looks", async () => {
    const id = randomUUID();
    const begun = await start(id);
    await driver.hibernate({ sessionId: id, generation: 1, mode: "freeze" });
    const files = await openFilesDoor(driver, id);
    const sent = await ask(files, "PUT", "file", `${HOME}/while-away`, { body: "written" });
    expect([sent.statusCode, await sent.body.json()]).toEqual([200, expect.objectContaining({ size: 7 })]);
    const listed = await (await ask(files, "GET", "folder", HOME)).body.json();
    expect(listed).toMatchObject({ entries: [{ name: "while-away" }] });
    const label = [`dev.berth.agent=${fixture.agent}`, `dev.berth.files-of=${id}`];
    const [helper] = await fixture.docker.listContainers({ filters: { label } });
    const { HostConfig, Config } = await fixture.docker.getContainer(helper?.Id ?? "").inspect();
    expect(HostConfig).toMatchObject({ NetworkMode: "none", ReadonlyRootfs: true, CapDrop: ["ALL"] });
    expect(Config.User).toBe("1000:1000");
    expect((await driver.inventory()).sessions.filter(({ sessionId: seen }) => seen === id)).toHaveLength(1);
    const home = { volume: `berth-home-${id}`, path: HOME };
    await driver.wake({ sessionId: id, spec: startData({ image, home, generation: 2 }) }, operation());
    expect((await fixture.inside(begun.containerId, ["stat", "-c", "%u %n", `${HOME}/while-away`])).output.trim()).toBe(
      `1000 ${HOME}/while-away`,
    );
    await expect.poll(() => fixture.docker.listContainers({ all: true, filters: { label } })).toEqual([]);
    await files.close();
  });

  it("that find no room say so and leave nothing half", async () => {
    const id = randomUUID();
    // Its home is in memory, 32 MiB of it.
    await driver.start({ sessionId: id, spec: startData({ image, home: null, resources: { memory: "64Mi", cpu: "500m" } }) }, operation());
    const files = await openFilesDoor(driver, id);
    const body = Readable.from(blocks(40));
    const sent = await ask(files, "PUT", "file", `${HOME}/too-large`, { body, headers: { "content-length": String(40 * MIB) } });
    expect([sent.statusCode, await sent.body.json()]).toEqual([expect.any(Number), expect.objectContaining({ code: "DISK_FULL" })]);
    expect(await (await ask(files, "GET", "folder", HOME)).body.json()).toMatchObject({ entries: [] });
    await expect((await driver.exec({ sessionId: id, argv: ["true"], terminal: null })).exit).resolves.toBe(0);
    await files.close();
  });

  it("end with the container in the middle of an upload, and say so", async () => {
    const id = randomUUID();
    const { containerId } = await start(id);
    const files = await openFilesDoor(driver, id);
    const body = new Readable({ read: () => undefined });
    body.push(Buffer.alloc(MIB));
    const sent = ask(files, "PUT", "file", `${HOME}/half`, { body, headers: { "content-length": String(9 * MIB) } });
    await expect.poll(async () => (await fixture.inside(containerId, ["ls", "-A", HOME])).output).toContain(".berth-part-");
    await fixture.docker.getContainer(containerId ?? "").remove({ force: true });
    body.push(Buffer.alloc(MIB));
    body.push(null);
    const answer = await sent.then(
      async ({ body: said }) => String(await said.text()),
      (error: unknown) => String(error),
    );
    expect(answer).toMatch(/SESSION_NOT_RUNNING|other side closed|terminated|ECONNRESET|UND_ERR/);
    await files.close();
  });
});
