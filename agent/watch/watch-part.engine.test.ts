import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../clock";
import type { DockerDriver } from "../drivers/docker/docker-driver";
import { operation } from "../drivers/driver-contract";
import { type ApiDoor, openApiDoor } from "../testing/api-door";
import { BASE_IMAGE, EngineFixture } from "../testing/engine-fixture";
import { startData } from "../testing/start-data";
import { WatchClient } from "../testing/watch-client";
import { watchPart } from "./watch-part";

const HOME = "/home/user";
/** A display that says its banner, and a main program that counts its signals. */
const DAEMON = [
  `perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Local => $ENV{BERTH_DISPLAY_SOCKET}, Listen => 9) or die; while (my $v = $s->accept) { $v->syswrite(qq(RFB 003.008\\n)) }' &`,
  `trap 'echo HUP >>${HOME}/signals' HUP`,
  "while :; do wait; sleep 0.1; done",
].join("\n");

let fixture: EngineFixture;
let driver: DockerDriver;
let door: ApiDoor;
let containerId: string | null;
const sessionId = randomUUID();

beforeAll(async () => {
  fixture = new EngineFixture();
  driver = await fixture.driver();
  const image = await fixture.imageThatRuns(DAEMON, "1000:1000", BASE_IMAGE);
  const spec = startData({ image, home: { volume: `berth-home-${sessionId}`, path: HOME } });
  ({ containerId } = await driver.start({ sessionId, spec }, operation()));
  door = await openApiDoor([watchPart({ driver, clock: systemClock })], sessionId);
}, 120_000);
afterAll(async () => {
  door?.close();
  await fixture.end();
});

const inside = async (script: string) => (await fixture.inside(containerId, ["sh", "-c", script])).output;

describe("a container's folders that are watched", () => {
  it("tell what its programs do, and nothing of the watching is left when nobody listens", async () => {
    const client = await WatchClient.open(door.port, sessionId, [HOME]);
    await inside(`mkdir ${HOME}/made && echo x >${HOME}/made/file`);
    await expect
      .poll(() => client.changes, { timeout: 15_000 })
      .toEqual([
        { path: `${HOME}/made`, action: "created" },
        { path: `${HOME}/made/file`, action: "created" },
      ]);
    client.close();
    await expect.poll(() => inside("grep -l [b]erth-files /proc/[0-9]*/cmdline 2>/dev/null | wc -l"), { timeout: 15_000 }).toMatch(/^0/);
  }, 60_000);
});

describe("a container's main program", () => {
  it("is sent the signal by its init, once each time", async () => {
    for (const times of [1, 2]) {
      expect((await door.ask("POST", "reload", { signal: "HUP", process: null })).status).toBe(200);
      await expect.poll(() => inside(`grep -c HUP ${HOME}/signals`)).toMatch(new RegExp(`^${times}`));
    }
  }, 60_000);

  // Programs are looked for among all that can be seen: only in a container is that the session's alone.
  it("is not meant where another is named, which is found by its name and hears the signal", async () => {
    await inside(
      `printf '#!/bin/sh\ntrap "echo USR1 >>${HOME}/named" USR1\n: >${HOME}/ready\nwhile :; do sleep 0.1; done\n' >${HOME}/a-daemon`,
    );
    await inside(
      `chmod +x ${HOME}/a-daemon; nohup setsid ${HOME}/a-daemon >/dev/null 2>&1 </dev/null & while [ ! -e ${HOME}/ready ]; do sleep 0.1; done`,
    );
    const before = await inside(`cat ${HOME}/signals`);
    const answer = await door.ask("POST", "reload", { signal: "USR1", process: "a-daemon" });
    expect([answer.status, await answer.json()]).toEqual([200, { signalled: 1 }]);
    await expect.poll(() => inside(`cat ${HOME}/named`)).toMatch(/^USR1\r\n$/);
    expect(await inside(`cat ${HOME}/signals`)).toBe(before);
    const missing = await door.ask("POST", "reload", { signal: "HUP", process: "no-such-program" });
    expect([missing.status, await missing.json()]).toMatchObject([409, { code: "SESSION_LACKS_PROGRAM" }]);
  }, 60_000);
});
