import { randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROTOCOL_VERSION } from "@berth/protocol/agent-messages";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryDriver } from "./drivers/memory/memory-driver";
import { ManualClock } from "./testing/manual-clock";
import { runAgent } from "./testing/running-agent";
import { startData } from "./testing/start-data";

const ends: Array<() => Promise<void>> = [];
const run = async (...given: Parameters<typeof runAgent<MemoryDriver>>) => {
  const running = await runAgent(...given);
  ends.push(running.end);
  return running;
};
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

describe("an agent on the channel", () => {
  it("registers with capacity and capabilities, then tells its inventory and a heartbeat", async () => {
    const { plane } = await run(new MemoryDriver({ cores: 8, memoryGiB: 32 }), { region: "here", limits: { maxSessions: 5 } });
    const register = await plane.until("register");
    expect(register).toMatchObject({ agent_id: "test-agent", platform: "docker", region: "here", protocol_version: PROTOCOL_VERSION });
    expect(register.capacity).toEqual({ max_cpu: 8, max_memory: 32, max_sessions: 5, current_sessions: 0 });
    expect((await plane.until("inventory")).sessions).toEqual([]);
    expect(await plane.until("heartbeat")).toMatchObject({ status: "online", capacity: { current_sessions: 0 } });
  });

  it("sends a heartbeat each interval that the control plane asked for", async () => {
    const clock = new ManualClock();
    const { plane } = await run(new MemoryDriver(), { clock });
    await plane.until("heartbeat");
    clock.advance(10_000);
    await vi.waitFor(() => expect(plane.all("heartbeat")).toHaveLength(2));
  });

  it("carries a session through start, hibernate, wake and stop", async () => {
    const { plane } = await run(new MemoryDriver());
    const session = randomUUID();
    const start = await plane.result(plane.command("start_session", session, startData()));
    expect(start).toMatchObject({
      status: "completed",
      result: { session_id: session, observed: "running", generation: 1, vnc_port: 5900 },
    });
    const frozen = await plane.result(
      plane.command("hibernate_session", session, { name: "x", namespace: "y", generation: 1, mode: "freeze" }),
    );
    expect(frozen.result).toMatchObject({ observed: "frozen" });
    const awake = await plane.result(plane.command("wake_session", session, startData({ generation: 2 })));
    expect(awake.result).toMatchObject({ observed: "running", generation: 2 });
    const stop = { name: "x", namespace: "y", generation: 2, graceful: true, timeout: "5s", remove_home: null };
    const ended = await plane.result(plane.command("stop_session", session, stop));
    expect(ended).toMatchObject({ status: "completed", result: { observed: "removed" } });
  });

  it("tells the steps of a start with the progress of a pull", async () => {
    const { plane } = await run(new MemoryDriver());
    const id = plane.command("start_session", randomUUID(), startData({ image: "memory/pull:20ms" }));
    await plane.result(id);
    const steps = plane.all("command_progress").filter((message) => message.command_id === id);
    expect(steps.map((message) => message.step)).toEqual([
      "image_pulling",
      "image_pulling",
      "image_pulling",
      "image_pulled",
      "container_created",
      "container_started",
      "display_ready",
    ]);
    expect(steps.slice(0, 3).map((message) => message.progress)).toEqual([0, 50, 100]);
  });

  it("answers unknown, malformed and binary messages by name and stays connected", async () => {
    const { plane } = await run(new MemoryDriver());
    plane.sendRaw(JSON.stringify({ type: "do_magic" }));
    expect((await plane.until("error")).message).toContain("do_magic");
    plane.sendRaw("{ not json");
    await plane.until("error", (message) => message.message.includes("not JSON"));
    plane.sendRaw(JSON.stringify({ type: "command", command_id: "c1", data: {} }));
    expect(await plane.until("error", (message) => message.command_id === "c1")).toMatchObject({
      message: expect.stringContaining("command_type"),
    });
    plane.sendRaw(Buffer.from([1, 2, 3]));
    await plane.until("error", (message) => message.message.includes("binary"));
    expect((await plane.result(plane.command("start_session", randomUUID(), startData()))).status).toBe("completed");
    expect(plane.channels).toBe(1);
  });

  it("ends a connection that brings a message beyond the bound, and comes back", async () => {
    const { plane } = await run(new MemoryDriver());
    plane.command("start_session", randomUUID(), startData({ name: "n".repeat(2 * 1024 * 1024) }));
    await plane.untilConnected(2);
    expect((await plane.result(plane.command("start_session", randomUUID(), startData()))).status).toBe("completed");
  });

  it("comes back when the connection is lost, registers again and tells its inventory again", async () => {
    const { plane } = await run(new MemoryDriver());
    await plane.until("inventory");
    plane.channel?.terminate();
    await plane.untilConnected(2);
    await vi.waitFor(() => expect(plane.all("inventory")).toHaveLength(2));
  });

  it("ends a connection on which nothing was heard for three intervals", async () => {
    const clock = new ManualClock();
    const { plane } = await run(new MemoryDriver(), { clock });
    await plane.until("heartbeat");
    clock.advance(30_000);
    await vi.waitFor(() => {
      clock.advance(1000);
      expect(plane.channels).toBe(2);
    });
  });

  it("asks slowly when its credential is refused", async () => {
    const clock = new ManualClock();
    const { plane } = await run(new MemoryDriver(), { clock, random: () => 0.5 });
    plane.refuseChannel = 401;
    plane.channel?.terminate();
    await vi.waitFor(() => expect(plane.channel).toBeNull());
    clock.advance(1000);
    await vi.waitFor(() => expect(Math.max(...clock.waiting)).toBe(45_000));
    plane.refuseChannel = null;
    clock.advance(45_000);
    await plane.untilConnected(2);
  });

  it("says that it is degraded and why while the engine does not answer, and sends no empty inventory", async () => {
    const { plane, driver } = await run(new MemoryDriver());
    await plane.until("inventory");
    driver.engineGoesAway("the engine does not answer since 10:45");
    plane.send({ type: "inventory_request" });
    const refused = await plane.result(plane.command("start_session", randomUUID(), startData()));
    expect(refused).toMatchObject({ status: "failed", error_code: "ENGINE_UNAVAILABLE" });
    expect(plane.all("inventory")).toHaveLength(1);
    driver.engineReturns();
    await vi.waitFor(() => expect(plane.all("inventory")).toHaveLength(2));
  });

  it("tells of a container that ended by itself", async () => {
    const { plane, driver } = await run(new MemoryDriver());
    const session = randomUUID();
    await plane.result(plane.command("start_session", session, startData()));
    driver.kill(session);
    expect(await plane.until("session_observed")).toMatchObject({
      session_id: session,
      observed: "failed",
      reason: expect.stringContaining("137"),
    });
  });

  it("runs a thousand sessions in one process", async () => {
    const { plane } = await run(new MemoryDriver());
    const ids = Array.from({ length: 1000 }, () => plane.command("start_session", randomUUID(), startData()));
    for (const id of ids) expect((await plane.result(id)).status).toBe("completed");
    plane.send({ type: "inventory_request" });
    const full = await plane.until("inventory", (message) => message.sessions.length === 1000);
    expect(JSON.stringify(full).length).toBeLessThan(1024 * 1024);
  });

  it("does not touch sessions when it is stopped", async () => {
    const driver = new MemoryDriver();
    const dataDir = await mkdtemp(join(tmpdir(), "berth-agent-"));
    const { plane, agent } = await run(driver, { dataDir });
    await plane.result(plane.command("start_session", randomUUID(), startData()));
    await agent.stop();
    expect((await driver.inventory()).sessions).toMatchObject([{ observed: "running" }]);
  });
});
