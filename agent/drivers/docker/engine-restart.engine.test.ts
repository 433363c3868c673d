import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DESKTOP_IMAGE, EngineFixture } from "../../testing/engine-fixture";
import { noOwnEngine, OwnEngine } from "../../testing/own-engine";
import { shakeHands, ViewerReader } from "../../testing/rfb-client";
import { runAgent } from "../../testing/running-agent";
import { startData } from "../../testing/start-data";

const shared = new EngineFixture();
let engine: OwnEngine;
let fixture: EngineFixture;
beforeAll(async () => {
  if (noOwnEngine) return;
  engine = await OwnEngine.start();
  await engine.load(shared.docker, DESKTOP_IMAGE);
  fixture = new EngineFixture(engine.target);
});
afterAll(async () => {
  await fixture?.end();
  await shared.end();
  await engine?.end();
});

describe.skipIf(noOwnEngine)("a container engine restarted under a running session", () => {
  it.each(["SIGTERM", "SIGKILL"] as const)(
    "by %s: fails the session with the reason, keeps its home, lets it be woken, and leaves nothing",
    async (signal) => {
      const dataDir = await fixture.dataDir();
      const driver = await fixture.driver({ dataDir });
      const { plane, end } = await runAgent(driver, { dataDir });
      plane.patienceMs = 60_000;
      try {
        const session = randomUUID();
        const home = { volume: `berth-home-${randomUUID()}`, path: "/home/user" };
        const spec = startData({ image: DESKTOP_IMAGE, home });
        const started = await plane.result(plane.command("start_session", session, spec));
        expect(started).toMatchObject({ status: "completed" });
        const write = ["sh", "-c", "echo kept > ~/note"];
        await fixture.inside(String(started.result?.container_id), write);
        plane.received.length = 0;

        await engine.stop(signal);
        await engine.start();

        const gone = "while its container engine was away or being stopped";
        const told = await plane.until("inventory", (message) => message.sessions.some((one) => one.session_id === session));
        expect(told.sessions).toMatchObject([
          { session_id: session, observed: "failed", error_code: "CONTAINER_EXITED", reason: expect.stringContaining(gone) },
        ]);
        // The control plane keeps the first reason that it hears.
        for (const first of plane.all("session_observed").slice(0, 1)) expect(first.reason).toContain(gone);
        expect(told.homes).toMatchObject([{ volume: home.volume }]);

        const woken = await plane.result(plane.command("wake_session", session, { ...spec, generation: 2 }));
        expect(woken).toMatchObject({ status: "completed", result: { observed: "running", generation: 2 } });
        expect((await fixture.inside(String(woken.result?.container_id), ["sh", "-c", "cat ~/note"])).output.trim()).toBe("kept");
        const viewer = await plane.viewer(session);
        await shakeHands(viewer, new ViewerReader(viewer));

        const stop = { name: "x", namespace: "y", generation: 2, graceful: false, timeout: "1s", remove_home: home.volume };
        expect(await plane.result(plane.command("stop_session", session, stop))).toMatchObject({ status: "completed" });
        expect(await engine.docker.listContainers({ all: true })).toEqual([]);
        expect((await engine.docker.listVolumes()).Volumes ?? []).toEqual([]);
        expect(await readdir(join(dataDir, "d"))).toEqual([]);
        expect(await readdir(join(dataDir, "sessions"))).toEqual([]);
      } finally {
        await end();
      }
    },
  );
});
