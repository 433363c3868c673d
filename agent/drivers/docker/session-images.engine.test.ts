import { randomUUID } from "node:crypto";
import type { StartSessionData } from "@berth/protocol/agent-commands";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EngineFixture } from "../../testing/engine-fixture";
import { startData } from "../../testing/start-data";
import { codeOf, operation } from "../driver-contract";
import type { DockerDriver } from "./docker-driver";

const engine = new EngineFixture();
let driver: DockerDriver;
let old: string;
let newer: string;
let broken: string;

beforeAll(async () => {
  [old, newer, broken] = await Promise.all([engine.bannerImage(), engine.bannerImage(), engine.imageThatRuns("echo it is broken; exit 3")]);
  driver = await engine.driver();
});
afterAll(() => engine.end());

describe("a session that gets another image", () => {
  it("keeps its home through an update, one that does not start, and the way back", async () => {
    const sessionId = randomUUID();
    const home = { volume: `berth-home-${randomUUID()}`, path: "/home/user" };
    const spec = (image: string, generation: number, more: Partial<StartSessionData> = {}) =>
      startData({ image, generation, home, persistent_home: true, ...more });
    const wake = (image: string, generation: number) => driver.wake({ sessionId, spec: spec(image, generation) }, operation());
    const imageOf = async (id: string | null) => (await engine.docker.getContainer(id ?? "").inspect()).Config.Image;
    const read = async (id: string | null) => (await engine.inside(id, ["cat", "/home/user/kept"])).output.trim();

    const first = await driver.start({ sessionId, spec: spec(old, 1) }, operation());
    await engine.inside(first.containerId, ["sh", "-c", "echo mine >/home/user/kept"]);
    // In no registry: the host's own is used, and the session runs on.
    const fetched = await driver.images.fetch({ sessionId, image: newer }, operation());
    const { Image: runningImageId } = await engine.docker.getContainer(first.containerId ?? "").inspect();
    expect(fetched).toMatchObject({ pulled: false, runningImageId });
    expect(fetched.imageId).not.toBe(runningImageId);
    expect((await engine.docker.getContainer(first.containerId ?? "").inspect()).State.Running).toBe(true);
    expect(await codeOf(driver.images.fetch({ sessionId, image: "127.0.0.1:9/berth-test/nothing:1" }, operation()))).toBe(
      "IMAGE_PULL_FAILED",
    );

    const second = await wake(newer, 2);
    expect([await imageOf(second.containerId), await read(second.containerId)]).toEqual([newer, "mine"]);
    expect(await codeOf(wake(broken, 3))).toBe("CONTAINER_EXITED");
    // By the engine's own name, as where the tag has moved.
    const third = await wake(fetched.imageId, 4);
    expect([await imageOf(third.containerId), await read(third.containerId)]).toEqual([fetched.imageId, "mine"]);

    await driver.hibernate({ sessionId, generation: 4, mode: "freeze" });
    const thawed = await wake(old, 5);
    expect([await imageOf(thawed.containerId), await read(thawed.containerId), thawed.observed]).toEqual([old, "mine", "running"]);
    await driver.terminate({ sessionId, generation: 5, graceful: false, timeoutSeconds: 1, removeHome: home.volume });
  });
});
