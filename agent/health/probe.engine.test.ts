import { randomUUID } from "node:crypto";
import type { Probe } from "@berth/protocol/session-health";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DockerDriver } from "../drivers/docker/docker-driver";
import { operation } from "../drivers/driver-contract";
import { EngineFixture } from "../testing/engine-fixture";
import { startData } from "../testing/start-data";
import { ask } from "./probe";

/** Answers well until a file says otherwise. */
const SERVER = `
my $server = IO::Socket::INET->new(LocalPort => 8123, Listen => 9, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  readline $client;
  print $client "HTTP/1.1 ", (-e "/tmp/bad-server" ? "503 Bad" : "200 OK"), "\\r\\n\\r\\n";
  close $client;
}`;

let fixture: EngineFixture;
let driver: DockerDriver;
const sessionId = randomUUID();
const probes: Probe[] = [{ type: "process" }, { type: "display" }, { type: "exec", argv: ["test", "!", "-e", "/tmp/bad"] }];

beforeAll(async () => {
  fixture = new EngineFixture();
  driver = await fixture.driver();
  const image = await fixture.bannerImage();
  const health = { probes, interval_seconds: 30, timeout_seconds: 5, failure_threshold: 3, start_period_seconds: 0 };
  await driver.start({ sessionId, spec: startData({ image, health }) }, operation());
});
afterAll(() => fixture.end());

const answer = (probe: Probe, ms = 5000) => ask(driver, sessionId, probe, AbortSignal.timeout(ms));
const run = async (script: string) => {
  const exec = await driver.exec({ sessionId, argv: ["sh", "-c", script], terminal: null });
  exec.stdin.end();
  exec.stdout.resume();
  exec.stderr?.resume();
  return exec.exit;
};

describe("a real container", () => {
  it("is found with its probes again by an agent that knows nothing of it", async () => {
    const { sessions } = await driver.inventory();
    expect(sessions.find((one) => one.sessionId === sessionId)?.probes?.probes).toEqual(probes);
  });

  it("answers for its process and by a program inside, until that finds something wrong", async () => {
    expect(await answer({ type: "process" })).toMatchObject({ ok: true, message: "runs" });
    expect(await answer({ type: "exec", argv: ["test", "!", "-e", "/tmp/bad"] })).toMatchObject({ ok: true, message: "ended with 0" });
    await run("touch /tmp/bad");
    expect(await answer({ type: "exec", argv: ["test", "!", "-e", "/tmp/bad"] })).toMatchObject({ ok: false, message: "ended with 1" });
    expect(await answer({ type: "exec", argv: ["no-such-program"] })).toMatchObject({ ok: false });
  });

  it("has a program that goes on for too long ended", async () => {
    expect(await answer({ type: "exec", argv: ["sleep", "4711"] }, 1500)).toMatchObject({ ok: false, message: "did not answer in time" });
    await expect.poll(() => run("ps -o args | grep -q '[s]leep 4711'")).toBe(1);
  });

  it("is unhealthy by HTTP where its server turns bad, and where nothing listens", async () => {
    expect(await answer({ type: "http", port: 8123, path: "/" })).toMatchObject({ ok: false });
    const server = await driver.exec({ sessionId, argv: ["perl", "-MIO::Socket::INET", "-e", SERVER], terminal: null });
    server.stdout.resume();
    server.stderr?.resume();
    const health = () => answer({ type: "http", port: 8123, path: "/health" });
    await expect.poll(health).toMatchObject({ ok: true, message: "answered with 200" });
    await run("touch /tmp/bad-server");
    expect(await health()).toMatchObject({ ok: false, message: "answered with 503" });
    await server.signal("KILL");
    expect(await server.exit).not.toBe(0);
    expect(await health()).toMatchObject({ ok: false });
  });
});
