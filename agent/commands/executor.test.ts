import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryDriver } from "../drivers/memory/memory-driver";
import { runAgent } from "../testing/running-agent";
import { startData } from "../testing/start-data";
import { Lanes } from "./lanes";

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
const run = async (...given: Parameters<typeof runAgent<MemoryDriver>>) => {
  const running = await runAgent(...given);
  cleanups.push(running.end);
  return running;
};
const dataFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), "berth-agent-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
};
const stopData = (overrides = {}) => ({
  name: "x",
  namespace: "y",
  generation: 1,
  graceful: false,
  timeout: "1s",
  remove_home: null,
  ...overrides,
});

describe("commands", () => {
  it("are acknowledged at once, each time, and carried out once", async () => {
    const { plane, driver } = await run(new MemoryDriver());
    const session = randomUUID();
    const id = randomUUID();
    for (let times = 0; times < 5; times++) plane.command("start_session", session, startData({ image: "memory/slow:50ms" }), id);
    await plane.result(id);
    plane.command("start_session", session, startData({ image: "memory/slow:50ms" }), id);
    await vi.waitFor(() => expect(plane.all("command_result")).toHaveLength(2));
    expect(plane.all("command_ack")).toHaveLength(6);
    expect(plane.all("command_result")[0]).toEqual(plane.all("command_result")[1]);
    expect(driver.starts).toBe(1);
  });

  it("are answered with their first result by an agent that was started again, also a failure", async () => {
    const dataDir = await dataFolder();
    const first = await run(new MemoryDriver(), { dataDir });
    const session = randomUUID();
    const started = first.plane.command("start_session", session, startData());
    const failed = first.plane.command("start_session", randomUUID(), startData({ image: "memory/fail:disk-full" }));
    await first.plane.result(started);
    await first.plane.result(failed);
    await first.agent.stop();
    await appendFile(join(dataDir, "commands.jsonl"), '{"cut off by a cra');

    const second = await run(new MemoryDriver(), { dataDir });
    second.plane.command("start_session", session, startData(), started);
    second.plane.command("start_session", session, startData(), failed);
    expect(await second.plane.result(started)).toMatchObject({ status: "completed", result: { session_id: session } });
    expect(await second.plane.result(failed)).toMatchObject({ status: "failed", error_code: "DISK_FULL" });
    expect(second.driver.starts).toBe(0);
  });

  it("that find the agent's own disk full say so, and where", async () => {
    class NoRoom extends MemoryDriver {
      override start(): Promise<never> {
        return Promise.reject(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC", path: "/data/d/1234" }));
      }
    }
    const { plane } = await run(new NoRoom());
    const failed = await plane.result(plane.command("start_session", randomUUID(), startData()));
    expect(failed).toMatchObject({
      error_code: "DISK_FULL",
      error: expect.stringMatching(/agent's host that holds \/data\/d\/1234 is full/),
    });
  });

  it("keep no viewer waiting once the display is ready, whatever is left of the start", async () => {
    let finish = () => {};
    class SlowAfterDisplay extends MemoryDriver {
      override async start(...given: Parameters<MemoryDriver["start"]>): ReturnType<MemoryDriver["start"]> {
        const facts = await super.start(...given);
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return facts;
      }
    }
    const { plane } = await run(new SlowAfterDisplay());
    const session = randomUUID();
    const id = plane.command("start_session", session, startData());
    await plane.until("command_progress", (message) => message.step === "display_ready");
    await once(await plane.viewer(session), "open");
    expect(plane.all("command_result")).toEqual([]);
    finish();
    await plane.result(id);
  });

  it("of one session run in their order, those of others beside them", async () => {
    const { plane } = await run(new MemoryDriver());
    const session = randomUUID();
    const slow = plane.command("start_session", session, startData({ image: "memory/slow:100ms" }));
    const then = plane.command("hibernate_session", session, { name: "x", namespace: "y", generation: 1, mode: "stop" });
    const other = plane.command("start_session", randomUUID(), startData());
    for (const id of [slow, then, other]) await plane.result(id);
    expect(plane.all("command_result").map((message) => message.command_id)).toEqual([other, slow, then]);
  });

  it("that are cancelled end as such, whether they run or wait", async () => {
    const { plane, driver } = await run(new MemoryDriver());
    const session = randomUUID();
    const running = plane.command("start_session", session, startData({ image: "memory/slow:60000ms" }));
    const waiting = plane.command("wake_session", session, startData({ generation: 2 }));
    await plane.until("command_progress", (message) => message.command_id === running);
    plane.send({ type: "command_cancel", command_id: waiting });
    plane.send({ type: "command_cancel", command_id: running });
    plane.send({ type: "command_cancel", command_id: "nobody knows" });
    for (const id of [running, waiting])
      expect(await plane.result(id)).toMatchObject({ status: "failed", error_code: "COMMAND_CANCELLED" });
    expect((await driver.inventory()).sessions).toEqual([]);
  });

  it("are cut short by the end of their session", async () => {
    const { plane } = await run(new MemoryDriver());
    const session = randomUUID();
    const start = plane.command("start_session", session, startData({ image: "memory/slow:60000ms" }));
    await plane.until("command_progress");
    const stop = plane.command("stop_session", session, stopData());
    expect(await plane.result(stop)).toMatchObject({ status: "completed" });
    expect(await plane.result(start)).toMatchObject({ status: "failed", error_code: "COMMAND_SUPERSEDED" });
  });

  it("that arrive after the end of their session change nothing, also after a restart", async () => {
    const dataDir = await dataFolder();
    const first = await run(new MemoryDriver(), { dataDir });
    const session = randomUUID();
    await first.plane.result(first.plane.command("stop_session", session, stopData({ generation: 3 })));
    const late = first.plane.command("start_session", session, startData({ generation: 3 }));
    expect(await first.plane.result(late)).toMatchObject({ status: "failed", error_code: "COMMAND_SUPERSEDED" });
    await first.agent.stop();
    const second = await run(new MemoryDriver(), { dataDir });
    const later = second.plane.command("wake_session", session, startData({ generation: 2 }));
    expect(await second.plane.result(later)).toMatchObject({ error_code: "COMMAND_SUPERSEDED" });
    expect(second.driver.starts).toBe(0);
  });

  it("that end while the connection is away are answered when it is back", async () => {
    const { plane } = await run(new MemoryDriver(), { random: () => 1 });
    const id = plane.command("start_session", randomUUID(), startData({ image: "memory/slow:100ms" }));
    await plane.until("command_progress");
    plane.channel?.terminate();
    await plane.untilConnected(2);
    expect(await plane.result(id)).toMatchObject({ status: "completed" });
  });

  it("count as starting in an inventory until they are done", async () => {
    const { plane } = await run(new MemoryDriver());
    const session = randomUUID();
    plane.command("start_session", session, startData({ image: "memory/pull:60000ms" }));
    await plane.until("command_progress");
    plane.send({ type: "inventory_request" });
    const told = await plane.until("inventory", (message) => message.sessions.length > 0);
    expect(told.sessions).toMatchObject([{ session_id: session, observed: "starting", generation: 1, container_id: null }]);
  });

  it.each([
    ["an unknown type", "paint_session", randomUUID(), {}, "COMMAND_UNSUPPORTED", "paint_session"],
    ["no session", "start_session", null, startData(), "MESSAGE_INVALID", "session_id"],
    ["a session id that is a path", "start_session", "../../../../etc", startData(), "MESSAGE_INVALID", "session_id"],
    ["a missing field", "hibernate_session", randomUUID(), { name: "x", namespace: "y", generation: 1 }, "MESSAGE_INVALID", "mode"],
    ["an image that is none", "start_session", randomUUID(), startData({ image: "--privileged" }), "SPEC_REFUSED", "image"],
    [
      "a volume that is not ours",
      "start_session",
      randomUUID(),
      startData({ home: { volume: "postgres", path: "/data" } }),
      "SPEC_REFUSED",
      "home.volume",
    ],
    ["a foreign volume to delete", "delete_home", null, { volume: "/etc" }, "MESSAGE_INVALID", "volume"],
    ["a broken container id", "remove_orphan", null, { container_id: "../x" }, "MESSAGE_INVALID", "container_id"],
  ])("with %s are refused by name", async (_what, type, session, data, code, words) => {
    const { plane, driver } = await run(new MemoryDriver());
    const result = await plane.result(plane.command(type, session, data));
    expect(result).toMatchObject({ status: "failed", error_code: code, error: expect.stringContaining(words) });
    expect(driver.starts).toBe(0);
  });

  it("end up with what the last generation wanted, doubled and interrupted at random", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("send", "again", "cut"), { minLength: 1, maxLength: 12 }), async (moves) => {
        const { plane, driver, end } = await runAgent(new MemoryDriver());
        try {
          const session = randomUUID();
          const sent: Array<{ id: string; generation: number }> = [];
          for (const move of moves) {
            const channels = plane.channels;
            if (move === "cut") {
              plane.channel?.terminate();
              await plane.untilConnected(channels + 1);
            } else if (move === "send" || sent.length === 0) {
              const generation = sent.length + 1;
              sent.push({ id: plane.command("wake_session", session, startData({ generation })), generation });
            } else {
              const again = sent[Math.floor(sent.length / 2)];
              if (again) plane.command("wake_session", session, startData({ generation: again.generation }), again.id);
            }
          }
          // What was lost with a connection comes again, as the control plane would send it.
          for (const { id, generation } of sent) plane.command("wake_session", session, startData({ generation }), id);
          for (const { id } of sent) await plane.result(id);
          const { sessions } = await driver.inventory();
          expect(sessions.map((each) => [each.observed, each.generation])).toEqual(sent.length > 0 ? [["running", sent.length]] : []);
          // One that was lost and came after a newer one was refused.
          expect(driver.starts).toBeLessThanOrEqual(sent.length);
        } finally {
          await end();
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe("lanes", () => {
  it("keep order within a lane and the limit over all of them", async () => {
    const lanes = new Lanes(3);
    const order: string[] = [];
    let running = 0;
    let most = 0;
    for (let job = 0; job < 30; job++) {
      const lane = `lane ${job % 5}`;
      lanes.add(lane, async () => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        order.push(`${lane}: ${job}`);
        running--;
      });
    }
    await lanes.settled();
    expect(most).toBe(3);
    expect(order).toHaveLength(30);
    for (let lane = 0; lane < 5; lane++) {
      const jobs = order.filter((line) => line.startsWith(`lane ${lane}:`)).map((line) => Number(line.split(": ")[1]));
      expect(jobs).toEqual([...jobs].sort((a, b) => a - b));
    }
  });
});
