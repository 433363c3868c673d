import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { io, type Socket } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createAgent } from "../agent/agent";
import { MemoryDriver } from "../agent/drivers/memory/memory-driver";
import { createLog } from "../agent/log";
import { ManualClock } from "../agent/testing/manual-clock";
import type { Asker } from "./modules/users/users-schema";
import { askDoor, knock } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

let kit: DoorKit;
let root: string;
let home: string;
let agent: ReturnType<typeof createAgent>;
let driver: MemoryDriver;
let agentClock: ManualClock;
let owner: Asker;
let other: Asker;
let operator: Asker;
let sessionId: string;
const clients: Socket[] = [];

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "berth-events-")));
  home = join(root, "home");
  await mkdir(home);
  kit = await startDoorKit({ loginsPerMinute: 10_000 });
  agentClock = new ManualClock();
  const { credentials } = await kit.enrolAgent("host-a");
  driver = new MemoryDriver({ programsIn: root });
  const url = new URL(kit.origin);
  agent = createAgent({ url, name: "host-a", credentials, dataDir: root, driver, log: createLog("silent"), clock: agentClock });
  await agent.start();
  await agent.untilRegistered();
  owner = await makeAsker(kit);
  other = await makeAsker(kit);
  operator = await makeAsker(kit, "operator");
  await kit.callerOf(await makeAsker(kit, "admin")).templates.create({
    name: "a-folder",
    displayName: "A folder",
    category: "Tests",
    image: "berth/test:1",
    display: { protocol: "rfb", port: 5900 },
    defaultResources: { memory: "1Gi", cpu: "1" },
    accessParameters: { writablePaths: [home] },
  });
  sessionId = await running(owner);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(async () => {
  await agent.stop();
  await kit.close();
  await rm(root, { recursive: true, force: true });
});

async function running(asker: Asker): Promise<string> {
  const own = kit.callerOf(asker);
  const { id } = await own.sessions.create({ template: "a-folder", agentId: "host-a" });
  await vi.waitFor(async () => expect((await own.sessions.get({ id })).status.phase).toBe("Running"));
  return id;
}

interface Opening {
  readonly transport?: "polling" | "websocket";
  readonly headers?: Record<string, string>;
  readonly query?: Record<string, string>;
}
function clientWith({ transport = "websocket", headers = {}, query = {} }: Opening): Socket {
  const client = io(kit.origin, { transports: [transport], extraHeaders: headers, query, reconnection: false, forceNew: true });
  clients.push(client);
  return client;
}
/** Resolves when it is connected. */
async function open(asker: Asker, transport: Opening["transport"] = "websocket"): Promise<{ client: Socket; heard: [string, unknown][] }> {
  const client = clientWith({ transport, headers: { authorization: `Bearer ${await kit.tokenOf(asker)}` } });
  const heard: [string, unknown][] = [];
  client.onAny((name: string, data: unknown) => heard.push([name, data]));
  await new Promise<void>((resolve, reject) => client.once("connect", resolve).once("connect_error", reject));
  return { client, heard };
}
const said = (client: Socket, name: "connect" | "disconnect"): Promise<void> =>
  new Promise((resolve) => client.once(name, () => resolve()));
const refused = (client: Socket): Promise<Error> =>
  new Promise((resolve, reject) => client.once("connect_error", resolve).once("connect", () => reject(new Error("it was let in"))));
/** Programs of this machine that stand for the sessions'. */
async function scriptsThatWatch(): Promise<number> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return commands.filter((command) => command.includes("berth-files") && command.includes(home)).length;
}
const healthChanged = (id = sessionId, userId = owner.userId) =>
  kit.bus.publish({ kind: "inside", sessionId: id, userId, about: "health" });
/** Writes files until one is told of: watching begins a moment after connecting. */
async function fileTold(heard: [string, unknown][], name: string): Promise<void> {
  let count = 0;
  await vi.waitFor(
    async () => {
      count += 1;
      await writeFile(join(home, name), "x".repeat(count));
      agentClock.advance(2000);
      expect(heard).toContainEqual(["agent-file-changed", expect.objectContaining({ containerId: sessionId, path: join(home, name) })]);
    },
    { interval: 200 },
  );
}

describe.each(["polling", "websocket"] as const)("Socket.io by %s", (transport) => {
  it("tells the owner of a container's health, as the contract has it", async () => {
    const { heard } = await open(owner, transport);
    await healthChanged();
    await vi.waitFor(() =>
      expect(heard).toContainEqual(["agent-health-update", { containerId: sessionId, health: "healthy", resources: expect.anything() }]),
    );
  });

  it("tells the owner, and nobody else, what became of which file", async () => {
    const mine = await open(owner, transport);
    const strangers = [await open(other, transport), await open(operator, transport)];
    await strangers[1]?.client.emitWithAck("subscribe", { containerId: sessionId });
    await fileTold(mine.heard, `told-${transport}`);
    await healthChanged();
    await vi.waitFor(() => expect(strangers[1]?.heard.map(([name]) => name)).toEqual(["agent-health-update"]));
    expect(strangers[0]?.heard).toEqual([]);
  });

  it("refuses who shows no login, and one that is made up, before anything is answered", async () => {
    const shown: Record<string, string>[] = [
      {},
      { authorization: "Bearer made-up" },
      { cookie: "berth-session=made-up", origin: kit.publicUrl.origin },
    ];
    for (const headers of shown) expect((await refused(clientWith({ transport, headers }))).message).toMatch(/error/);
  });

  it("ends with the access that opened it", async () => {
    const person = await makeAsker(kit);
    const { client } = await open(person, transport);
    const gone = said(client, "disconnect");
    kit.doors.sockets.endUser(person.userId, null, "disabled");
    await gone;
  });
});

describe("the door", () => {
  const socket = "/socket.io/?EIO=4&transport=websocket";
  const poll = "/socket.io/?EIO=4&transport=polling";

  it("lets a cookie in from our own pages alone", async () => {
    const cookie = "berth-session=x";
    for (const origin of ["https://elsewhere.example", "null"]) {
      expect(await knock(kit.port, { path: socket, headers: { cookie, origin } })).toMatchObject({ code: "AUTH_ORIGIN_REFUSED" });
      expect(await askDoor(kit.port, { method: "GET", path: poll, headers: { cookie, origin } })).toMatchObject({
        code: "AUTH_ORIGIN_REFUSED",
      });
    }
    expect(await knock(kit.port, { path: socket, headers: { cookie } })).toMatchObject({ code: "AUTH_ORIGIN_REFUSED" });
    const foreign = { cookie, "sec-fetch-site": "cross-site" };
    expect(await askDoor(kit.port, { method: "GET", path: poll, headers: foreign })).toMatchObject({ code: "AUTH_ORIGIN_REFUSED" });
    const ours = { cookie, "sec-fetch-site": "same-origin" };
    expect(await askDoor(kit.port, { method: "GET", path: poll, headers: ours })).toMatchObject({ status: 401 });
  });

  it("takes a token in the address, for who can set no header", async () => {
    const client = clientWith({ query: { token: await kit.tokenOf(owner) } });
    await said(client, "connect");
  });

  it("goes on with the login that began a connection, and no other", async () => {
    const [mine, theirs] = [await kit.tokenOf(await makeAsker(kit)), await kit.tokenOf(other)].map((token) => ({
      authorization: `Bearer ${token}`,
    }));
    if (!mine || !theirs) throw new Error("no tokens");
    const { text } = await askDoor(kit.port, { method: "GET", path: poll, headers: mine });
    const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
    const go = (headers: Record<string, string>, query = `&sid=${sid}`) =>
      askDoor(kit.port, { method: "POST", path: `${poll}${query}`, headers, raw: "40" });
    expect(await go({})).toMatchObject({ status: 401 });
    expect(await go(theirs)).toMatchObject({ status: 403 });
    expect(await go(theirs, `&sid=made-up&sid=${sid}`)).toMatchObject({ status: 400, code: "INVALID_PARAMETER" });
    expect(await knock(kit.port, { path: `${socket}&sid=${sid}`, headers: theirs })).toMatchObject({ status: 403 });
    expect((await go(mine)).status).toBe(200);
  });

  it("has room for some connections of a person's, and says so", async () => {
    const person = await makeAsker(kit);
    const headers = { authorization: `Bearer ${await kit.tokenOf(person)}` };
    const ask = () => askDoor(kit.port, { method: "GET", path: poll, headers });
    for (let count = 0; count < 20; count += 1) expect((await ask()).status).toBe(200);
    expect(await ask()).toMatchObject({ status: 429, code: "RATE_LIMIT_EXCEEDED" });
    kit.doors.sockets.endUser(person.userId, null, "over");
    await vi.waitFor(async () => expect((await ask()).status).toBe(200));
  });

  it("cuts who says more than anyone needs to, or too much at once", async () => {
    const talker = (await open(owner)).client;
    const gone = said(talker, "disconnect");
    for (let count = 0; count < 101; count += 1) talker.emit("unsubscribe", { containerId: sessionId });
    await gone;
    const shouter = (await open(owner)).client;
    const cut = said(shouter, "disconnect");
    shouter.emit("subscribe", { containerId: "x".repeat(5000) });
    await cut;
  });

  it("cuts a reader that takes nothing, and keeps little for it", async () => {
    const person = await makeAsker(kit);
    const token = await kit.tokenOf(person);
    const reader = connect(kit.port, "127.0.0.1");
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    reader.write(
      `GET ${socket}&token=${token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    await once(reader, "data");
    // "40": connected to the namespace, in a masked frame.
    reader.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]));
    await once(reader, "data");
    reader.pause();
    const isOpen = () => kit.doors.sockets.userIds().includes(person.userId);
    const files = [`/${"long-name/".repeat(400)}`];
    const closed = once(reader, "close");
    for (let count = 0; isOpen() && count < 20_000; count += 1) {
      kit.services.containerEvents.configReloaded(sessionId, person.userId, files);
      if (count % 100 === 0) await new Promise(setImmediate);
    }
    expect(isOpen()).toBe(false);
    reader.resume();
    await closed;
  });
});

describe("files.changes", () => {
  it("tells who looks at the folder, for as long as they may", async () => {
    const gone = new AbortController();
    const heard: string[] = [];
    const followed = (async () => {
      for await (const { changes } of kit.services.files.changes(owner, { id: sessionId }, gone.signal))
        for (const { path } of changes) heard.push(path);
    })();
    const ended = expect(followed).rejects.toMatchObject({ code: "FILES_OFF" });
    let count = 0;
    await vi.waitFor(
      async () => {
        count += 1;
        await writeFile(join(home, "followed"), "x".repeat(count));
        agentClock.advance(2000);
        expect(heard).toContain(join(home, "followed"));
      },
      { interval: 200 },
    );
    const stranger = kit.services.files.changes(other, { id: sessionId }, gone.signal).next();
    await expect(stranger).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await kit.callerOf(owner).sessions.setPolicy({ id: sessionId, policy: { fileTransfer: false } });
    await ended;
    await kit.callerOf(await makeAsker(kit, "admin")).sessions.setPolicy({ id: sessionId, policy: { fileTransfer: true } });
  });
});

describe("who hears of which container", () => {
  it("is narrowed by subscribing, and wide again when all were taken out", async () => {
    const second = await running(owner);
    const { client, heard } = await open(owner);
    const ids = () => heard.map(([, data]) => (data as { containerId: string }).containerId);
    expect(await client.emitWithAck("subscribe", { containerId: second })).toEqual({ ok: true });
    await healthChanged();
    await healthChanged(second);
    await vi.waitFor(() => expect(ids()).toContain(second));
    expect(ids()).not.toContain(sessionId);
    expect(await client.emitWithAck("unsubscribe", { containerId: second })).toEqual({ ok: true });
    await healthChanged();
    await vi.waitFor(() => expect(ids()).toContain(sessionId));
  });

  it("is never another's user, who is told so as the contract has it", async () => {
    const { client } = await open(other);
    expect(await client.emitWithAck("subscribe", { containerId: sessionId })).toEqual({ error: "forbidden", message: expect.any(String) });
    expect(await client.emitWithAck("subscribe", { containerId: "00000000-0000-4000-8000-000000000000" })).toMatchObject({
      error: "forbidden",
    });
    expect(await client.emitWithAck("subscribe", null)).toMatchObject({ error: "validation_failed" });
  });

  it("is told when a container stops and starts again, without asking", async () => {
    const id = await running(owner);
    const { heard } = await open(owner);
    const told = () => heard.flatMap(([, data]) => ((data as { containerId: string }).containerId === id ? [data] : []));
    await kit.callerOf(owner).sessions.setState({ id, state: "hibernated" });
    await vi.waitFor(() => expect(told()).toContainEqual(expect.objectContaining({ health: "stopped", resources: null })));
    await kit.callerOf(owner).sessions.setState({ id, state: "running" });
    await vi.waitFor(() => expect(told()).toContainEqual(expect.objectContaining({ health: "healthy" })));
  });

  it("hears nothing of files once the session's policy lets none out", async () => {
    const { client, heard } = await open(owner);
    await client.emitWithAck("subscribe", { containerId: sessionId });
    await fileTold(heard, "before");
    await vi.waitFor(async () => expect(await scriptsThatWatch()).toBe(1));
    await kit.callerOf(owner).sessions.setPolicy({ id: sessionId, policy: { fileTransfer: false } });
    await vi.waitFor(async () => expect(await scriptsThatWatch()).toBe(0));
    heard.length = 0;
    await writeFile(join(home, "after"), "x");
    agentClock.advance(2000);
    await healthChanged();
    await vi.waitFor(() => expect(heard.map(([name]) => name)).toEqual(["agent-health-update"]));
  });
});
