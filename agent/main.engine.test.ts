import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DESKTOP_IMAGE, EngineFixture } from "./testing/engine-fixture";
import { FakeControlPlane } from "./testing/fake-control-plane";
import { shakeHands, ViewerReader } from "./testing/rfb-client";
import { startData } from "./testing/start-data";

const engine = new EngineFixture();
const program = fileURLToPath(new URL("main.ts", import.meta.url));
let plane: FakeControlPlane;
let dataDir: string;
let processes: ChildProcess[] = [];

beforeAll(() => expect(engine.target.unix).toBe(true));
beforeEach(async () => {
  plane = new FakeControlPlane();
  plane.agentId = engine.agent;
  // A program is started and compiled each time.
  plane.patienceMs = 30_000;
  await plane.listen();
  dataDir = await engine.dataDir();
});
afterEach(async () => {
  for (const child of processes) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  processes = [];
  await plane.close();
});
afterAll(() => engine.end());

function agent(): ChildProcess {
  const flags = ["--url", plane.url.href, "--name", "killed-agent", "--data-dir", dataDir, "--docker-host", engine.target.name];
  const child = spawn(process.execPath, ["--import", "tsx", program, ...flags, "--token", plane.registrationToken], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  processes.push(child);
  return child;
}

async function containersOf(sessionId: string): Promise<number> {
  return (await engine.docker.listContainers({ all: true, filters: { label: [`dev.berth.session=${sessionId}`] } })).length;
}

describe("the agent program on a real engine", () => {
  it("enrols, starts a session and shows it; ended by TERM it leaves the session alone, and finds it again", async () => {
    const first = agent();
    await plane.untilConnected(1);
    const session = randomUUID();
    expect(await plane.result(plane.command("start_session", session, startData({ image: DESKTOP_IMAGE })))).toMatchObject({
      status: "completed",
    });
    const socket = await plane.viewer(session);
    expect(await shakeHands(socket, new ViewerReader(socket))).toMatchObject({ width: 1280, height: 800 });
    first.kill("SIGTERM");
    expect((await once(first, "exit"))[0]).toBe(0);
    expect(await containersOf(session)).toBe(1);

    plane.received.length = 0;
    agent();
    const inventory = await plane.until("inventory");
    expect(inventory.sessions).toMatchObject([{ session_id: session, observed: "running", generation: 1 }]);
    expect(plane.registrations).toHaveLength(1);
    const again = await plane.viewer(session);
    await shakeHands(again, new ViewerReader(again));
    const stop = { name: "x", namespace: "y", generation: 1, graceful: true, timeout: "5s", remove_home: null };
    expect(await plane.result(plane.command("stop_session", session, stop))).toMatchObject({ status: "completed" });
    expect(await containersOf(session)).toBe(0);
  });

  it.each(["container_created", "container_started"])(
    "killed after %s it comes to one container when the command comes again",
    async (step) => {
      const first = agent();
      await plane.untilConnected(1);
      const session = randomUUID();
      const volume = `berth-home-${randomUUID()}`;
      const data = startData({ image: DESKTOP_IMAGE, home: { volume, path: "/home/user" } });
      const id = plane.command("start_session", session, data);
      await plane.until("command_progress", (message) => message.step === step);
      first.kill("SIGKILL");
      await once(first, "exit");

      agent();
      await plane.untilConnected(2);
      plane.command("start_session", session, data, id);
      expect(await plane.result(id)).toMatchObject({ status: "completed", result: { observed: "running", generation: 1 } });
      expect(await containersOf(session)).toBe(1);
      const socket = await plane.viewer(session);
      await shakeHands(socket, new ViewerReader(socket));
      const stop = { name: "x", namespace: "y", generation: 1, graceful: false, timeout: "1s", remove_home: volume };
      expect(await plane.result(plane.command("stop_session", session, stop))).toMatchObject({ status: "completed" });
    },
  );
});
