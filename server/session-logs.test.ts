import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { ToAgentOf } from "@berth/protocol/agent-messages";
import type { LogFrame, LogHead } from "@berth/protocol/tunnel";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { atRest } from "../agent/testing/at-rest";
import { ACCESS_ENDED } from "./modules/live/live-codes";
import type { Asker } from "./modules/users/users-schema";
import { askDoor, knock } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

let kit: DoorKit;
let owner: Asker;
let token: string;
let sessionId: string;
/** What the agent was asked, and its ends of the tunnels. */
const asked: { readonly request: ToAgentOf<"logs_request">; readonly tunnel: Duplex }[] = [];
const at = "2026-11-22T10:45:15.123Z";

function say(tunnel: Duplex | undefined, ...frames: (LogHead | LogFrame | string)[]): void {
  for (const frame of frames) tunnel?.write(typeof frame === "string" ? frame : `${JSON.stringify(frame)}\n`);
}

beforeAll(async () => {
  kit = await startDoorKit();
  await kit.connectAgent("host-a", (tunnel, request) => {
    asked.push({ request, tunnel });
    tunnel.resume();
    answer(tunnel, request);
  });
  owner = await makeAsker(kit);
  token = await kit.tokenOf(owner);
  sessionId = (await running()).id;
});
afterAll(() => kit.close());

let answer: (tunnel: Duplex, request: ToAgentOf<"logs_request">) => void;
const says =
  (...frames: (LogHead | LogFrame | string)[]): typeof answer =>
  (tunnel) =>
    say(tunnel, ...frames);

async function running() {
  const own = kit.callerOf(owner);
  const session = await own.sessions.create({ template: "terminal-desktop", agentId: "host-a" });
  await vi.waitFor(async () => expect((await own.sessions.get({ id: session.id })).status.phase).toBe("Running"));
  return session;
}

const get = (query = "", id = sessionId, bearer = token) =>
  askDoor(kit.port, { method: "GET", path: `/api/v1/sessions/${id}/logs${query}`, headers: { authorization: `Bearer ${bearer}` } });
const follow = (query: string, headers: Record<string, string> = {}) =>
  new WebSocket(`ws://127.0.0.1:${kit.port}/api/v1/sessions/${sessionId}/logs?follow=true${query}`, { headers });

/** What it was told, and how it was closed. */
async function readToEnd(socket: WebSocket) {
  const lines: string[] = [];
  socket.on("message", (line) => lines.push(String(line)));
  const [code, reason] = await once(socket, "close");
  return { lines, code, reason: String(reason) };
}

describe("GET /sessions/{id}/logs", () => {
  it("answers the lines with their moments, as many as are asked for", async () => {
    answer = says({ ok: true }, { at, text: "[INFO] VNC server started" }, { at: null, text: "\u001b[31mred" }, { end: true });
    const reply = await get("?tail=50");
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toEqual({ logs: [`${at} [INFO] VNC server started`, "\u001b[31mred"] });
    expect(asked.at(-1)?.request).toMatchObject({ session_id: sessionId, tail: 50, follow: false });
    expect(JSON.parse((await get("?timestamps=false")).text)).toEqual({ logs: ["[INFO] VNC server started", "\u001b[31mred"] });
    expect(asked.at(-1)?.request.tail).toBe(100);
  });

  it("closes the tunnel when it has what it wants", async () => {
    answer = says({ ok: true }, { end: true });
    await get();
    await vi.waitFor(() => expect(asked.at(-1)?.tunnel.destroyed).toBe(true));
  });

  it.each([
    ["?follow=true", 400, "INVALID_PARAMETER"],
    ["?tail=5001", 400, "INVALID_PARAMETER"],
    ["?tail=some", 400, "INVALID_PARAMETER"],
  ])("refuses %s", async (query, status, code) => {
    expect(await get(query)).toMatchObject({ status, code });
  });

  it.each([
    ["an agent that has no container of it", says({ code: "SESSION_NOT_FOUND", message: "none" }), 404, "LOGS_NOT_FOUND"],
    ["an engine that is away", says({ code: "ENGINE_UNAVAILABLE", message: "the engine is away" }), 500, "ENGINE_UNAVAILABLE"],
    ["a beginning that is none", says("hello\n"), 502, "TUNNEL_FAILED"],
    ["a line that is none", says({ ok: true }, "{}\n"), 502, "TUNNEL_FAILED"],
    ["a line without end", says({ ok: true }, "x".repeat(200_000)), 502, "TUNNEL_FAILED"],
    ["an end that was not announced", (tunnel: Duplex) => void tunnel.end('{"ok":true}\n'), 502, "TUNNEL_FAILED"],
  ])("tells of %s", async (_what, said, status, code) => {
    answer = said;
    expect(await get()).toMatchObject({ status, code });
  });

  it("leaves the oldest lines out where they are more than an answer may hold", async () => {
    answer = (tunnel) => {
      say(tunnel, { ok: true });
      for (let line = 0; line < 400; line++) say(tunnel, { at, text: `${line} ${"x".repeat(15_000)}` });
      say(tunnel, { end: true });
    };
    const { logs } = await kit.callerOf(owner).sessions.logs({ id: sessionId, timestamps: false });
    expect(logs.length).toBeLessThan(300);
    expect(logs.at(-1)).toMatch(/^399 /);
  });

  it("says of a session that has ended that its log is gone", async () => {
    const other = await running();
    await kit.callerOf(owner).sessions.setState({ id: other.id, state: "terminating" });
    expect(await get("", other.id)).toMatchObject({ status: 404, code: "LOGS_NOT_FOUND" });
  });

  it("shows the owner, and the audit log, that an administrator read it", async () => {
    answer = says({ ok: true }, { end: true });
    const admin = await makeAsker(kit, "admin");
    await kit.callerOf(admin).sessions.logs({ id: sessionId });
    const { events } = await kit.callerOf(owner).sessions.events({ id: sessionId });
    expect(events.filter((event) => event.kind === "logs_read").map((event) => event.actor)).toEqual([admin.username]);
    const { entries } = await kit.callerOf(admin).audit.list({ action: "sessions.read_logs" });
    expect(entries).toMatchObject([{ actorName: admin.username, targetId: sessionId }]);
  });
});

describe("the WebSocket at the same path", () => {
  it("brings each line as it is printed, and closes with 1000 when the container has ended", async () => {
    answer = says({ ok: true }, { at, text: "one" });
    const socket = follow("&tail=1", { authorization: `Bearer ${token}`, origin: "https://elsewhere.example" });
    const [first] = await once(socket, "message");
    expect(String(first)).toBe(`${at} one`);
    const { request, tunnel } = asked.at(-1) ?? {};
    expect(request).toMatchObject({ tail: 1, follow: true });
    socket.ping();
    await once(socket, "pong");
    const rest = readToEnd(socket);
    say(tunnel, { at, text: "two" }, { end: true });
    expect(await rest).toMatchObject({ lines: [`${at} two`], code: 1000 });
  });

  it("takes the token in the address too", async () => {
    answer = says({ ok: true }, { at, text: "one" }, { end: true });
    expect(await readToEnd(follow(`&timestamps=false&token=${token}`))).toMatchObject({ lines: ["one"], code: 1000 });
  });

  it.each([
    ["nobody", "?follow=true", {}, 401],
    ["a cookie of another origin", "?follow=true", { cookie: "berth-session=x", origin: "https://elsewhere.example" }, 403],
    ["a token that isn't one", "?token=made-up", {}, 401],
  ])("refuses %s", async (_who, query, headers, status) => {
    expect((await knock(kit.port, { path: `/api/v1/sessions/${sessionId}/logs${query}`, headers })).status).toBe(status);
  });

  it.each(["?follow=false", "?tail=-1", "?unknown=1"])("refuses %s by name", async (query) => {
    const answered = await knock(kit.port, {
      path: `/api/v1/sessions/${sessionId}/logs${query}`,
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answered.status).toBe(400);
    expect(answered.text).toContain(query.slice(1).split("=")[0]);
  });

  it("refuses before the 101 what the agent refuses", async () => {
    answer = says({ code: "SESSION_NOT_FOUND", message: "none" });
    const path = `/api/v1/sessions/${sessionId}/logs?follow=true`;
    expect(await knock(kit.port, { path, headers: { authorization: `Bearer ${token}` } })).toMatchObject({
      status: 404,
      code: "LOGS_NOT_FOUND",
    });
  });

  it("closes with why when the agent's connection breaks", async () => {
    answer = says({ ok: true });
    const socket = follow("", { authorization: `Bearer ${token}` });
    await once(socket, "open");
    const closed = readToEnd(socket);
    asked.at(-1)?.tunnel.destroy();
    expect(await closed).toMatchObject({ code: 1011, reason: expect.stringMatching(/^TUNNEL_FAILED: /) });
  });

  it("ends with the access that opened it, and the reading with it", async () => {
    answer = says({ ok: true });
    const socket = follow("", { authorization: `Bearer ${token}` });
    await once(socket, "open");
    const closed = readToEnd(socket);
    kit.doors.sockets.endUser(owner.userId, owner.accessEpoch + 1, "your role was changed");
    expect(await closed).toMatchObject({ code: ACCESS_ENDED, reason: "your role was changed" });
    await vi.waitFor(() => expect(asked.at(-1)?.tunnel.destroyed).toBe(true));
  });

  it("lets the agent read no further than its reader takes", async () => {
    let written = 0;
    answer = (tunnel) => {
      say(tunnel, { ok: true });
      const line = `${JSON.stringify({ at, text: "x".repeat(16_000) })}\n`;
      const more = () => {
        while (written < 4000 && !tunnel.destroyed) {
          written++;
          if (!tunnel.write(line)) return void tunnel.once("drain", more);
        }
      };
      more();
    };
    const socket = follow("", { authorization: `Bearer ${token}` });
    await once(socket, "open");
    socket.pause();
    // 64 MB would come: what sockets hold is some.
    expect(await atRest(() => written)).toBeLessThan(2000);
    socket.terminate();
  });
});
