import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { TUNNEL_SECRET_HEADER } from "@berth/protocol/tunnel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import WebSocket from "ws";
import { MemoryDriver } from "../drivers/memory/memory-driver";
import { webSocketOver } from "../testing/fake-control-plane";
import { cutText, keyPress, pointerEvent, shakeHands, updateRequest, ViewerReader } from "../testing/rfb-client";
import { runAgent } from "../testing/running-agent";
import { startData } from "../testing/start-data";

let running: Awaited<ReturnType<typeof runAgent<MemoryDriver>>>;
beforeEach(async () => {
  running = await runAgent(new MemoryDriver());
});
afterEach(() => running.end());

async function session(overrides: Parameters<typeof startData>[0] = {}): Promise<string> {
  const id = randomUUID();
  const result = await running.plane.result(running.plane.command("start_session", id, startData(overrides)));
  expect(result.status).toBe("completed");
  return id;
}

async function view(id: string, mode: "control" | "view" = "control") {
  const socket = await running.plane.viewer(id, mode);
  const reader = new ViewerReader(socket);
  const screen = await shakeHands(socket, reader);
  return { socket, reader, screen };
}

/** The status and body with which an upgrade was refused. */
async function refusal(socket: WebSocket): Promise<{ status: number | undefined; body: unknown }> {
  socket.on("error", () => {});
  const [, response]: http.IncomingMessage[] = await once(socket, "unexpected-response");
  let body = "";
  for await (const chunk of response ?? []) body += String(chunk);
  return { status: response?.statusCode, body: JSON.parse(body) };
}

describe("a display tunnel", () => {
  it("is dialled with the agent's credential and the tunnel's secret, as an upgrade that any ingress passes", async () => {
    await view(await session());
    const headers = running.plane.dials[0]?.headers ?? {};
    expect(headers).toMatchObject({ upgrade: "websocket", "sec-websocket-version": "13", authorization: "Bearer agent-credential" });
    expect(headers[TUNNEL_SECRET_HEADER]).toMatch(/^[\w-]{43}$/);
    expect(Buffer.from(String(headers["sec-websocket-key"]), "base64")).toHaveLength(16);
  });

  it("shows a picture in which typed text appears, to every viewer", async () => {
    const id = await session();
    const one = await view(id);
    const two = await view(id);
    const { width, height } = one.screen;
    const bytes = 16 + width * height * 4;
    two.socket.send(updateRequest(false, width, height));
    const before = await two.reader.read(bytes);
    two.socket.send(updateRequest(true, width, height));
    one.socket.send(keyPress("a"));
    const after = await two.reader.read(bytes);
    expect(after.equals(before)).toBe(false);
    expect(running.driver.inputOf(id)?.text).toBe("a");
  });

  it("that is asked for before its display is there is answered when it is", async () => {
    const id = randomUUID();
    const start = running.plane.command("start_session", id, startData({ image: "memory/slow:100ms" }));
    await vi.waitFor(() => expect(running.plane.all("command_ack")).toHaveLength(1));
    const early = view(id);
    const { screen } = await early;
    expect(screen.width).toBeGreaterThan(0);
    expect(await running.plane.result(start)).toMatchObject({ status: "completed" });
  });

  it("that is asked for before its display is there is refused when the start fails", async () => {
    const id = randomUUID();
    running.plane.command("start_session", id, startData({ image: "memory/fail:disk-full" }));
    const socket = await running.plane.viewer(id, "control");
    expect(await refusal(socket)).toMatchObject({ status: 404, body: { code: "SESSION_NOT_FOUND" } });
  });

  it("uses the subprotocol binary where it is offered and no compression", async () => {
    const { socket } = await view(await session());
    expect(socket.protocol).toBe("binary");
    expect(socket.extensions).toBe("");
  });

  it("answers a viewer's pings itself, behind the pictures that wait, and tells the display nothing of them", async () => {
    const id = await session();
    const socket = await running.plane.viewer(id, "view", undefined, ["berth-display-ping", "binary"]);
    const texts: string[] = [];
    socket.on("message", (data, isBinary) => {
      if (!isBinary) texts.push(String(data));
    });
    const reader = new ViewerReader(socket);
    const { width, height } = await shakeHands(socket, reader);
    expect(socket.protocol).toBe("berth-display-ping");
    for (const number of [1, 2, 999_999_999]) socket.send(`ping ${number}`);
    socket.send(updateRequest(false, width, height));
    await reader.read(16 + width * height * 4);
    expect(texts).toEqual(["pong 1", "pong 2", "pong 999999999"]);
  });

  it.each([
    ["text that is no ping", ["berth-display-ping"], "ping"],
    ["a number without end", ["berth-display-ping"], `ping ${"9".repeat(40)}`],
    ["a ping where none was agreed on", ["binary"], "ping 1"],
  ])("ends a viewer that sends %s", async (_what, protocols, text) => {
    const socket = await running.plane.viewer(await session(), "control", undefined, protocols);
    await once(socket, "open");
    socket.send(text);
    const [closeCode]: number[] = await once(socket, "close");
    expect(closeCode).toBe(1003);
  });

  it("drops keys, pointer and clipboard of a viewer in mode view, while it goes on seeing", async () => {
    const id = await session();
    const { socket, reader, screen } = await view(id, "view");
    socket.send(keyPress("x"));
    socket.send(pointerEvent(10, 10, 1));
    socket.send(cutText("stolen"));
    socket.send(updateRequest(false, screen.width, screen.height));
    await reader.read(16 + screen.width * screen.height * 4);
    expect(running.driver.inputOf(id)).toEqual({ text: "", keys: 0, pointer: null, clipboard: null, sizes: [] });
  });

  it("serves the mode that was asked for, not the one in the path of the upgrade", async () => {
    const id = await session();
    const viewer = webSocketOver(await running.plane.displayTunnel(id, "view"), `/display/${id}?mode=control`);
    expect(await refusal(viewer)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  });

  it.each(["/", "/display/other?mode=control", "/../etc"])("refuses the path %s", async (path) => {
    const viewer = webSocketOver(await running.plane.displayTunnel(await session(), "control"), path);
    expect((await refusal(viewer)).status).toBe(404);
  });

  it("answers a plain request with 404 and ends the connection", async () => {
    const socket = await running.plane.displayTunnel(await session(), "control");
    socket.write("GET /display HTTP/1.1\r\nhost: agent\r\n\r\n");
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("answers with the reason where the display can't be opened", async () => {
    const web = await session({ display: { protocol: "http", port: 8080, unix_socket: false, path: "/" } });
    expect(await refusal(await running.plane.viewer(web))).toMatchObject({ status: 502, body: { code: "DISPLAY_PROTOCOL_MISMATCH" } });
    const missing = randomUUID();
    expect(await refusal(await running.plane.viewer(missing))).toMatchObject({ status: 404, body: { code: "SESSION_NOT_FOUND" } });
  });

  it("ends a viewer that does not speak RFB, with the reason", async () => {
    const socket = await running.plane.viewer(await session());
    await once(socket, "open");
    socket.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    const [code, reason] = await once(socket, "close");
    expect(code).toBe(1008);
    expect(String(reason)).toContain("does not speak RFB");
  });

  it("ends its viewers when the session ends, and frees the display when a viewer leaves", async () => {
    const id = await session();
    const { socket } = await view(id);
    const other = await view(id);
    other.socket.close();
    running.driver.kill(id);
    const [code] = await once(socket, "close");
    expect(code).toBe(1000);
  });

  it("tells of real input of viewers in mode control alone", async () => {
    const id = await session();
    const watched = await session();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const watcher = await view(watched, "view");
      watcher.socket.send(keyPress("a"));
      const typist = await view(id);
      typist.socket.send(keyPress("a"));
      for (let turns = 0; running.driver.inputOf(id)?.keys !== 2 && turns < 10_000; turns++) await new Promise(setImmediate);
      await vi.advanceTimersByTimeAsync(15_000);
      for (let turns = 0; running.plane.all("session_activity").length === 0 && turns < 10_000; turns++) await new Promise(setImmediate);
    } finally {
      vi.useRealTimers();
    }
    expect(running.plane.all("session_activity").map((message) => message.sessions.map((each) => each.session_id))).toEqual([[id]]);
  });

  it("carries four times ten megabytes both ways at once, byte for byte, in chunks of any size", async () => {
    const id = await session({ image: "memory/echo" });
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { socket, reader } = await view(id);
        const sent = randomBytes(10 * 1024 * 1024);
        // A type that is no RFB message: from here on the agent passes everything through unread.
        sent.writeUInt8(99, 0);
        const back = reader.read(sent.length);
        for (let at = 0; at < sent.length; ) {
          const size = 1 + Math.floor(Math.random() * 100_000);
          await new Promise<void>((resolve) => socket.send(sent.subarray(at, at + size), () => resolve()));
          at += size;
        }
        expect((await back).equals(sent)).toBe(true);
      }),
    );
  });
});

describe("a port tunnel", () => {
  const web = { display: { protocol: "http" as const, port: 8080, unix_socket: false, path: "/" } };

  it("carries HTTP and the WebSockets of a web app", async () => {
    const id = await session(web);
    const socket = await running.plane.portTunnel(id, 8080);
    const request = http.request({ createConnection: () => socket, path: "/hello", headers: { connection: "keep-alive" } });
    request.end();
    const [response]: http.IncomingMessage[] = await once(request, "response");
    let body = "";
    for await (const chunk of response ?? []) body += String(chunk);
    expect(JSON.parse(body)).toMatchObject({ url: "/hello" });

    const second = await running.plane.portTunnel(id, 8080);
    const client = new WebSocket("ws://agent/socket", { createConnection: () => second, perMessageDeflate: false });
    await once(client, "open");
    client.send("there and back");
    const [answer] = await once(client, "message");
    expect(String(answer)).toBe("there and back");
    client.terminate();
  });

  it("is ended where the session is not there", async () => {
    const socket = await running.plane.portTunnel(randomUUID(), 8080);
    socket.resume();
    await once(socket, "end");
  });

  it("is not dialled again when the control plane refuses it, and the next one opens", async () => {
    const id = await session(web);
    running.plane.refuseTunnels = 403;
    void running.plane.portTunnel(id, 8080).catch(() => {});
    await vi.waitFor(() => expect(running.plane.dials).toHaveLength(1));
    running.plane.refuseTunnels = null;
    await running.plane.portTunnel(id, 8080);
    expect(running.plane.dials).toHaveLength(2);
  });
});

describe("a small picture of a display", () => {
  it("comes on a tunnel of its own, and is no input, no viewer's and of no use to who may only look", async () => {
    const id = await session();
    const { head, png } = await running.plane.thumbnail(id);
    expect(head).toEqual({ bytes: png.length });
    expect(png.subarray(1, 4).toString("latin1")).toBe("PNG");
    expect(png.readUInt32BE(16)).toBe(320);
    expect(running.driver.inputOf(id)).toEqual({ text: "", keys: 0, pointer: null, clipboard: null, sizes: [] });
    expect(running.plane.all("session_activity")).toEqual([]);
    expect(running.plane.all("register")[0]?.capabilities).toContain("thumbnails");
  });

  it("is refused here too where the policy allows none, or the request names none", async () => {
    const id = await session();
    expect((await running.plane.thumbnail(id, { thumbnails: false })).head).toMatchObject({ code: "THUMBNAILS_OFF" });
    running.plane.sendRaw(JSON.stringify({ type: "thumbnail_request", tunnel_id: "t", tunnel_secret: "s", session_id: id }));
    await vi.waitFor(() => expect(running.plane.dials).toHaveLength(2));
    expect((await running.plane.thumbnail(id)).head).toMatchObject({ bytes: expect.any(Number) });
  });

  it("is refused with the code of what is wrong with the display", async () => {
    const web = await session({ image: "memory/app", display: { protocol: "http", port: 8080, unix_socket: false, path: "/" } });
    expect((await running.plane.thumbnail(web)).head).toMatchObject({ code: "DISPLAY_PROTOCOL_MISMATCH" });
    expect((await running.plane.thumbnail(randomUUID())).head).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});
