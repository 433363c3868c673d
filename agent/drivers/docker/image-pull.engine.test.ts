import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DESKTOP_IMAGE, EngineFixture } from "../../testing/engine-fixture";
import { LocalRegistry } from "../../testing/local-registry";
import { startData } from "../../testing/start-data";
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
  image = `${registry.address}/desktop:1`;
  await engine.docker.getImage(DESKTOP_IMAGE).tag({ repo: `${registry.address}/desktop`, tag: "1" });
  const push = await engine.docker.getImage(image).push({ authconfig: { ...right, serveraddress: registry.address } });
  let said = "";
  for await (const chunk of push) said += String(chunk);
  expect(said).not.toContain('"error"');
  await engine.docker.getImage(image).remove();
});
afterAll(async () => {
  await engine.end();
  if (registry)
    await engine.docker
      .getImage(image)
      .remove({ force: true })
      .catch(() => {});
  registry?.stop();
});

const start = (overrides: Partial<Parameters<typeof startData>[0]>, run: Operation = operation()) =>
  driver.start({ sessionId: randomUUID(), spec: startData({ image, ...overrides }) }, run);

describe("pulling an image", () => {
  it("tells of a wrong password, of none, of a missing tag and of a registry that is away, each as what it is", async ({ skip }) => {
    if (!registry) return skip("docker-registry is not installed");
    await expect(start({ registry_auth: { ...right, password: "wrong" } })).rejects.toMatchObject({
      code: "IMAGE_PULL_DENIED",
      message: expect.stringContaining("refused the user name or password"),
    });
    await expect(start({})).rejects.toMatchObject({
      code: "IMAGE_PULL_DENIED",
      message: expect.stringContaining("wants a user name and password"),
    });
    const missing = `${registry.address}/desktop:2`;
    await expect(start({ image: missing, registry_auth: right })).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
      message: expect.stringContaining(missing),
    });
    await expect(start({ image: "127.0.0.1:9/x:1" })).rejects.toMatchObject({ code: "IMAGE_PULL_FAILED" });
  });

  it("shows progress that never goes back, starts the session, and does not pull again", async ({ skip }) => {
    if (!registry) return skip("docker-registry is not installed");
    const percents: number[] = [];
    const steps: string[] = [];
    const run: Operation = {
      signal: new AbortController().signal,
      report(step, _message, percent) {
        if (steps.at(-1) !== step) steps.push(step);
        if (percent !== undefined) percents.push(percent);
      },
    };
    // The layers are there as the desktop's own: without them this would be a pull of half a gigabyte.
    const facts = await start({ registry_auth: right }, run);
    expect(steps).toEqual(["image_pulling", "image_pulled", "container_created", "container_started", "display_ready"]);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    await driver.terminate(
      { sessionId: facts.sessionId, generation: 1, graceful: false, timeoutSeconds: 1, removeHome: null },
      operation(),
    );
    const again = operation();
    const next = await start({}, again);
    expect(again.steps[0]).toBe("container_created");
    await driver.terminate({ sessionId: next.sessionId, generation: 1, graceful: false, timeoutSeconds: 1, removeHome: null }, operation());
  });
});
