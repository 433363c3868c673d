import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DESKTOP_IMAGE, EngineFixture } from "../../testing/engine-fixture";
import { startData } from "../../testing/start-data";
import { operation } from "../driver-contract";
import { engineTarget } from "./engine-target";

/** Stands between the driver and the engine, so that the engine can go away for this test alone. */
class Door {
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(
    readonly path: string,
    readonly engine: string,
  ) {}

  async open(): Promise<void> {
    this.#server = createServer((near) => {
      const far = connect(this.engine);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    this.#server.listen(this.path);
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    if (this.#server) await once(this.#server, "close");
  }
}

const engine = new EngineFixture();
let door: Door;
beforeAll(async () => {
  door = new Door(join(await engine.dataDir(), "e.sock"), engine.target.name.replace("unix://", ""));
  await door.open();
});
afterAll(async () => {
  await engine.end();
  await door.close();
});

describe("an engine that goes away", () => {
  it("is told of with its reason, and when it is back all is looked at again, with what changed meanwhile", async () => {
    const driver = await engine.driver({ target: engineTarget(`unix://${door.path}`) });
    const observed = vi.fn();
    const engineReturned = vi.fn();
    driver.watch({ observed, engineReturned });
    const sessionId = randomUUID();
    const facts = await driver.start({ sessionId, spec: startData({ image: DESKTOP_IMAGE }) }, operation());

    await door.close();
    const start = driver.start({ sessionId: randomUUID(), spec: startData({ image: DESKTOP_IMAGE }) }, operation());
    await expect(start).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE", message: expect.stringContaining("does not answer") });
    expect(await driver.health()).toMatchObject({ ok: false, reason: expect.stringMatching(/has not answered since \d\d:\d\d:\d\d UTC/) });
    await expect(driver.inventory()).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    await engine.docker.getContainer(facts.containerId ?? "").kill();

    await door.open();
    await vi.waitFor(() => expect(engineReturned).toHaveBeenCalled(), { timeout: 15_000 });
    expect(await driver.health()).toEqual({ ok: true });
    expect((await driver.inventory()).sessions).toMatchObject([{ sessionId, observed: "failed", reason: expect.stringContaining("137") }]);
  });

  it("does not keep an agent from starting", async () => {
    const nowhere = engineTarget("unix:///nonexistent/docker.sock");
    const driver = await engine.driver({ target: nowhere });
    expect(await driver.health()).toMatchObject({ ok: false, reason: expect.stringContaining("/nonexistent/docker.sock") });
    await expect(driver.describe()).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
  });
});
