import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PORT_PROTOCOL } from "@berth/protocol/session-ports";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createAgent } from "../agent/agent";
import { MemoryDriver } from "../agent/drivers/memory/memory-driver";
import { createLog } from "../agent/log";
import type { Asker } from "./modules/users/users-schema";
import { type Answer, askDoor, knock } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

let kit: DoorKit;
let folder: string;
let agent: ReturnType<typeof createAgent>;
let owner: Asker;
let friend: Asker;
let admin: Asker;
let token: string;
let one: string;
let two: string;
const servers: Server[] = [];
/** What listens where, by "id port": a port of this machine. */
const inside = new Map<string, number>();

beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 10_000 });
  folder = await mkdtemp(join(tmpdir(), "berth-ports-"));
  const { credentials } = await kit.enrolAgent("host-a");
  const driver = new MemoryDriver({ programsIn: folder, ports: (sessionId, port) => inside.get(`${sessionId} ${port}`) ?? null });
  agent = createAgent({ url: new URL(kit.origin), name: "host-a", credentials, dataDir: folder, driver, log: createLog("silent") });
  await agent.start();
  await agent.untilRegistered();
  [owner, friend, admin] = [await makeAsker(kit), await makeAsker(kit), await makeAsker(kit, "admin")];
  token = await kit.tokenOf(owner);
  [one, two] = [await running(), await running()];
  for (const id of [one, two]) for (const port of [3000, 4000]) await serveIn(id, port);
});
afterAll(async () => {
  await agent.stop();
  await kit.close();
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

async function running(): Promise<string> {
  const own = kit.callerOf(owner);
  const { id } = await own.sessions.create({ template: "terminal-desktop", agentId: "host-a" });
  await vi.waitFor(async () => expect((await own.sessions.get({ id })).status.phase).toBe("Running"));
  return id;
}
/** A page that says where it is, and a WebSocket that says back what it hears. */
async function serveIn(id: string, port: number): Promise<void> {
  const server = createServer((request, response) => {
    if (request.url === "/stream") return void response.write("and so on");
    response.end(`${id} ${port} ${request.method} ${request.headers.cookie ?? "no cookie"}`);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  inside.set(`${id} ${port}`, (server.address() as AddressInfo).port);
}
const hostOf = (id: string, port: number) => `s-${id}-${port}.apps.example`;
const originOf = (id: string, port: number) => `https://${hostOf(id, port)}`;
const ports = (asker = owner) => kit.callerOf(asker).ports;
const bearer = (of = token) => ({ authorization: `Bearer ${of}` });
const ask = (id: string, port: number, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> =>
  askDoor(kit.port, { method, path, headers: { host: hostOf(id, port), ...headers } });
async function cookieBy(url: string, id: string, port: number): Promise<string> {
  const { pathname, search } = new URL(url);
  const answer = await ask(id, port, pathname + search);
  expect(answer.status).toBe(303);
  return String(answer.headers["set-cookie"]).split(";")[0] ?? "";
}
const open = async (id: string, port: number, asker = owner, reason?: string): Promise<string> =>
  cookieBy((await kit.callerOf(asker).sessions.openPort({ id, port, reason })).url, id, port);
const linkOf = (url: string) => ({ token: url.split("/").at(-1) ?? "" });
async function audited(action: string) {
  return (await kit.callerOf(admin).audit.list({ action })).entries;
}
function socketTo(id: string, port: number, cookie: string): WebSocket {
  const headers = { host: hostOf(id, port), origin: originOf(id, port), cookie };
  const socket = new WebSocket(`ws://127.0.0.1:${kit.port}/`, { headers });
  socket.on("error", () => undefined);
  return socket;
}
async function forwarded(path: string, headers: Record<string, string> = bearer()): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${kit.port}${path}`, PORT_PROTOCOL, { headers });
  socket.on("error", () => undefined);
  await once(socket, "open");
  return socket;
}
const closed = (socket: WebSocket): Promise<void> => new Promise((resolve) => void socket.once("close", () => resolve()));

describe("a port in the browser", () => {
  it("is its owner's, by a ticket that is good once, on an origin of its own, and never sees the cookie that lets one in", async () => {
    const { url } = await kit.callerOf(owner).sessions.openPort({ id: one, port: 3000 });
    expect(url.startsWith(`${originOf(one, 3000)}/`)).toBe(true);
    const cookie = await cookieBy(url, one, 3000);
    expect((await ask(one, 3000, "/", { cookie })).text).toBe(`${one} 3000 GET no cookie`);
    const { pathname, search } = new URL(url);
    expect((await ask(one, 3000, pathname + search)).code).toBe("TICKET_INVALID");
    expect((await ask(one, 3000, "/")).status).toBe(401);
  });

  it("has a cookie that is refused at every other port and session, and pages that reach into none of them", async () => {
    const cookie = await open(one, 3000);
    for (const [id, port] of [
      [one, 4000],
      [two, 3000],
    ] as const)
      expect((await ask(id, port, "/", { cookie })).status).toBe(401);
    const other = await open(one, 4000);
    expect((await ask(one, 4000, "/", { cookie: other, origin: originOf(one, 3000) }, "POST")).code).toBe("AUTH_ORIGIN_REFUSED");
    expect((await ask(one, 4000, "/", { cookie: other, origin: originOf(one, 4000) }, "POST")).status).toBe(200);
    const headers = { host: hostOf(one, 4000), cookie: other, origin: originOf(one, 3000) };
    expect((await knock(kit.port, { path: "/", headers })).code).toBe("AUTH_ORIGIN_REFUSED");
    const { url } = await kit.callerOf(owner).sessions.openPort({ id: one, port: 3000 });
    const { pathname, search } = new URL(url);
    expect((await ask(one, 4000, pathname + search)).code).toBe("TICKET_INVALID");
  });

  it("has WebSockets, whole", async () => {
    const socket = socketTo(one, 3000, await open(one, 3000));
    await once(socket, "open");
    const sent = randomBytes(300_000);
    socket.send(sent);
    const [back] = await once(socket, "message");
    expect(sent.equals(back)).toBe(true);
    socket.terminate();
  });

  it("is opened in another's session by an administrator who says why, and nobody else", async () => {
    await expect(kit.callerOf(admin).sessions.openPort({ id: one, port: 3000 })).rejects.toThrow(/say why/);
    await expect(kit.callerOf(friend).sessions.openPort({ id: one, port: 3000 })).rejects.toThrow(/no session/i);
    const cookie = await open(one, 3000, admin, "they asked for help");
    expect((await ask(one, 3000, "/", { cookie })).status).toBe(200);
    const { events } = await kit.callerOf(owner).sessions.events({ id: one });
    expect(events.filter(({ kind }) => kind === "port_opened")).toMatchObject([{ actor: admin.username }]);
    expect(await audited("ports.open")).toMatchObject([
      { actorName: admin.username, details: { port: 3000, reason: "they asked for help" } },
    ]);
  });

  it("is not the display's where the policy has a word on what viewers may do, neither in a browser nor by a forward", async () => {
    const asked = { id: one, port: 5900, kind: "tcp" as const };
    await expect(kit.callerOf(owner).sessions.openPort(asked)).resolves.toBeTruthy();
    await kit.callerOf(admin).sessions.setPolicy({ id: one, policy: { clipboardOut: false } });
    await expect(kit.callerOf(owner).sessions.openPort(asked)).rejects.toMatchObject({ cause: { code: "PORTS_OFF" } });
    const path = `/api/v1/sessions/${one}/ports/5900`;
    const headers = { authorization: `Bearer ${token}`, "sec-websocket-protocol": PORT_PROTOCOL };
    expect((await knock(kit.port, { path, headers })).status).toBe(403);
    await kit.callerOf(admin).sessions.setPolicy({ id: one, policy: { clipboardOut: true } });
  });

  it("ends when the policy closes ports, what is open at once, and opens again when it does", async () => {
    const cookie = await open(two, 3000);
    const socket = socketTo(two, 3000, cookie);
    await once(socket, "open");
    const forward = await forwarded(`/api/v1/sessions/${two}/ports/3000`);
    const over = Promise.all([closed(socket), closed(forward)]);
    await kit.callerOf(owner).sessions.setPolicy({ id: two, policy: { ports: false } });
    await over;
    expect((await ask(two, 3000, "/", { cookie })).code).toBe("PORTS_OFF");
    expect((await knock(kit.port, { path: `/api/v1/sessions/${two}/ports/3000`, headers: bearer() })).code).toBe("PORTS_OFF");
    await expect(ports().list({ id: two })).rejects.toThrow(/opens no ports/);
    expect((await kit.callerOf(owner).sessions.get({ id: two })).may.ports).toBe(false);
    await kit.callerOf(admin).sessions.setPolicy({ id: two, policy: { ports: true } });
    expect((await ask(two, 3000, "/", { cookie })).status).toBe(200);
  });
});

describe("a link to a port", () => {
  const share = (expiresInSeconds?: number, label = "the preview") => ports().share({ id: one, port: 3000, label, expiresInSeconds });

  it("lets in whoever is signed in, to that port alone, and tells its owner who came", async () => {
    const { url } = await share();
    expect(await ports(friend).lookAtLink(linkOf(url))).toMatchObject({ owner: owner.username, port: 3000, label: "the preview" });
    const cookie = await cookieBy((await ports(friend).enterByLink(linkOf(url))).url, one, 3000);
    expect((await ask(one, 3000, "/", { cookie })).text).toContain(`${one} 3000`);
    expect((await ask(one, 4000, "/", { cookie })).status).toBe(401);
    await expect(kit.callerOf(friend).sessions.get({ id: one })).rejects.toThrow(/no session/i);
    await expect(kit.callerOf(null).ports.enterByLink(linkOf(url))).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect((await ports().shares({ id: one })).shares).toMatchObject([
      { label: "the preview", visits: [{ user: friend.username, times: 1 }] },
    ]);
    expect(await audited("ports.enter")).toMatchObject([{ actorName: friend.username, details: { port: 3000 } }]);
  });

  it("that is taken back ends what came by it at once: sockets, streams, cookies, and the link itself", async () => {
    const made = await share();
    const cookie = await cookieBy((await ports(friend).enterByLink(linkOf(made.url))).url, one, 3000);
    const socket = socketTo(one, 3000, cookie);
    await once(socket, "open");
    const own = socketTo(one, 3000, await open(one, 3000));
    await once(own, "open");
    const stream = fetchStream(cookie);
    await stream.begun;
    const over = Promise.all([closed(socket), stream.ended]);
    await ports().unshare({ id: one, shareId: made.id });
    await over;
    expect(own.readyState).toBe(own.OPEN);
    own.terminate();
    expect((await ask(one, 3000, "/", { cookie })).code).toBe("SHARE_NOT_FOUND");
    await expect(ports(friend).enterByLink(linkOf(made.url))).rejects.toThrow(/taken back/);
    expect(await audited("ports.unshare")).toMatchObject([{ details: { share: made.id } }]);
  });

  it("is made by the owner alone, where the policy lets others in", async () => {
    await expect(ports(admin).share({ id: one, port: 3000 })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await kit.callerOf(owner).sessions.setPolicy({ id: one, policy: { sharing: false } });
    await expect(share()).rejects.toThrow(/may not be shared/);
    await kit.callerOf(admin).sessions.setPolicy({ id: one, policy: { sharing: true } });
  });

  /** A response that goes on until it is ended. */
  function fetchStream(cookie: string) {
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const ended = new Promise<void>((resolve) => {
      const sent = get(
        { host: "127.0.0.1", port: kit.port, path: "/stream", agent: false, headers: { host: hostOf(one, 3000), cookie } },
        (response) => {
          response.once("data", begin).on("error", () => undefined);
          response.once("close", () => resolve());
        },
      );
      sent.on("error", () => undefined);
    });
    return { begun, ended };
  }
});

describe("the ports of a session", () => {
  it("are those that listen and those that were written down, by REST too", async () => {
    expect(await ports().save({ id: one, port: 5432, name: "database", kind: "tcp" })).toEqual({
      port: 5432,
      name: "database",
      kind: "tcp",
    });
    const listening = inside.get(`${one} 3000`);
    const { ports: found, detection } = await ports().list({ id: one });
    expect(detection).toBe("done");
    expect(found).toContainEqual(expect.objectContaining({ port: 5432, name: "database", kind: "tcp", saved: true, listening: null }));
    expect(found).toContainEqual(
      expect.objectContaining({ port: listening, saved: false, process: expect.any(String), url: `${originOf(one, listening ?? 0)}/` }),
    );
    const path = `/api/v1/sessions/${one}/ports`;
    const listed = await askDoor(kit.port, { method: "GET", path, headers: bearer() });
    expect(JSON.parse(listed.text).ports).toContainEqual(expect.objectContaining({ port: 5432, kind: "tcp" }));
    const link = await askDoor(kit.port, {
      method: "POST",
      path: `${path}/3000/shares`,
      headers: bearer(),
      body: { expires_in_seconds: 60 },
    });
    expect([link.status, JSON.parse(link.text).url]).toEqual([201, expect.stringContaining("/ports/")]);
    expect((await askDoor(kit.port, { method: "DELETE", path: `${path}/5432`, headers: bearer() })).status).toBe(204);
    await expect(ports().forget({ id: one, port: 5432 })).rejects.toThrow(/not written down/);
  });

  it("are known as they were written down while it sleeps, and nothing of it is open", async () => {
    const id = await running();
    await ports().save({ id, port: 8000 });
    await serveIn(id, 8000);
    const cookie = await open(id, 8000);
    const socket = socketTo(id, 8000, cookie);
    await once(socket, "open");
    const over = closed(socket);
    await kit.callerOf(owner).sessions.setState({ id, state: "hibernated" });
    await over;
    await vi.waitFor(async () => expect((await kit.callerOf(owner).sessions.get({ id })).status.phase).toBe("Hibernated"));
    expect(await ports().list({ id })).toMatchObject({ detection: "asleep", ports: [{ port: 8000, saved: true, listening: null }] });
    expect((await ask(id, 8000, "/", { cookie })).code).toBe("SESSION_NOT_RUNNING");
    expect((await knock(kit.port, { path: `/api/v1/sessions/${id}/ports/8000`, headers: bearer() })).code).toBe("SESSION_NOT_RUNNING");
  });
});

describe("a connection to a port by WebSocket", () => {
  const path = () => `/api/v1/sessions/${one}/ports/3000`;

  it("ends at once with the access that opened it", async () => {
    const socket = await forwarded(path());
    const over = closed(socket);
    kit.doors.sockets.endUser(owner.userId, owner.accessEpoch + 1, "your role was changed");
    await over;
  });

  it("takes a ticket once, for that port alone, from our own page alone, and no cookie of another origin", async () => {
    const ticket = async () => (await kit.callerOf(owner).sessions.openPort({ id: one, port: 3000, kind: "tcp" })).url;
    const first = await ticket();
    (await forwarded(first, { origin: kit.publicUrl.origin })).terminate();
    expect((await knock(kit.port, { path: first, headers: {} })).code).toBe("TICKET_INVALID");
    expect((await knock(kit.port, { path: (await ticket()).replace("/3000?", "/4000?"), headers: {} })).code).toBe("TICKET_INVALID");
    expect((await knock(kit.port, { path: await ticket(), headers: { origin: originOf(one, 3000) } })).code).toBe("AUTH_ORIGIN_REFUSED");
    const byCookie = { cookie: "berth-session=x", origin: originOf(one, 3000) };
    expect((await knock(kit.port, { path: path(), headers: byCookie })).code).toBe("AUTH_ORIGIN_REFUSED");
    const { url } = await kit.callerOf(owner).sessions.openPort({ id: one, port: 3000 });
    const app = new URL(url).searchParams.get("ticket");
    expect((await knock(kit.port, { path: `${path()}?ticket=${app}`, headers: {} })).code).toBe("TICKET_INVALID");
  });

  it("is no port's where the number is none, and no reader's", async () => {
    for (const port of ["0", "65536", "01", "x"])
      expect((await knock(kit.port, { path: `/api/v1/sessions/${one}/ports/${port}`, headers: bearer() })).code).toBe("INVALID_PARAMETER");
    const { value } = await kit.callerOf(owner).tokens.create({ name: "a script that reads", scope: "read" });
    expect((await knock(kit.port, { path: path(), headers: bearer(value) })).status).toBe(403);
  });

  it("stands in the audit log once for a while, however many there are", async () => {
    const fresh = await kit.tokenOf(owner);
    for (const _ of [1, 2, 3]) (await forwarded(`/api/v1/sessions/${one}/ports/4000`, bearer(fresh))).terminate();
    expect((await audited("ports.forward")).filter(({ details }) => details.port === 4000)).toHaveLength(1);
  });
});

// Last: by then the agent has not been heard of for an hour.
describe("a link to a port that is left alone", () => {
  it("runs out, with what is open by it", async () => {
    const { url } = await ports().share({ id: one, port: 3000, expiresInSeconds: 3600 });
    const cookie = await cookieBy((await ports(friend).enterByLink(linkOf(url))).url, one, 3000);
    const socket = socketTo(one, 3000, cookie);
    await once(socket, "open");
    await ask(one, 3000, "/", { cookie });
    const over = closed(socket);
    kit.clock.advance(3601_000);
    await over;
    expect((await ask(one, 3000, "/", { cookie })).status).toBe(401);
    await expect(ports(friend).lookAtLink(linkOf(url))).rejects.toThrow(/run out/);
  });
});
