import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXEC_PROTOCOL, TERMINAL_PROTOCOL } from "@berth/protocol/terminal";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { createAgent } from "../agent/agent";
import { MemoryDriver } from "../agent/drivers/memory/memory-driver";
import { createLog } from "../agent/log";
import { runProgram, TerminalClient } from "../agent/testing/terminal-client";
import type { Asker } from "./modules/users/users-schema";
import { knock } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

let kit: DoorKit;
let folder: string;
let agent: ReturnType<typeof createAgent>;
let owner: Asker;
let admin: Asker;
let token: string;
let sessionId: string;

beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 10_000 });
  folder = await mkdtemp(join(tmpdir(), "berth-terminals-"));
  const { credentials } = await kit.enrolAgent("host-a");
  const driver = new MemoryDriver({ programsIn: folder });
  agent = createAgent({ url: new URL(kit.origin), name: "host-a", credentials, dataDir: folder, driver, log: createLog("silent") });
  await agent.start();
  await agent.untilRegistered();
  owner = await makeAsker(kit);
  admin = await makeAsker(kit, "admin");
  token = await kit.tokenOf(owner);
  sessionId = await running(owner);
});
afterAll(async () => {
  await agent.stop();
  await kit.close();
  await rm(folder, { recursive: true, force: true });
});

async function running(asker: Asker): Promise<string> {
  const own = kit.callerOf(asker);
  const { id } = await own.sessions.create({ template: "terminal-desktop", agentId: "host-a" });
  await vi.waitFor(async () => expect((await own.sessions.get({ id })).status.phase).toBe("Running"));
  return id;
}
const terminals = (asker = owner) => kit.callerOf(asker).terminals;
const socket = (path: string, headers: Record<string, string>, protocol = TERMINAL_PROTOCOL) =>
  new WebSocket(`ws://127.0.0.1:${kit.port}${path}`, protocol, { headers });
const pathOf = (terminalId: string) => `/api/v1/sessions/${sessionId}/terminals/${terminalId}`;
const bearer = (of = token) => ({ authorization: `Bearer ${of}` });
async function audited(action: string) {
  return (await kit.callerOf(admin).audit.list({ action })).entries;
}

describe("a terminal in one's own session", () => {
  it("is made, used by token and by ticket, found again and ended", async () => {
    const { id } = await terminals().create({ id: sessionId });
    const byToken = await TerminalClient.open(socket(pathOf(id), bearer()));
    byToken.type("echo hello-$((40+2))\n");
    await byToken.shows("hello-42");
    const { url } = await terminals().openTicket({ id: sessionId, terminalId: id });
    const byTicket = await TerminalClient.open(socket(url, { origin: kit.publicUrl.origin }));
    await byTicket.shows("hello-42");
    expect((await terminals().list({ id: sessionId })).terminals).toMatchObject([{ id, attached: 2 }]);
    await terminals().end({ id: sessionId, terminalId: id });
    await byTicket.says("exit");
    await vi.waitFor(async () => expect((await terminals().list({ id: sessionId })).terminals).toEqual([]));
  });

  it("stands in the audit log as opened and as closed, with how long it was open", async () => {
    const { id } = await terminals().create({ id: sessionId });
    const client = await TerminalClient.open(socket(pathOf(id), bearer()));
    expect(await audited("terminals.opened")).toContainEqual(
      expect.objectContaining({ actorName: owner.username, targetId: sessionId, details: expect.objectContaining({ terminal: id }) }),
    );
    client.webSocket.close();
    await vi.waitFor(async () =>
      expect(await audited("terminals.closed")).toContainEqual(
        expect.objectContaining({ details: expect.objectContaining({ terminal: id, seconds: expect.any(Number) }) }),
      ),
    );
    await terminals().end({ id: sessionId, terminalId: id });
  });

  it("ends at once with the access that opened it, while its shell goes on", async () => {
    const { id } = await terminals().create({ id: sessionId });
    const client = await TerminalClient.open(socket(pathOf(id), bearer()));
    kit.doors.sockets.endUser(owner.userId, owner.accessEpoch + 1, "your role was changed");
    await expect.poll(() => client.closed).not.toBeNull();
    expect((await terminals().list({ id: sessionId })).terminals).toMatchObject([{ id }]);
    await terminals().end({ id: sessionId, terminalId: id });
  });

  it("ends when the session's policy no longer allows it, and none is opened after", async () => {
    const { id } = await terminals().create({ id: sessionId });
    const client = await TerminalClient.open(socket(pathOf(id), bearer()));
    await kit.callerOf(owner).sessions.setPolicy({ id: sessionId, policy: { terminals: false } });
    await expect.poll(() => client.closed).not.toBeNull();
    await expect(terminals().create({ id: sessionId })).rejects.toThrow(/allows no terminals/);
    expect((await kit.callerOf(owner).sessions.get({ id: sessionId })).may.terminal).toBe(false);
    await kit.callerOf(admin).sessions.setPolicy({ id: sessionId, policy: { terminals: true } });
    await terminals().end({ id: sessionId, terminalId: id });
  });

  it("is not found once it has ended, and says what to do", async () => {
    expect(await knock(kit.port, { path: pathOf("0123456789abcdef"), headers: bearer() })).toMatchObject({
      status: 404,
      code: "TERMINAL_NOT_FOUND",
    });
  });
});

describe("a ticket for a terminal", () => {
  it("is good once, for that terminal alone, and from our own page alone", async () => {
    const [one, two] = [await terminals().create({ id: sessionId }), await terminals().create({ id: sessionId })];
    const ticket = async () => (await terminals().openTicket({ id: sessionId, terminalId: one.id })).url;
    const first = await ticket();
    (await TerminalClient.open(socket(first, {}))).webSocket.close();
    expect((await knock(kit.port, { path: first, headers: {} })).code).toBe("TICKET_INVALID");
    expect((await knock(kit.port, { path: (await ticket()).replace(one.id, two.id), headers: {} })).code).toBe("TICKET_INVALID");
    expect((await knock(kit.port, { path: await ticket(), headers: { origin: "https://elsewhere.example" } })).code).toBe(
      "AUTH_ORIGIN_REFUSED",
    );
    for (const { id } of [one, two]) await terminals().end({ id: sessionId, terminalId: id });
  });

  it("is not for who may only read", async () => {
    const { value } = await kit.callerOf(owner).tokens.create({ name: "a script that reads", scope: "read" });
    expect(await knock(kit.port, { path: `/api/v1/sessions/${sessionId}/exec`, headers: bearer(value) })).toMatchObject({ status: 403 });
  });

  it("is not needed by nobody's cookie of another origin", async () => {
    const headers = { cookie: "berth-session=x", origin: "https://elsewhere.example" };
    expect((await knock(kit.port, { path: `/api/v1/sessions/${sessionId}/exec`, headers })).code).toBe("AUTH_ORIGIN_REFUSED");
  });
});

describe("an administrator in another's session", () => {
  it("says why, is seen by the owner while inside, and stands in both their books", async () => {
    await expect(terminals(admin).create({ id: sessionId })).rejects.toThrow(/say why/);
    await expect(terminals(admin).openTicket({ id: sessionId })).rejects.toThrow(/say why/);
    const reason = "they asked for help";
    const { id } = await terminals(admin).create({ id: sessionId, reason });
    const { url } = await terminals(admin).openTicket({ id: sessionId, terminalId: id, reason });
    const client = await TerminalClient.open(socket(url, {}));
    expect((await terminals().visits({ id: sessionId })).visits).toMatchObject([{ name: admin.username, reason }]);
    client.webSocket.close();
    await vi.waitFor(async () => expect((await terminals().visits({ id: sessionId })).visits).toEqual([]));
    await vi.waitFor(async () => {
      const { events } = await kit.callerOf(owner).sessions.events({ id: sessionId });
      const ofTerminals = events.filter(({ kind }) => kind.startsWith("terminal_")).map(({ kind, actor }) => `${kind} ${actor}`);
      expect(ofTerminals).toEqual([`terminal_opened ${admin.username}`, `terminal_closed ${admin.username}`]);
    });
    expect(await audited("terminals.opened")).toContainEqual(
      expect.objectContaining({ actorName: admin.username, details: expect.objectContaining({ reason, owner: owner.username }) }),
    );
    await terminals(admin).end({ id: sessionId, terminalId: id });
    expect(await audited("terminals.ended")).toMatchObject([{ actorName: admin.username, details: { terminal: id } }]);
  });
});

describe("a single program in a session", () => {
  const exec = (argv: string[]) =>
    runProgram(socket(`/api/v1/sessions/${sessionId}/exec`, bearer(), EXEC_PROTOCOL), { argv, terminal: null }, "given");

  it("takes input and says output, errors and its exit code through the tunnel", async () => {
    const { out, err, exit } = await exec(["sh", "-c", "cat; echo wrong >&2; exit 7"]);
    expect({ out, err, exit }).toEqual({ out: "given", err: "wrong\n", exit: { type: "exit", code: 7 } });
  });

  it("brings megabytes at the pace of whoever reads", async () => {
    const { out } = await exec(["head", "-c", "5000000", "/dev/zero"]);
    expect(out.length).toBe(5_000_000);
  });

  it("is refused before the upgrade where the session does not run", async () => {
    const other = await running(owner);
    await kit.callerOf(owner).sessions.setState({ id: other, state: "hibernated" });
    await vi.waitFor(async () =>
      expect((await knock(kit.port, { path: `/api/v1/sessions/${other}/exec`, headers: bearer() })).code).toBe("SESSION_NOT_RUNNING"),
    );
  });
});

describe("an agent that restarts", () => {
  it("closes terminals with the code that says to come again, and has none afterwards", async () => {
    const { id } = await terminals().create({ id: sessionId });
    const webSocket = socket(pathOf(id), bearer());
    await once(webSocket, "open");
    const closed = once(webSocket, "close");
    await agent.stop();
    expect([1012, 1006]).toContain((await closed)[0]);
    await expect(terminals().list({ id: sessionId })).rejects.toThrow(/host-a/);
  });
});
