import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { atRest } from "../../agent/testing/at-rest";
import { systemIds } from "../platform/ids";
import { createLog } from "../platform/log";
import { DialingAgent } from "../testing/dialing-agent";
import { TestClock } from "../testing/test-clock";
import { startUpgradeServer } from "../testing/upgrade-server";
import { displayGrant, refusal } from "../testing/viewer-grants";
import { TunnelBroker } from "./tunnel-broker";
import { acceptOf } from "./upgrade-request";
import { ViewerUpgrade } from "./viewer-upgrade";

const agentId = "11111111-1111-4111-8111-111111111111";

let clock: TestClock;
let broker: TunnelBroker;
let viewer: ViewerUpgrade;
let agent: DialingAgent;
let server: Awaited<ReturnType<typeof startUpgradeServer>>;
let events: string[];
let ends: ((reason: string) => void)[];

beforeEach(async () => {
  clock = new TestClock();
  events = [];
  ends = [];
  agent = new DialingAgent({ port: () => server.port, credentials: "one" });
  broker = new TunnelBroker({
    clock,
    ids: systemIds,
    log: createLog("silent"),
    send: (id, message) => {
      if (id !== agentId) return false;
      agent.receive(message);
      return true;
    },
    authenticate: async ({ authorization }) => {
      if (authorization === "Bearer one") return { agentId, name: "host-1" };
      if (authorization === "Bearer two") return { agentId: "22222222-2222-4222-8222-222222222222", name: "host-2" };
      throw new BerthError("AUTH_TOKEN_INVALID", "The agent's secret is not known");
    },
  });
  viewer = new ViewerUpgrade({
    broker,
    clock,
    sockets: {
      add: (_, end) => {
        ends.push(end);
        return () => ends.splice(ends.indexOf(end), 1);
      },
    },
    access: {
      authorize: async ({ sessionId, ticket }) => {
        if (ticket !== "good") throw new BerthError("TICKET_INVALID", "The ticket was used, is over, or is another session's");
        return grantFor(sessionId);
      },
    },
  });
  server = await startUpgradeServer(async (request, socket, head) => {
    const url = new URL(request.url ?? "/", "http://x");
    const id = url.pathname.split("/").at(-1) ?? "";
    if (url.pathname.startsWith("/agent/tunnel/")) return broker.dialBack(request, socket, head, id);
    return viewer.open({ request, socket, head, sessionId: id, query: url.searchParams, address: "127.0.0.1" });
  });
});
afterEach(() => server.close());

const grantFor = (sessionId: string) =>
  displayGrant(sessionId, sessionId === "elsewhere" ? "33333333-3333-4333-8333-333333333333" : agentId, events);

/** An agent whose tunnel end a test plays by hand. */
function playAgent(play: (socket: Duplex, message: ToAgent) => void) {
  agent = new DialingAgent({ port: () => server.port, credentials: "one", serve: play });
}

const view = (session = "s1", query = "ticket=good", headers: Record<string, string> = {}) =>
  new WebSocket(`ws://127.0.0.1:${server.port}/vnc-viewer/${session}?${query}`, ["binary"], { perMessageDeflate: true, headers });

describe("a viewer", () => {
  it("is refused before the agent is asked when its ticket is bad", async () => {
    const { status, headers, body } = await refusal(view("s1", "ticket=used"));
    expect(status).toBe(401);
    expect(headers.connection).toBe("close");
    expect(body).toMatchObject({ code: "TICKET_INVALID", request_id: "req-test" });
    expect(agent.asked).toEqual([]);
  });

  it("reaches the display by a request that has nothing else of the browser's", async () => {
    const socket = view("s1", "ticket=good", { cookie: "berth-session=x", authorization: "Bearer jwt", origin: "http://localhost" });
    await once(socket, "open");
    expect(socket.protocol).toBe("binary");
    socket.send("hello");
    expect((await once(socket, "message"))[0].toString()).toBe("hello");
    const [{ url, headers } = { url: "", headers: {} }] = agent.upgrades;
    expect(url).toBe("/display/s1?mode=control");
    expect(Object.keys(headers).sort()).toEqual([
      "connection",
      "host",
      "sec-websocket-key",
      "sec-websocket-protocol",
      "sec-websocket-version",
      "upgrade",
    ]);
    expect(viewer.stats().viewers).toBe(1);
    socket.close();
    await vi.waitFor(() => expect(events).toEqual(["opened", "closed true true"]));
    expect(viewer.stats()).toMatchObject({ viewers: 0 });
    expect(ends).toEqual([]);
    await vi.waitFor(() => expect(broker.openCount()).toBe(0));
  });

  it("passes close codes and pings end to end", async () => {
    const socket = view();
    await once(socket, "open");
    const pong = once(socket, "pong");
    socket.ping("still there?");
    expect((await pong)[0].toString()).toBe("still there?");
    const closed = once(socket, "close");
    socket.close(4321, "bye");
    expect((await closed)[0]).toBe(4321);
  });

  it("ends at once when its access ends, while it streams and while it waits", async () => {
    const streaming = view();
    await once(streaming, "open");
    const closed = once(streaming, "close");
    ends[0]?.("signed out");
    await closed;
    await vi.waitFor(() => expect(broker.openCount()).toBe(0));
    agent.dials = false;
    const waiting = view();
    waiting.on("error", () => {});
    const gone = new Promise((resolve) => waiting.on("close", resolve));
    await vi.waitFor(() => expect(ends).toHaveLength(1));
    ends[0]?.("signed out");
    await gone;
    expect(events).toEqual(["opened", "closed false false"]);
  });

  it("gets 504 with the agent's name when the agent never dials", async () => {
    agent.dials = false;
    const answer = refusal(view());
    await vi.waitFor(() => expect(agent.asked).toHaveLength(1));
    await clock.advance(10_000);
    expect(await answer).toMatchObject({ status: 504, body: { code: "TUNNEL_TIMEOUT", message: expect.stringContaining("'host-1'") } });
    expect(events).toEqual(["failed TUNNEL_TIMEOUT"]);
  });

  it("gets 503 when the agent is offline, at once or while waiting", async () => {
    expect((await refusal(view("elsewhere"))).body.code).toBe("AGENT_OFFLINE");
    agent.dials = false;
    const answer = refusal(view());
    await vi.waitFor(() => expect(agent.asked).toHaveLength(1));
    broker.agentGone(agentId);
    expect((await answer).status).toBe(503);
  });

  it("that leaves while the agent is asked cancels the tunnel", async () => {
    agent.dials = false;
    const socket = view();
    socket.on("error", () => {});
    await vi.waitFor(() => expect(agent.asked).toHaveLength(1));
    socket.terminate();
    const [asked] = agent.asked;
    if (asked?.type !== "vnc_proxy_request") throw new Error("not asked");
    await vi.waitFor(() => expect(ends).toEqual([]));
    expect(await agent.dial(asked.proxy_id, asked.data.tunnel_secret, asked)).toBe(404);
    expect(events).toEqual([]);
  });
});

describe("a dial-back", () => {
  async function pending() {
    agent.dials = false;
    const socket = view();
    socket.on("error", () => {});
    await vi.waitFor(() => expect(agent.asked).toHaveLength(1));
    const [asked] = agent.asked;
    if (asked?.type !== "vnc_proxy_request") throw new Error("not asked");
    return { socket, id: asked.proxy_id, secret: asked.data.tunnel_secret, asked };
  }

  it("is refused with a foreign credential, another agent's, a wrong secret or an unknown id, and then still works for the right one", async () => {
    const { socket, id, secret, asked } = await pending();
    expect(await agent.dial(id, secret, asked, "three")).toBe(401);
    expect(await agent.dial(id, secret, asked, "two")).toBe(404);
    expect(await agent.dial(id, "wrong", asked)).toBe(404);
    expect(await agent.dial(systemIds.uuid(), secret, asked)).toBe(404);
    expect(await agent.dial(id, secret, asked)).toBe(101);
    await once(socket, "open");
  });

  it("works once", async () => {
    const { socket, id, secret, asked } = await pending();
    expect((await Promise.all([agent.dial(id, secret, asked), agent.dial(id, secret, asked)])).sort()).toEqual([101, 404]);
    await once(socket, "open");
    expect(await agent.dial(id, secret, asked)).toBe(404);
  });

  it("is refused when it comes too late", async () => {
    const { id, secret, asked } = await pending();
    await clock.advance(10_000);
    expect(await agent.dial(id, secret, asked)).toBe(404);
  });

  it("asks no more than so many at a time of one agent", async () => {
    agent.dials = false;
    const waits = Array.from({ length: 65 }, () =>
      broker.open({ agentId, agentName: "host-1" }, grantFor("s1").request).catch((error: BerthError) => error.code),
    );
    broker.agentGone(agentId);
    expect((await Promise.all(waits)).sort()).toEqual([...Array(64).fill("AGENT_OFFLINE"), "SERVICE_UNAVAILABLE"]);
  });

  it("that is open ends when the agent is revoked", async () => {
    const socket = view();
    await once(socket, "open");
    const closed = once(socket, "close");
    broker.endAgent(agentId);
    await closed;
  });
});

describe("an answer that is no 101", () => {
  const json = (status: string, body: unknown) => {
    const text = JSON.stringify(body);
    return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  };
  it.each([
    [
      "the agent's own words",
      json("502 Bad Gateway", { code: "DISPLAY_UNREACHABLE", message: "The display refuses" }),
      502,
      "DISPLAY_UNREACHABLE",
      "The display refuses",
    ],
    [
      "a mismatch",
      json("502 x", { code: "DISPLAY_PROTOCOL_MISMATCH", message: "Port 3000 speaks HTTP" }),
      502,
      "DISPLAY_PROTOCOL_MISMATCH",
      "Port 3000",
    ],
    [
      "a code that isn't the agent's to use",
      json("401 x", { code: "AUTH_TOKEN_INVALID", message: "Log in" }),
      502,
      "TUNNEL_FAILED",
      "Log in",
    ],
    ["no JSON", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope", 502, "TUNNEL_FAILED", "was 404"],
    ["a giant body", `HTTP/1.1 502 x\r\nContent-Length: 9999999\r\n\r\n${"x".repeat(100_000)}`, 502, "TUNNEL_FAILED", "was 502"],
    [
      "200 and the bytes of a WebSocket",
      "HTTP/1.1 200 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x82\x01x",
      502,
      "TUNNEL_FAILED",
      "was 200",
    ],
    [
      "a 101 with a wrong accept",
      "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
      502,
      "TUNNEL_FAILED",
      "Accept is wrong",
    ],
    ["RFB", "RFB 003.008\n", 502, "TUNNEL_FAILED", "not HTTP/1.1"],
    ["16 KB of header", `HTTP/1.1 101 x\r\nA: ${"x".repeat(20_000)}`, 502, "TUNNEL_FAILED", "over 16384 bytes"],
  ])("%s becomes an error of ours and ends both sockets", async (_, answer, status, code, message) => {
    const tunnels: Duplex[] = [];
    playAgent((socket) => {
      tunnels.push(socket);
      socket.once("data", () => socket.end(answer, "latin1"));
    });
    const refused = await refusal(view());
    expect(refused).toMatchObject({ status, body: { code, message: expect.stringContaining(message) } });
    expect(refused.headers.connection).toBe("close");
    await vi.waitFor(() => expect(broker.openCount()).toBe(0));
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
    expect(events).toEqual([`failed ${code}`]);
  });

  it("that never comes is a 504 after ten seconds", async () => {
    const asked = new Promise<void>((resolve) => playAgent((socket) => socket.once("data", () => resolve())));
    const answer = refusal(view());
    await asked;
    await clock.advance(10_000);
    expect(await answer).toMatchObject({ status: 504, body: { code: "TUNNEL_TIMEOUT" } });
    await vi.waitFor(() => expect(broker.openCount()).toBe(0));
  });

  it("leaves a second request on the viewer's connection unread", async () => {
    const seen: string[] = [];
    playAgent((socket) => {
      socket.on("data", (data) => seen.push(data.toString()));
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
    });
    const raw = connect(server.port, "127.0.0.1");
    raw.on("error", () => {});
    raw.write(
      "GET /vnc-viewer/s1?ticket=good HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
        "GET /secret HTTP/1.1\r\nHost: x\r\nCookie: berth-session=next-user\r\n\r\n",
    );
    let answers = "";
    raw.on("data", (data) => (answers += data.toString()));
    await once(raw, "close");
    expect(answers.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(answers).toContain("Connection: close");
    expect(seen.join("")).not.toContain("next-user");
  });
});

describe("under load", () => {
  it("two sessions with two viewers each get 10 MB back byte for byte, in random pieces", async () => {
    await Promise.all(
      ["s1", "s1", "s2", "s2"].map(async (session) => {
        const socket = view(session);
        await once(socket, "open");
        const sent = randomBytes(10 * 1024 * 1024);
        const received: Buffer[] = [];
        let got = 0;
        const all = new Promise<void>((resolve) =>
          socket.on("message", (data: Buffer) => {
            received.push(data);
            got += data.length;
            if (got >= sent.length) resolve();
          }),
        );
        for (let at = 0; at < sent.length; ) {
          const size = 1 + Math.floor(Math.random() * 200_000);
          await new Promise((resolve) => socket.send(sent.subarray(at, at + size), resolve));
          at += size;
        }
        await all;
        expect(Buffer.concat(received).equals(sent)).toBe(true);
        socket.close();
      }),
    );
    await vi.waitFor(() => expect(viewer.stats().viewers).toBe(0));
    expect(viewer.stats().bytesToViewers).toBeGreaterThan(40 * 1024 * 1024);
  });

  it("a viewer that does not read stops its source, and others go on", async () => {
    const switching = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    const frame = Buffer.concat([Buffer.from([0x82, 126, 0xff, 0xf0]), Buffer.alloc(0xfff0)]);
    let written = 0;
    playAgent((socket, message) => {
      const session = message.type === "vnc_proxy_request" ? message.session_id : "";
      socket.once("data", (data: Buffer) => {
        const key = /Sec-WebSocket-Key: (\S+)/.exec(data.toString())?.[1] ?? "";
        socket.write(`${switching}Sec-WebSocket-Protocol: binary\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`);
        if (session === "quiet") return void socket.write(Buffer.from([0x82, 2, 104, 105]));
        const pump = (): void => {
          while (written < 400_000_000) {
            written += frame.length;
            if (!socket.write(frame)) return void socket.once("drain", pump);
          }
        };
        pump();
      });
    });
    const before = process.memoryUsage.rss();
    const stalled = view("loud");
    await once(stalled, "open");
    stalled.pause();
    expect(await atRest(() => written)).toBeLessThan(60_000_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
    const other = view("quiet");
    expect((await once(other, "message"))[0].toString()).toBe("hi");
    stalled.terminate();
    other.terminate();
  });
});
