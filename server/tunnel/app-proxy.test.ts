import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { BerthError } from "@berth/protocol/errors";
import { chromium } from "playwright";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { systemIds } from "../platform/ids";
import { createLog } from "../platform/log";
import { DialingAgent, echoServer, joinToPort } from "../testing/dialing-agent";
import { TestClock } from "../testing/test-clock";
import { startUpgradeServer } from "../testing/upgrade-server";
import { APP_COOKIE } from "./app-cookie";
import { AppProxy } from "./app-proxy";
import { TunnelBroker } from "./tunnel-broker";

const agentId = "11111111-1111-4111-8111-111111111111";
const session = "770e8400-e29b-41d4-a716-446655440002";
const other = "880e8400-e29b-41d4-a716-446655440003";

let clock: TestClock;
let proxy: AppProxy;
let broker: TunnelBroker;
let server: Awaited<ReturnType<typeof startUpgradeServer>>;
let app: Server;
let listener: RequestListener;
let target: () => number;
let ends: (() => void)[];
/** What ends with what allowed it. */
const entered = new Set<() => void>();
let tickets: Set<string>;
let upgrades: { url: string; headers: Record<string, unknown> }[];

beforeEach(async () => {
  clock = new TestClock();
  ends = [];
  upgrades = [];
  tickets = new Set(["fresh"]);
  listener = (request, response) => response.end(`hello ${request.url}`);
  app = echoServer(
    (url, headers) => upgrades.push({ url, headers }),
    (request, response) => listener(request, response),
  );
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  target = () => (app.address() as AddressInfo).port;
  const agent = new DialingAgent({ port: () => server.port, credentials: "one", serve: (socket) => void joinToPort(socket, target()) });
  broker = new TunnelBroker({
    clock,
    ids: systemIds,
    log: createLog("silent"),
    send: (_, message) => {
      agent.receive(message);
      return true;
    },
    authenticate: async () => ({ agentId, name: "host-1" }),
  });
  proxy = new AppProxy({
    broker,
    clock,
    log: createLog("silent"),
    appsDomain: "apps.localhost",
    publicUrl: new URL("http://localhost:3000"),
    sockets: {
      add: (_, end) => {
        const entry = () => end("over");
        ends.push(entry);
        return () => {
          ends = ends.filter((one) => one !== entry);
        };
      },
    },
    access: {
      enter: async ({ sessionId, ticket, cookie }) => {
        if (!tickets.delete(ticket)) throw new BerthError("TICKET_INVALID", "The ticket was used, is over, or is another session's");
        return { cookie: cookie ?? `cookie-of.${sessionId}`, maxAgeSeconds: 3600 };
      },
      authorize: async ({ sessionId, port, cookie }) => {
        if (cookie !== `cookie-of.${sessionId}`) throw new BerthError("AUTH_TOKEN_MISSING", "Open this app from its session");
        return {
          agentId,
          agentName: "host-1",
          login: { userId: "u", loginId: "l", accessEpoch: 1 },
          port: port ?? 8080,
          enter: (end) => {
            entered.add(end);
            return () => entered.delete(end);
          },
          request: (key) => ({
            type: "tunnel_request",
            tunnel_id: key.id,
            tunnel_secret: key.secret,
            purpose: "port",
            session_id: sessionId,
            port: port ?? 8080,
          }),
        };
      },
    },
  });
  server = await startUpgradeServer(async (request, socket, head) => {
    if (request.url?.startsWith("/agent/tunnel/")) return broker.dialBack(request, socket, head, request.url.split("/").at(-1) ?? "");
    return proxy.upgrade({ request, socket, head, requestId: "req-1", address: "127.0.0.1" });
  });
  server.server.removeAllListeners("request");
  server.server.on("request", (request, response) => {
    response.setHeader("X-Request-Id", "req-1");
    void proxy.http({ request, response, requestId: "req-1", address: "203.0.113.9" });
  });
});
afterEach(async () => {
  await proxy.close();
  await server.close();
  app.closeAllConnections();
  app.close();
});

const host = (id = session) => `s-${id}.apps.localhost:${server.port}`;
const signedIn = (id = session) => ({ host: host(id), cookie: `mine=1; ${APP_COOKIE}=cookie-of.${id}` });

async function ask(
  path: string,
  { headers = {}, method = "GET", body }: { headers?: Record<string, string>; method?: string; body?: Buffer | string } = {},
) {
  const sent = httpRequest({ host: "127.0.0.1", port: server.port, path, method, headers: { host: host(), ...headers }, agent: false });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    raw: response.rawHeaders,
    text: Buffer.concat(chunks).toString(),
    bytes: Buffer.concat(chunks),
  };
}
const dial = (headers: Record<string, string>, path = "/socket?x=1") =>
  new WebSocket(`ws://127.0.0.1:${server.port}${path}`, ["chat"], { headers: { origin: `http://${host()}`, ...headers } });

describe("entry", () => {
  it("turns a ticket into a cookie of this host alone, once, and takes it out of the address", async () => {
    const answer = await ask("/notes?berth_ticket=fresh&a=1");
    expect([answer.status, answer.headers.location]).toEqual([303, "/notes?a=1"]);
    expect(answer.headers["set-cookie"]).toEqual([
      `${APP_COOKIE}=cookie-of.${session}; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax`,
    ]);
    expect(answer.headers["referrer-policy"]).toBe("no-referrer");
    expect((await ask("/?berth_ticket=fresh")).status).toBe(401);
  });

  it("shows who decides on the ticket the cookie that came with it, which may be the one to keep", async () => {
    const answer = await ask("/?berth_ticket=fresh", { headers: { cookie: `a=1; ${APP_COOKIE}=held` } });
    expect(answer.headers["set-cookie"]?.[0]).toMatch(new RegExp(`^${APP_COOKIE}=held;`));
  });

  it.each([
    ["/x?y=1", "/x?y=1"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["https://evil.example", "/"],
    ["x", "/"],
    ["/\r\nX: y", "/"],
    ["", "/"],
  ])("leads to %j as %s, never off this host", async (to, location) => {
    expect((await ask(`/__berth/enter?ticket=fresh&to=${encodeURIComponent(to)}`)).headers.location).toBe(location);
  });

  it("doesn't lead off this host by its own path either", async () => {
    expect((await ask("//evil.example/?berth_ticket=fresh")).headers.location).toBe("/");
  });

  it("is refused without a cookie, with another session's, and for a name that is no session's", async () => {
    expect((await ask("/")).status).toBe(401);
    expect((await ask("/", { headers: { ...signedIn(), host: host(other) } })).status).toBe(401);
    expect((await ask("/", { headers: { host: `x.apps.localhost:${server.port}` } })).status).toBe(404);
  });

  it("says to a person where to go, in a page without anything of the app's", async () => {
    const page = await ask("/", { headers: { accept: "text/html" } });
    expect(page.headers["content-type"]).toContain("text/html");
    expect(page.text).toContain(`http://localhost:3000/sessions/${session}`);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
  });
});

describe("a request", () => {
  it("reaches the app with the app's own headers and cookies, and without ours", async () => {
    let seen: IncomingMessage["headers"] = {};
    listener = (request, response) => {
      seen = request.headers;
      response.writeHead(
        418,
        [
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", `${APP_COOKIE}=stolen; Path=/`],
          ["Set-Cookie", "b=2"],
          ["Connection", "X-Hop"],
          ["X-Hop", "1"],
          ["X-Own", "2"],
        ].flat(),
      );
      response.end("tea");
    };
    const answer = await ask("//a/../b?c=%20", {
      headers: {
        ...signedIn(),
        authorization: "token jupyter",
        "x-forwarded-for": "6.6.6.6",
        connection: "X-Drop",
        "x-drop": "1",
        te: "trailers",
      },
    });
    expect([answer.status, answer.text]).toEqual([418, "tea"]);
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect([answer.headers["x-hop"], answer.headers["x-own"], answer.headers["x-request-id"]]).toEqual([undefined, "2", "req-1"]);
    expect(seen).toMatchObject({
      cookie: "mine=1",
      authorization: "token jupyter",
      host: host(),
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-proto": "http",
      "x-forwarded-host": host(),
    });
    expect([seen["x-drop"], seen.te]).toEqual([undefined, undefined]);
  });

  it("carries bodies both ways byte for byte, streaming", async () => {
    const sent = randomBytes(20 * 1024 * 1024);
    listener = (request, response) => request.pipe(response);
    const answer = await ask("/echo", { method: "POST", headers: signedIn(), body: sent });
    expect(createHash("sha256").update(answer.bytes).digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"));
  });

  it("gives each session connections of its own, keeps them for the next request, and drops them when idle", async () => {
    const connections = new Map<string, Set<number | undefined>>();
    listener = (request, response) => {
      const name = request.headers.host ?? "";
      connections.set(name, (connections.get(name) ?? new Set()).add(request.socket.remotePort));
      response.end();
    };
    for (const id of [session, other, session, other]) await ask("/", { headers: signedIn(id) });
    const [one = new Set(), two = new Set()] = [connections.get(host(session)), connections.get(host(other))];
    expect([one.size, two.size, [...one].some((port) => two.has(port))]).toEqual([1, 1, false]);
    expect(broker.openCount()).toBe(2);
    await clock.advance(120_000);
    await vi.waitFor(() => expect(broker.openCount()).toBe(0));
  });

  it("that a browser gives up on ends at the app too", async () => {
    const closed = new Promise<void>((resolve) => {
      listener = (_, response) => {
        response.write("first");
        response.once("close", resolve);
      };
    });
    const sent = httpRequest({ host: "127.0.0.1", port: server.port, path: "/", headers: signedIn(), agent: false });
    sent.on("error", () => {});
    sent.end();
    const [response] = await once(sent, "response");
    await once(response, "data");
    sent.destroy();
    await closed;
    await vi.waitFor(() => expect(ends).toEqual([]));
  });

  it("that streams ends with the access", async () => {
    listener = (_, response) => void response.write("first");
    const sent = httpRequest({ host: "127.0.0.1", port: server.port, path: "/", headers: signedIn(), agent: false });
    sent.on("error", () => {});
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.on("error", () => {});
    const closed = new Promise((resolve) => response.once("close", resolve));
    response.resume();
    ends[0]?.();
    await closed;
  });

  it("by a page of another origin changes nothing", async () => {
    let reached = 0;
    listener = (_, response) => {
      reached += 1;
      response.end();
    };
    for (const origin of ["http://localhost:3000", `http://${host(other)}`, "null", "http://evil.example"]) {
      expect((await ask("/", { method: "POST", headers: { ...signedIn(), origin } })).status).toBe(403);
    }
    expect(reached).toBe(0);
    expect((await ask("/", { method: "POST", headers: { ...signedIn(), origin: `http://${host()}` } })).status).toBe(200);
  });

  it("to an app that isn't there, or speaks no HTTP, is an error that names the port", async () => {
    const silent = createTcpServer((socket) => socket.end("RFB 003.008\n"));
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    target = () => port;
    const answer = await ask("/", { headers: signedIn() });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      502,
      expect.objectContaining({ code: "TUNNEL_FAILED", message: expect.stringContaining("port 8080") }),
    ]);
    silent.close();
    expect((await ask("/", { headers: signedIn() })).status).toBe(502);
  });
});

describe("a WebSocket", () => {
  it("is spliced after the app's own 101, without our cookie", async () => {
    const socket = dial(signedIn());
    await once(socket, "open");
    const sent = randomBytes(2 * 1024 * 1024);
    socket.send(sent);
    const [data] = await once(socket, "message");
    expect(sent.equals(data)).toBe(true);
    expect(upgrades[0]?.url).toBe("/socket?x=1");
    expect(upgrades[0]?.headers).toMatchObject({
      cookie: "mine=1",
      host: host(),
      origin: `http://${host()}`,
      "sec-websocket-protocol": "chat",
    });
    const closed = once(socket, "close");
    ends[0]?.();
    await closed;
  });

  it.each([
    ["no cookie", {}, 401],
    ["another session's cookie", { cookie: `${APP_COOKIE}=cookie-of.${other}` }, 401],
    ["the UI's Origin", { origin: "http://localhost:3000" }, 403],
  ])("with %s is refused before the 101", async (_, headers, status) => {
    const withCookie = status === 403 ? { ...signedIn(), ...headers } : { host: host(), ...headers };
    const [, response] = await once(dial(withCookie), "unexpected-response");
    expect([response.statusCode, upgrades.length]).toEqual([status, 0]);
  });

  it("to a container that answers 200 and sends more is no 101: both sockets end", async () => {
    const hostile = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () =>
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"),
      );
    });
    hostile.listen(0, "127.0.0.1");
    await once(hostile, "listening");
    target = () => (hostile.address() as AddressInfo).port;
    const [, response] = await once(dial(signedIn()), "unexpected-response");
    let text = "";
    for await (const chunk of response) text += chunk;
    expect([response.statusCode, response.headers.connection, text.includes("forged")]).toEqual([502, "close", false]);
    await vi.waitFor(() => expect(broker.openCount()).toBe(0));
    hostile.close();
  });
});

describe("in Chromium", () => {
  it("*.localhost over http takes the Secure cookie, keeps it from scripts, from other sessions and from the parent domain", async () => {
    tickets = new Set(["one", "two"]);
    listener = (request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end(`<body>cookies: ${request.headers.cookie ?? "none"}</body>`);
    };
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`http://${host()}/page?berth_ticket=one`);
      expect([page.url(), await page.textContent("body")]).toEqual([`http://${host()}/page`, "cookies: none"]);
      expect((await page.goto(`http://${host()}/again`))?.status()).toBe(200);
      expect(await page.evaluate(() => document.cookie)).toBe("");
      expect((await page.goto(`http://${host(other)}/`))?.status()).toBe(401);
      // A container's page plants cookies on the parent domain: the browser refuses our name, and the value is no other session's anyway.
      await page.goto(`http://${host()}/`);
      await page.evaluate((name) => {
        document.cookie = `${name}=planted; Domain=apps.localhost; Path=/; Secure`;
      }, APP_COOKIE);
      const [ours] = (await page.context().cookies()).filter((cookie) => cookie.name === APP_COOKIE);
      expect([ours?.value, ours?.httpOnly, ours?.secure, ours?.sameSite]).toEqual([`cookie-of.${session}`, true, true, "Lax"]);
    } finally {
      await browser.close();
    }
  });
});
