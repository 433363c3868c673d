import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  EXEC_PROTOCOL,
  MAX_ATTACHED,
  MAX_PROGRAMS,
  MAX_TERMINALS,
  SCROLLBACK_BYTES,
  TERMINAL_PROTOCOL,
  terminalSchema,
  terminalsSchema,
  WINDOW_BYTES,
} from "@berth/protocol/terminal";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock";
import { operation } from "../drivers/driver-contract";
import { MemoryDriver } from "../drivers/memory/memory-driver";
import { type ApiDoor, openApiDoor } from "../testing/api-door";
import { ManualClock } from "../testing/manual-clock";
import { startData } from "../testing/start-data";
import { runProgram, TerminalClient } from "../testing/terminal-client";
import { SinglePrograms } from "./single-programs";
import { Terminals } from "./terminals";

const sessionId = randomUUID();
const size = { columns: 80, rows: 24 };
let home: string;
let driver: MemoryDriver;
let door: ApiDoor;
const inputs: string[] = [];
const clients: TerminalClient[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "berth-terminals-"));
  driver = new MemoryDriver({ programsIn: home });
  await driver.start({ sessionId, spec: startData() }, operation());
});
afterAll(async () => {
  await driver.close();
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  inputs.length = 0;
  door = await openDoor(hurried(500));
});
afterEach(() => {
  for (const { webSocket } of clients.splice(0)) webSocket.terminate();
  door.close();
});

/** Waits of up to `ms` pass at once: a shell of the memory driver has no prompt, and says nothing first. */
const hurried = (ms: number): typeof systemClock => ({
  ...systemClock,
  after: (wait, run) => systemClock.after(wait <= ms ? 1 : wait, run),
});
const openDoor = (clock: typeof systemClock) => {
  const options = { driver, clock, onInput: (id: string) => void inputs.push(id) };
  return openApiDoor([new Terminals(options), new SinglePrograms(options)], sessionId);
};
const create = async (at = door) => terminalSchema.parse(await (await at.ask("POST", "terminals", size)).json());
const list = async (at = door) => terminalsSchema.parse(await (await at.ask("GET", "terminals")).json()).terminals;
async function attach(id: string, at = door): Promise<TerminalClient> {
  const client = await TerminalClient.open(at.socket(`terminals/${id}`, TERMINAL_PROTOCOL));
  clients.push(client);
  return client;
}

describe("a terminal", () => {
  it("goes on when nobody is attached, and shows whoever comes back what they missed", async () => {
    const { id } = await create();
    const first = await attach(id);
    first.type("echo one-$((40+2)); go() { sleep 0.2; echo late-$((40+2)); }; go\n");
    await first.shows("one-42");
    first.webSocket.close();
    await expect.poll(async () => (await list())[0]?.attached).toBe(0);
    const again = await attach(id);
    await again.shows("late-42");
    expect(again.shown).toMatch(/one-42.*late-42/s);
    expect(again.words.slice(0, 2)).toEqual([{ type: "replay_begin" }, { type: "replay_end" }]);
    expect(inputs).toContain(sessionId);
  });

  it("is used by several at once, who all see the same", async () => {
    const { id } = await create();
    const [one, two] = [await attach(id), await attach(id)];
    one.type("echo from-$((1+0))\n");
    two.type("echo from-$((1+1))\n");
    for (const client of [one, two]) {
      await client.shows("from-1");
      await client.shows("from-2");
    }
    expect((await list())[0]?.attached).toBe(2);
  });

  it("ends with its shell, tells how, and is gone from the list", async () => {
    const { id } = await create();
    const client = await attach(id);
    client.type("echo bye; exit 3\n");
    await client.says("exit");
    expect(client.words.at(-1)).toEqual({ type: "exit", code: 3 });
    await expect.poll(() => client.closed?.code).toBe(1000);
    expect(client.shown).toContain("bye");
    expect(await list()).toEqual([]);
    expect((await door.ask("DELETE", `terminals/${id}`)).status).toBe(404);
  });

  it("ends when it is closed, with what runs in it", async () => {
    const { id } = await create();
    const client = await attach(id);
    client.type("sleep 1000\n");
    expect((await door.ask("DELETE", `terminals/${id}`)).status).toBe(204);
    await client.says("exit");
    expect(await list()).toEqual([]);
  });

  it("ends when nobody was attached for hours, and not while someone is", async () => {
    const clock = new ManualClock();
    const slow = await openDoor(clock);
    const created = slow.ask("POST", "terminals", size);
    await expect.poll(() => clock.waiting.length).toBeGreaterThan(0);
    clock.advance(600);
    await expect.poll(() => clock.waiting.some((ms) => ms <= 20)).toBe(true);
    clock.advance(20);
    const { id } = terminalSchema.parse(await (await created).json());
    const client = await attach(id, slow);
    // In steps, for the pongs.
    const hours = async (count: number) => {
      for (let step = 0; step < count * 180; step++) {
        clock.advance(20_000);
        if (step % 90 === 0) await new Promise(setImmediate);
      }
    };
    clock.advance(20_000);
    expect((await list(slow)).length).toBe(1);
    client.webSocket.terminate();
    await expect.poll(async () => (await list(slow))[0]?.attached).toBe(0);
    await hours(3.9);
    expect((await list(slow)).length).toBe(1);
    await hours(0.2);
    await expect.poll(() => list(slow)).toEqual([]);
    slow.close();
  });

  it("is one of a few: more are refused", async () => {
    const all = await Promise.all(Array.from({ length: MAX_TERMINALS + 1 }, () => door.ask("POST", "terminals", size)));
    expect(all.map(({ status }) => status).sort()).toEqual([...Array.from({ length: MAX_TERMINALS }, () => 201), 409]);
    for (const { id } of await list()) await door.ask("DELETE", `terminals/${id}`);
    await expect.poll(() => list()).toEqual([]);
  });

  it.each([{}, { columns: 0, rows: 24 }, { columns: 80, rows: 100_000 }, "x"])("is not made %o large", async (body) => {
    expect(await (await door.ask("POST", "terminals", body)).json()).toMatchObject({ code: "INVALID_PARAMETER" });
  });

  it("that isn't there is not found, before any upgrade", async () => {
    const socket = door.socket("terminals/0000000000000000", TERMINAL_PROTOCOL);
    const status = await new Promise((resolve) => {
      socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
      socket.on("error", () => undefined);
    });
    expect(status).toBe(404);
  });
});

describe("an agent that is asked for too much", () => {
  /** Status of the last of so many. */
  async function beyond(path: string, protocol: string, count: number): Promise<unknown> {
    for (let one = 0; one < count; one++) clients.push(await TerminalClient.open(door.socket(path, protocol)));
    const last = door.socket(path, protocol);
    return new Promise((resolve) => {
      last.on("unexpected-response", (_, response) => resolve(response.statusCode));
      last.on("open", () => resolve("open"));
      last.on("error", () => undefined);
    });
  }

  it("lets so many look at one terminal and no more", async () => {
    const { id } = await create();
    expect(await beyond(`terminals/${id}`, TERMINAL_PROTOCOL, MAX_ATTACHED)).toBe(409);
  });

  it("runs so many single programs in one session and no more", async () => {
    expect(await beyond("exec", EXEC_PROTOCOL, MAX_PROGRAMS)).toBe(409);
    for (const { webSocket } of clients.splice(0)) webSocket.terminate();
    await expect.poll(() => beyond("exec", EXEC_PROTOCOL, 0)).toBe("open");
  });
});

describe("a terminal whose readers are slow", () => {
  const MEGABYTES = "head -c 8000000 /dev/zero | tr '\\0' x; echo; echo all-$((40+2))\n";

  it("makes the program wait, and loses nothing, where only one is attached and takes little by little", async () => {
    const { id } = await create();
    const client = await attach(id);
    client.takes = false;
    client.type(MEGABYTES);
    await expect.poll(() => client.bytes).toBeGreaterThanOrEqual(WINDOW_BYTES);
    expect(client.bytes).toBeLessThan(2 * WINDOW_BYTES);
    client.takes = true;
    client.say({ type: "taken", bytes: client.bytes });
    await client.shows("all-42");
    expect(client.bytes).toBeGreaterThan(8_000_000);
    expect(client.words.some(({ type }) => type === "skipped")).toBe(false);
  });

  it("holds nothing up for others: who does not read misses what there was, is told, and sees the end", async () => {
    const { id } = await create();
    const [quick, slow] = [await attach(id), await attach(id)];
    slow.takes = false;
    quick.type(MEGABYTES);
    await quick.shows("all-42");
    expect(slow.bytes).toBeLessThan(2 * WINDOW_BYTES);
    slow.takes = true;
    slow.say({ type: "taken", bytes: slow.bytes });
    await slow.says("skipped");
    await slow.shows("all-42");
    expect(slow.bytes).toBeLessThan(2 * WINDOW_BYTES + 2 * SCROLLBACK_BYTES);
  });

  it("cuts off the only one that takes nothing at all, so that the program goes on", async () => {
    const hasty = await openDoor(hurried(10_000));
    const { id } = await create(hasty);
    const client = await attach(id, hasty);
    client.takes = false;
    client.type(`${MEGABYTES.trim()}; echo done > finished\n`);
    await expect.poll(() => client.closed?.code).toBe(1006);
    await expect.poll(() => readFile(join(home, "finished"), "utf8").catch(() => "")).toBe("done\n");
    const again = await attach(id, hasty);
    await again.shows("all-42");
    hasty.close();
  });
});

describe("hostile or broken clients of a terminal", () => {
  it.each([
    ["words of no protocol", "{}", 1007],
    ["words that are no JSON", "echo", 1007],
  ])("are cut off: %s", async (_what, text, code) => {
    const client = await attach((await create()).id);
    client.webSocket.send(text);
    await expect.poll(() => client.closed?.code).toBe(code);
  });

  it("are cut off when they type more than a program reads", async () => {
    const { id } = await create();
    const client = await attach(id);
    client.type("sleep 1000\n");
    for (let piece = 0; piece < 64; piece++) client.webSocket.send(Buffer.alloc(64 * 1024, "x"));
    await expect.poll(() => client.closed?.code).toBe(1009);
    expect((await list()).map((terminal) => terminal.id)).toContain(id);
  });
});

describe("the agent's end", () => {
  it("closes terminals with the code that says to come again, and hangs up on their shells", async () => {
    const client = await attach((await create()).id);
    client.type("trap 'echo hung-up > hangup; exit' HUP; echo trap-$((40+2)); while :; do sleep 0.05; done\n");
    await client.shows("trap-42");
    door.close();
    await expect.poll(() => client.closed).not.toBeNull();
    await expect.poll(() => readFile(join(home, "hangup"), "utf8").catch(() => "")).toBe("hung-up\n");
  });
});

describe("an agent after one that was killed", () => {
  it("hangs up on the shells that the other left behind, at the session's first terminal, and on no others", async () => {
    const left = await attach((await create()).id);
    left.type("echo up-$((40+2))\n");
    await left.shows("up-42");
    const next = await openDoor(hurried(500));
    const own = await attach((await create(next)).id, next);
    await left.says("exit");
    own.type("echo mine-$((40+2))\n");
    await own.shows("mine-42");
    next.close();
  });
});

describe("a single program", () => {
  const run = (argv: string[], input: string | null = "") =>
    runProgram(door.socket("exec", EXEC_PROTOCOL), { argv, terminal: null }, input);

  it("takes input, says output and errors apart, and its exit code", async () => {
    const { out, err, exit, code } = await run(["sh", "-c", "cat; echo wrong >&2; exit 7"], "given");
    expect({ out, err, exit, code }).toEqual({ out: "given", err: "wrong\n", exit: { type: "exit", code: 7 }, code: 1000 });
  });

  it("passes megabytes through unchanged", async () => {
    const { out, exit } = await run(["head", "-c", "20000000", "/dev/zero"]);
    expect([out.length, exit]).toEqual([20_000_000, { type: "exit", code: 0 }]);
  });

  it("that the image lacks is named", async () => {
    const { exit } = await run(["no-such-program"]);
    expect(exit).toMatchObject({ code: null, error: "SESSION_LACKS_PROGRAM", message: expect.stringContaining("no-such-program") });
  });

  it("ends with its WebSocket", async () => {
    const socket = door.socket("exec", EXEC_PROTOCOL);
    socket.on("open", () => socket.send(JSON.stringify({ type: "start", argv: ["sh", "-c", "echo $$; exec sleep 1000"], terminal: null })));
    const pid = await new Promise<number>((resolve) =>
      socket.on("message", (data: Buffer, binary) => binary && resolve(Number(data.subarray(1)))),
    );
    socket.terminate();
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("sends no more than its client takes", async () => {
    const socket = door.socket("exec", EXEC_PROTOCOL);
    let bytes = 0;
    socket.on("message", (data: Buffer) => {
      bytes += data.length;
    });
    socket.on("open", () => socket.send(JSON.stringify({ type: "start", argv: ["cat", "/dev/zero"], terminal: null })));
    await expect.poll(() => bytes).toBeGreaterThanOrEqual(WINDOW_BYTES);
    await new Promise((resolve) => socket.ping(() => socket.once("pong", resolve)));
    expect(bytes).toBeLessThan(2 * WINDOW_BYTES);
    socket.terminate();
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
