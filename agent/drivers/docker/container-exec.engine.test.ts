import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EngineFixture } from "../../testing/engine-fixture";
import { startData } from "../../testing/start-data";
import type { ExecRequest } from "../driver";
import { operation } from "../driver-contract";
import type { DockerDriver } from "./docker-driver";

let fixture: EngineFixture;
let driver: DockerDriver;
const sessionId = randomUUID();

beforeAll(async () => {
  fixture = new EngineFixture();
  driver = await fixture.driver();
  const image = await fixture.bannerImage();
  await driver.start({ sessionId, spec: startData({ image }) }, operation());
});
afterAll(() => fixture.end());

const run = (argv: string[], rest: Partial<ExecRequest> = {}) => driver.exec({ sessionId, argv, terminal: null, ...rest });

describe("a program inside a session", () => {
  it("runs as the session's own user, takes input, and says output, errors and its exit code apart", async () => {
    const exec = await run(["sh", "-c", 'cat; id -u; echo "$WORD" >&2; exit 7'], { env: { WORD: "a b" } });
    exec.stdin.end("given\n");
    const [out, err] = await Promise.all([text(exec.stdout), exec.stderr ? text(exec.stderr) : ""]);
    expect([out, err, await exec.exit]).toEqual(["given\n1000\n", "a b\n", 7]);
  });

  it("passes megabytes through unchanged while one reads them", async () => {
    const exec = await run(["head", "-c", "30000000", "/dev/zero"]);
    exec.stderr?.resume();
    let bytes = 0;
    for await (const chunk of exec.stdout) bytes += Buffer.isBuffer(chunk) ? chunk.length : 0;
    expect([bytes, await exec.exit]).toEqual([30_000_000, 0]);
  });

  it("has a terminal of the size that was asked for, and of another when that changes", async () => {
    const exec = await run(["sh", "-c", "read go; stty size; read go; stty size"], { terminal: { columns: 100, rows: 30 } });
    exec.stdin.write("\n");
    let output = "";
    exec.stdout.on("data", (chunk) => (output += String(chunk)));
    await expect.poll(() => output).toContain("30 100\r\n");
    await exec.resize(120, 40);
    exec.stdin.write("\n");
    expect(await exec.exit).toBe(0);
    expect(output).toContain("40 120\r\n");
  });

  it("ends with all that it started when it is told to", async () => {
    const exec = await run(["sh", "-c", "sleep 1000 & echo up; wait"]);
    exec.stderr?.resume();
    await new Promise((resolve) => exec.stdout.once("data", resolve));
    exec.stdout.resume();
    await exec.signal("TERM");
    expect(await exec.exit).toBe(143);
    const left = await run(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]);
    left.stderr?.resume();
    expect(await text(left.stdout)).not.toContain("sleep 1000");
  });

  it("uses what the engine counts of it", async () => {
    const busy = await run(["sh", "-c", "timeout 2 sh -c 'while :; do :; done'; true"]);
    busy.stdout.resume();
    busy.stderr?.resume();
    const before = await driver.usageOf(sessionId);
    await busy.exit;
    const after = (await driver.usages()).get(sessionId);
    expect((after?.cpuNanoseconds ?? 0) - before.cpuNanoseconds).toBeGreaterThan(2e8);
    expect(before).toMatchObject({ cores: 0.5, memory: { limitBytes: 256 * 1024 * 1024 }, pids: { limit: 256 } });
    expect(before.memory.usedBytes).toBeGreaterThan(10_000);
    expect(before.pids.current).toBeGreaterThan(1);
  });

  it("says that the image lacks a program, that a session is not here and that one does not run", async () => {
    const absent = await run(["no-such-program"]);
    absent.stdout.resume();
    absent.stderr?.resume();
    await expect(absent.exit).rejects.toMatchObject({ code: "SESSION_LACKS_PROGRAM", message: expect.stringContaining("no-such-program") });
    await expect(run(["true"], { sessionId: randomUUID() })).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await driver.hibernate({ sessionId, generation: 1, mode: "freeze" });
    await expect(run(["true"])).rejects.toMatchObject({ code: "SESSION_NOT_RUNNING" });
    await expect(driver.usageOf(sessionId)).rejects.toMatchObject({ code: "SESSION_NOT_RUNNING" });
    expect((await driver.usages()).has(sessionId)).toBe(false);
  });
});
