import { randomUUID } from "node:crypto";
import { EXEC_PROTOCOL, TERMINAL_PROTOCOL, terminalSchema } from "@berth/protocol/terminal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../clock";
import type { DockerDriver } from "../drivers/docker/docker-driver";
import { operation } from "../drivers/driver-contract";
import { type ApiDoor, openApiDoor } from "../testing/api-door";
import { EngineFixture } from "../testing/engine-fixture";
import { startData } from "../testing/start-data";
import { runProgram, TerminalClient } from "../testing/terminal-client";
import { SinglePrograms } from "./single-programs";
import { Terminals } from "./terminals";

let fixture: EngineFixture;
let driver: DockerDriver;
let door: ApiDoor;
const sessionId = randomUUID();

beforeAll(async () => {
  fixture = new EngineFixture();
  driver = await fixture.driver();
  await driver.start({ sessionId, spec: startData({ image: await fixture.bannerImage() }) }, operation());
  const options = { driver, clock: systemClock, onInput: () => undefined };
  door = await openApiDoor([new Terminals(options), new SinglePrograms(options)], sessionId);
});
afterAll(async () => {
  door.close();
  await fixture.end();
});

async function open(size = { columns: 90, rows: 30 }): Promise<{ id: string; client: TerminalClient }> {
  const { id } = terminalSchema.parse(await (await door.ask("POST", "terminals", size)).json());
  return { id, client: await attach(id) };
}
const attach = (id: string) => TerminalClient.open(door.socket(`terminals/${id}`, TERMINAL_PROTOCOL));

describe("a terminal in a container", () => {
  it("is a real one, of the size of the window used last, with a prompt", async () => {
    const { id, client } = await open();
    client.type("stty size; echo at-$PWD-$TERM\n");
    await client.shows("30 90");
    await client.shows("at-/-xterm-256color");
    client.say({ type: "resize", columns: 120, rows: 40 });
    // The engine tells the terminal in its own time.
    const becomes = async (typist: TerminalClient, wanted: string) => {
      typist.type(`until [ "$(stty size)" = "${wanted}" ]; do sleep 0.05; done; echo is-$(stty size | tr ' ' -)\n`);
      await client.shows(`is-${wanted.replace(" ", "-")}`);
    };
    await becomes(client, "40 120");
    const second = await attach(id);
    second.say({ type: "resize", columns: 100, rows: 20 });
    await becomes(second, "20 100");
    client.shown = "";
    await becomes(client, "40 120");
  });

  it("interrupts by Ctrl-C, and hangs up on what runs when it is closed", async () => {
    const { id, client } = await open();
    // A shell that is still between its prompt and the command may lose an interrupt: what it printed says that it is past that.
    client.type("echo begun-$((40+1)); sleep 4242\n");
    await client.shows("begun-41");
    client.type("\u0003");
    client.type("echo free-$((40+2)); sleep 4243 & sleep 4244\n");
    await client.shows("free-42");
    expect((await door.ask("DELETE", `terminals/${id}`)).status).toBe(204);
    await client.says("exit");
    const { out } = await runProgram(door.socket("exec", EXEC_PROTOCOL), {
      argv: ["sh", "-c", 'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline 2>/dev/null; echo; done'],
      terminal: null,
    });
    expect(out).not.toMatch(/sleep 424[234]/);
  });

  it("shows a program's output whole, at the pace of its reader", async () => {
    const { client } = await open();
    client.type("seq 300000; echo all-$((40+2))\n");
    await client.shows("300000\r\nall-42");
    expect(client.words.some(({ type }) => type === "skipped")).toBe(false);
  });

  it("gives a single program's terminal one stream and its exit code", async () => {
    const { out, exit } = await runProgram(
      door.socket("exec", EXEC_PROTOCOL),
      { argv: ["sh", "-c", "read go; stty size; echo wrong >&2; exit 5"], terminal: { columns: 77, rows: 11 } },
      "\n",
    );
    expect([out, exit]).toEqual(["\r\n11 77\r\nwrong\r\n", { type: "exit", code: 5 }]);
  });

  it("tells who is attached when its container is removed under it", async () => {
    const { client } = await open();
    await driver.terminate({ sessionId, generation: 2, graceful: false, timeoutSeconds: 1, removeHome: null });
    await client.says("exit");
    await expect.poll(() => client.closed?.code).toBe(1000);
    expect(await (await door.ask("GET", "terminals")).json()).toEqual({ terminals: [] });
    expect(await (await door.ask("POST", "terminals", { columns: 80, rows: 24 })).json()).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});
