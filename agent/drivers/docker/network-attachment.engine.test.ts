import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DESKTOP_IMAGE, EngineFixture } from "../../testing/engine-fixture";
import { startData } from "../../testing/start-data";
import type { SessionDriver } from "../driver";
import { operation } from "../driver-contract";
import { SESSION_NETWORK } from "./session-network";

const engine = new EngineFixture();
let driver: SessionDriver;

beforeAll(async () => {
  driver = await engine.driver();
});
afterAll(() => engine.end());

const start = (image: string, sessionId: string = randomUUID()) =>
  driver.start({ sessionId, spec: startData({ image, ready_timeout_seconds: 15 }) }, operation());
const end = (sessionId: string) =>
  driver.terminate({ sessionId, generation: 1, graceful: false, timeoutSeconds: 1, removeHome: null }, operation());
const interfaces = async (containerId: string | null) => (await engine.inside(containerId, ["ls", "/sys/class/net"])).output.split(/\s+/);
const networksOf = async (containerId: string | null) =>
  Object.keys((await engine.docker.getContainer(containerId ?? "").inspect()).NetworkSettings.Networks);

describe("a session whose display is a unix socket", () => {
  it("begins without a network, and is on the sessions' alone when it runs, with names resolved there", async () => {
    const image = await engine.imageThatRuns("ls /sys/class/net > /tmp/at-first; exec /usr/local/bin/start-desktop");
    const facts = await start(image);
    expect((await engine.inside(facts.containerId, ["cat", "/tmp/at-first"])).output.trim()).toBe("lo");
    expect(await interfaces(facts.containerId)).toContain("eth0");
    expect(await networksOf(facts.containerId)).toEqual([SESSION_NETWORK]);
    expect(facts.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect((await engine.inside(facts.containerId, ["cat", "/etc/resolv.conf"])).output).toContain("nameserver 127.0.0.11");
    await end(facts.sessionId);
  });

  it("gets its network where the display waits for it", async () => {
    const image = await engine.imageThatRuns("until [ -e /sys/class/net/eth0 ]; do sleep 0.05; done; exec /usr/local/bin/start-desktop");
    const facts = await start(image);
    expect(facts).toMatchObject({ observed: "running", address: expect.any(String) });
    await end(facts.sessionId);
  });

  it("is given its network by the agent that adopts it, where the one before died in between", async () => {
    const facts = await start(DESKTOP_IMAGE);
    await engine.docker.getNetwork(SESSION_NETWORK).disconnect({ Container: facts.containerId ?? "" });
    const adopted = await start(DESKTOP_IMAGE, facts.sessionId);
    expect(adopted.containerId).toBe(facts.containerId);
    expect(await networksOf(adopted.containerId)).toEqual([SESSION_NETWORK]);
    await end(facts.sessionId);
  });
});
