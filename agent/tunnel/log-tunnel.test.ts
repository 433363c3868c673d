import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import type { LogLine } from "@berth/protocol/tunnel";
import { logFrameSchema, logHeadSchema } from "@berth/protocol/tunnel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryDriver } from "../drivers/memory/memory-driver";
import { atRest } from "../testing/at-rest";
import { runAgent } from "../testing/running-agent";
import { startData } from "../testing/start-data";

class CountingDriver extends MemoryDriver {
  given = 0;
  ended = 0;
  override async logs(...[request, signal]: Parameters<MemoryDriver["logs"]>): Promise<AsyncIterable<LogLine>> {
    signal.addEventListener("abort", () => this.ended++);
    const lines = await super.logs(request, signal);
    const counted = async function* (driver: CountingDriver) {
      for await (const line of lines) {
        driver.given++;
        yield line;
      }
    };
    return counted(this);
  }
}

let running: Awaited<ReturnType<typeof runAgent<CountingDriver>>>;
beforeEach(async () => {
  running = await runAgent(new CountingDriver());
});
afterEach(() => running.end());

async function session(): Promise<string> {
  const id = randomUUID();
  await running.plane.result(running.plane.command("start_session", id, startData()));
  return id;
}

const wordsOn = (tunnel: Duplex) => createInterface({ input: tunnel })[Symbol.asyncIterator]();
const frameOf = ({ value }: { value?: unknown }) => logFrameSchema.parse(JSON.parse(String(value)));

describe("a log's tunnel", () => {
  it("carries a head, the lines and an end", async () => {
    const id = await session();
    running.driver.print(id, "a \u001b[1m line");
    const words: unknown[] = [];
    for await (const line of createInterface({ input: await running.plane.logs(id, { tail: 2 }) })) words.push(JSON.parse(line));
    expect(words).toEqual([
      { ok: true },
      { at: expect.any(String), text: "[INFO] display ready on port 5900", stream: "stdout" },
      { at: expect.any(String), text: "a \u001b[1m line", stream: "stdout" },
      { end: true },
    ]);
  });

  it("goes on with what is printed, and ends the reading when it is closed", async () => {
    const id = await session();
    const tunnel = await running.plane.logs(id, { tail: 0, follow: true });
    const words = wordsOn(tunnel);
    expect(logHeadSchema.parse(JSON.parse(String((await words.next()).value)))).toEqual({ ok: true });
    running.driver.print(id, "now");
    expect(frameOf(await words.next())).toMatchObject({ text: "now" });
    tunnel.destroy();
    await expect.poll(() => running.driver.ended).toBe(1);
  });

  it("says why there is no log", async () => {
    const words = wordsOn(await running.plane.logs(randomUUID()));
    expect(logHeadSchema.parse(JSON.parse(String((await words.next()).value)))).toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(await words.next()).toMatchObject({ done: true });
  });

  it("reads no more than whoever is at its end takes", async () => {
    const id = await session();
    for (let line = 0; line < 4000; line++) running.driver.print(id, "x".repeat(16_000));
    const tunnel = await running.plane.logs(id, { tail: 4000 });
    tunnel.pause();
    // 64 MB were printed: what the sockets hold is some.
    expect(await atRest(() => running.driver.given)).toBeLessThan(2000);
    tunnel.resume();
    await once(tunnel, "end");
    expect(running.driver.given).toBe(4000);
  });
});
