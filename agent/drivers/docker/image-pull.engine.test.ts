import { randomBytes, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EngineFixture } from "../../testing/engine-fixture";
import { LocalRegistry } from "../../testing/local-registry";
import { runAgent } from "../../testing/running-agent";
import { startData } from "../../testing/start-data";
import { tarOf } from "../../testing/tar-file";
import type { Operation, SessionDriver } from "../driver";
import { operation } from "../driver-contract";

const engine = new EngineFixture();
const right = { username: "berth", password: "right" };
let registry: LocalRegistry | null;
let driver: SessionDriver;
let image: string;

beforeAll(async () => {
  driver = await engine.driver();
  registry = await LocalRegistry.start(await engine.dataDir());
  if (!registry) return;
  image = `${registry.address}/ballast:1`;
  const archive = Readable.from([tarOf("ballast", randomBytes(24 * 1024 * 1024))]);
  const made = await engine.docker.importImage(archive, { repo: `${registry.address}/ballast`, tag: "1", changes: 'CMD ["/ballast"]' });
  for await (const _line of made);
  const push = await engine.docker.getImage(image).push({ authconfig: { ...right, serveraddress: registry.address } });
  let said = "";
  for await (const chunk of push) said += String(chunk);
  expect(said).not.toContain('"error"');
  await engine.docker.getImage(image).remove();
});
afterAll(async () => {
  await engine.end();
  if (registry) {
    await engine.docker
      .getImage(image)
      .remove({ force: true })
      .catch(() => {});
  }
  registry?.stop();
});

const start = (overrides: Partial<Parameters<typeof startData>[0]>, run: Operation = operation()) =>
  driver.start({ sessionId: randomUUID(), spec: startData({ image, ...overrides }) }, run);

describe("pulling an image", () => {
  it("tells of a wrong password, of none, of a missing tag and of a registry that is away, each as what it is", async ({ skip }) => {
    if (!registry) return skip("docker-registry is not installed");
    const wrong = start({ registry_auth: { ...right, password: "wrong" } });
    await expect(wrong).rejects.toMatchObject({
      code: "IMAGE_PULL_DENIED",
      message: expect.stringContaining("refused the user name or password"),
    });
    await expect(start({})).rejects.toMatchObject({
      code: "IMAGE_PULL_DENIED",
      message: expect.stringContaining("wants a user name and password"),
    });
    const missing = `${registry.address}/ballast:2`;
    const other = start({ image: missing, registry_auth: right });
    await expect(other).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND", message: expect.stringContaining(missing) });
    await expect(start({ image: "127.0.0.1:9/x:1" })).rejects.toMatchObject({ code: "IMAGE_PULL_FAILED" });
    await expect(start({})).rejects.not.toMatchObject({ message: expect.stringContaining("wrong") });
  });

  it("shows progress by layer that never goes back, and does not pull what is there", async ({ skip }) => {
    if (!registry) return skip("docker-registry is not installed");
    const percents: number[] = [];
    const steps: string[] = [];
    const run: Operation = {
      signal: new AbortController().signal,
      log: () => {},
      report(step, _message, percent) {
        if (steps.at(-1) !== step) steps.push(step);
        if (percent !== undefined) percents.push(percent);
      },
    };
    // The image is ballast: it is pulled and can't run.
    await expect(start({ registry_auth: right }, run)).rejects.toThrow();
    expect(steps.slice(0, 3)).toEqual(["image_pulling", "image_pulled", "container_created"]);
    expect(percents.length).toBeGreaterThan(3);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
    const again = operation();
    await expect(start({}, again)).rejects.toThrow();
    expect(again.steps[0]).toBe("container_created");
    expect((await driver.inventory()).sessions).toEqual([]);
  });

  it("for a task is let in by the task's credentials, denied without them, and written into its log by layer", async ({ skip }) => {
    if (!registry) return skip("docker-registry is not installed");
    await engine.docker.getImage(image).remove({ force: true });
    const { plane, end } = await runAgent(await engine.driver());
    const payload = { image: `${registry.address}/ballast`, tag: "1" };
    const credentials = { "registry.username": right.username, "registry.password": right.password };
    const denied = plane.command("docker_pull", null, payload, randomUUID(), { generation: 1 });
    expect(await plane.result(denied)).toMatchObject({ status: "failed", error_code: "IMAGE_PULL_DENIED" });
    const wrong = plane.command("docker_pull", null, { ...payload, credentials: { ...credentials, "registry.password": "hunter-5" } });
    expect(await plane.result(wrong)).toMatchObject({ status: "failed", error_code: "IMAGE_PULL_DENIED" });
    // The same task in its next run, with what it needs.
    plane.command("docker_pull", null, { ...payload, credentials }, denied, { generation: 2 });
    const done = await plane.until("command_result", ({ command_id, generation }) => command_id === denied && generation === 2);
    expect(done).toMatchObject({ status: "completed", result: { imageId: expect.stringContaining("sha256:") } });
    const said = plane.all("command_log").filter(({ command_id, generation }) => command_id === denied && generation === 2);
    expect(said.flatMap(({ lines }) => lines.map(({ message }) => message)).join("\n")).toMatch(/Layer [0-9a-f]+: pull complete/);
    const everything = JSON.stringify([plane.all("command_log"), plane.all("command_result"), plane.all("command_progress")]);
    for (const secret of ["hunter-5", credentials["registry.password"]]) expect(everything).not.toContain(`"${secret}`);
    await end();
  });

  it("is ended when the start is cancelled", async ({ skip }) => {
    if (!registry) return skip("docker-registry is not installed");
    await engine.docker.getImage(image).remove({ force: true });
    const run = operation();
    run.abort.abort();
    await expect(start({ registry_auth: right }, run)).rejects.toMatchObject({ code: "COMMAND_CANCELLED" });
    await expect(engine.docker.getImage(image).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });
});
