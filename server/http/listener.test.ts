import { once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { BerthError } from "@berth/protocol/errors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { systemClock } from "../platform/clock";
import { systemIds } from "../platform/ids";
import { createLog, type Log } from "../platform/log";
import { MAX_BODY_BYTES } from "./body-limit";
import type { HttpCall, UpgradeCall } from "./calls";
import { parseTrustedProxies } from "./client-address";
import { Listener } from "./listener";
import { routes } from "./routes";

const publicUrl = new URL("http://localhost:3000");
let listener: Listener;
let port: number;
/** What reached which handler. */
let seen: { by: string; headers: IncomingHttpHeaders; address?: string; params?: Record<string, string> }[];
let production: boolean;
let logged: string[];
let log: Log;

beforeEach(async () => {
  production = true;
  await start();
});
afterEach(() => listener.close(0));

async function start() {
  seen = [];
  logged = [];
  log = createLog("debug", { write: (line) => void logged.push(line) });
  const http = (by: string) => (call: HttpCall) => {
    seen.push({ by, headers: call.request.headers, address: call.address, params: { ...call.params } });
    if (call.query.has("say")) setImmediate(() => log.info({ said: call.query.get("say") }, "later, elsewhere"));
    if (call.query.get("fail") === "known") throw new BerthError("SESSION_NOT_FOUND", "No session 'x' exists");
    if (call.query.get("fail") === "unknown") throw new Error("the password is hunter2");
    call.request.resume();
    call.response.end(by);
  };
  const upgrade = (by: string) => async (call: UpgradeCall) => {
    seen.push({ by, headers: call.request.headers, params: { ...call.params } });
    throw new BerthError("AUTH_TOKEN_MISSING", `refused by ${by}`);
  };
  const every = <T>(make: (by: string) => T) => Object.fromEntries(Object.keys(routes).map((name) => [name, make(name)]));
  listener = new Listener({
    admitRest: () => {},
    tls: null,
    trusted: parseTrustedProxies(["127.0.0.2"]),
    origin: { publicOrigin: publicUrl.origin, cookieName: "berth-session" },
    security: { publicUrl, production, formTargets: ["https://issuer.example"] },
    http: every(http) as never,
    upgrades: every(upgrade) as never,
    apps: { serves: (host) => /\.apps\.localhost(?::\d+)?$/.test(host ?? ""), http: http("apps"), upgrade: upgrade("apps") },
    next: () => async (request, response) => {
      seen.push({ by: "next", headers: request.headers });
      response.end("next");
    },
    clock: systemClock,
    ids: systemIds,
    log,
  });
  await listener.listen(0, "127.0.0.1");
  port = (listener.server.address() as AddressInfo).port;
}

function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
    const { method = "GET", headers = {}, body } = options;
    const sent = httpRequest({ host: "127.0.0.1", port, path, method, agent: false, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Everything that comes back for the bytes sent, until the server closes. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (data) => (text += data.toString()));
  socket.on("error", () => {});
  socket.write(bytes);
  await once(socket, "close");
  return text;
}
const upgradeOf = (target: string, headers = "") =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;
const example = (path: string) => path.replace(/\{\w+\}/g, "abc-1").replace("*", "x/y");

it("every line that a request causes has its id, also of what went wrong and of what came later, and no other's", async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => ask(`/healthz?say=${n}${n % 2 ? "&fail=unknown" : ""}`)));
  const line = z.object({ request_id: z.string(), msg: z.string(), said: z.string().optional(), status: z.string().optional() });
  await vi.waitFor(() => expect(logged.filter((text) => text.includes('"answered"'))).toHaveLength(8));
  const lines = logged.map((text) => line.parse(JSON.parse(text)));
  for (const [n, { headers, status }] of answers.entries()) {
    const mine = lines.filter(({ request_id }) => request_id === headers["x-request-id"]);
    expect(mine.map(({ msg }) => msg).sort()).toEqual(["answered", "later, elsewhere", ...(n % 2 ? ["request failed"] : [])]);
    expect(mine.find(({ said }) => said !== undefined)?.said).toBe(String(n));
    expect(mine.find(({ msg }) => msg === "answered")?.status).toBe(String(status));
  }
});

describe("the order of answers", () => {
  it.each(Object.entries(routes).filter(([, route]) => route.kind === "http"))("%s is answered by its own handler", async (name, route) => {
    expect((await ask(example(route.path))).text).toBe(name);
  });

  const upgrades = Object.entries(routes).filter(([, route]) => route.kind === "upgrade");
  const besideRest = upgrades.filter(([, route]) => route.path.startsWith("/api/v1/"));
  it.each(besideRest)("%s is answered by REST where it is asked without an upgrade", async (_name, route) => {
    expect((await ask(example(route.path))).text).toBe("rest");
  });

  it.each(upgrades)("%s is an upgrade", async (name, route) => {
    expect(await raw(upgradeOf(example(route.path)))).toContain(`refused by ${name}`);
  });

  const servesBoth = (path: string) => Object.values(routes).some((route) => route.kind === "http" && route.path === path);
  it.each(upgrades.filter((upgrade) => !besideRest.includes(upgrade) && !servesBoth(upgrade[1].path)))(
    "a plain request to %s is told that it is an upgrade",
    async (_name, route) => {
      const plain = await ask(example(route.path));
      expect([plain.status, JSON.parse(plain.text).message]).toEqual([400, expect.stringContaining("is a WebSocket")]);
    },
  );

  it("gives the rest to Next", async () => {
    expect((await ask("/sessions")).text).toBe("next");
    expect((await ask("/healthz/")).text).toBe("next");
    expect((await ask("/%68ealthz")).text).toBe("next");
  });

  it("gives everything of an app's host to the apps, whatever the path", async () => {
    for (const path of ["/", "/healthz", "/api/trpc/users.list", "/vnc-viewer/1"]) {
      expect((await ask(path, { headers: { host: "s-1.apps.localhost:3000" } })).text).toBe("apps");
    }
    expect(await raw(upgradeOf("/live").replace("Host: localhost", "Host: s-1.apps.localhost"))).toContain("refused by apps");
    expect(seen.every(({ by }) => by === "apps")).toBe(true);
  });
});

describe("what is refused before any handler", () => {
  it.each(["http://evil.example/healthz", "//evil.example/healthz", "/a\\b", "*"])("the target %s", async (target) => {
    const answer = await raw(`${target === "*" ? "OPTIONS" : "GET"} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(seen).toEqual([]);
  });

  it.each([
    "http://169.254.169.254/latest",
    "//169.254.169.254/latest",
    "/unknown",
    "/_next/hmr",
    "/agent/wsx",
    "/vnc-viewer/a/b",
    "/vnc-viewer/",
  ])("an upgrade to %s in production", async (target) => {
    const answer = await raw(upgradeOf(target));
    expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(answer).toContain("Connection: close");
    expect(seen).toEqual([]);
  });

  it("no upgrade reaches Next but its own reload in development", async () => {
    await listener.close(0);
    production = false;
    await start();
    const reached: string[] = [];
    listener.nextUpgrades.on("upgrade", (request, socket) => {
      reached.push(request.url ?? "");
      socket.end();
    });
    await raw(upgradeOf("/_next/hmr?id=1"));
    await raw(upgradeOf("/sessions"));
    expect(reached).toEqual(["/_next/hmr?id=1"]);
  });

  const flood = Array.from({ length: 5000 }, (_, index) => `X-${index}: ${"y".repeat(50)}\r\n`).join("");
  it.each([
    ["a flood of headers", `GET / HTTP/1.1\r\nHost: x\r\n${flood}\r\n`, 431, "HEADERS_TOO_LARGE"],
    ["bytes that are no HTTP", "\x16\x03\x01\x02\x00\x01\x00", 400, "REQUEST_MALFORMED"],
    [
      "a body of two lengths",
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
      "REQUEST_MALFORMED",
    ],
  ])("%s, in the shape of every refusal and without a word to any handler", async (_, sent, status, code) => {
    const [head = "", body = ""] = (await raw(sent)).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const error = JSON.parse(body);
    expect(error).toMatchObject({ code, message: expect.any(String), error: expect.any(String), timestamp: expect.any(String) });
    expect(head).toContain(`X-Request-Id: ${error.request_id}`);
    expect(error.request_id).toMatch(/^req-./);
    expect(seen).toEqual([]);
  });

  it("a body over the limit, by what it announces", async () => {
    const answer = await raw(`POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/connection: close/i);
    expect(seen).toEqual([]);
  });

  it("a body without a length on its way to a page", async () => {
    expect((await ask("/sessions", { method: "POST", headers: { "transfer-encoding": "chunked" }, body: "a=b" })).status).toBe(400);
  });
});

describe("cross-site requests", () => {
  const cookie = "other=1; berth-session=abc";
  it.each([
    ["POST with cookie and no Origin", { cookie }, 403],
    ["POST with cookie and a foreign Origin", { cookie, origin: "http://evil.example" }, 403],
    ["POST with cookie and an app's Origin", { cookie, origin: "http://s-1.apps.localhost:3000" }, 403],
    ["POST with cookie and Origin null", { cookie, origin: "null" }, 403],
    ["POST with a foreign Origin and no cookie", { origin: "http://evil.example" }, 403],
    ["POST with a part of a split cookie", { cookie: "berth-session.0=abc" }, 403],
    ["POST with cookie and our Origin", { cookie, origin: "http://localhost:3000" }, 200],
    ["POST of a script", { authorization: "Bearer x" }, 200],
  ])("%s", async (_, headers, status) => {
    for (const path of ["/api/trpc/x", "/api/v1/sessions", "/api/auth/signout"]) {
      expect((await ask(path, { method: "POST", headers: { ...headers, "content-length": "0" } })).status).toBe(status);
    }
    if (status === 403) expect(seen).toEqual([]);
  });
});

describe("answers", () => {
  it("have a request id and security headers, errors included", async () => {
    for (const path of ["/healthz", "/api/v1/x?fail=known", "/api/v1/x?fail=unknown", "/sessions"]) {
      const { headers } = await ask(path);
      expect(headers["x-request-id"]).toMatch(/^req-[0-9a-f-]{36}$/);
      expect(headers).toMatchObject({
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
      });
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    }
  });

  it("tell an expected error as it is, and an unexpected one without its text", async () => {
    const known = await ask("/metrics?fail=known");
    expect([known.status, JSON.parse(known.text)]).toEqual([
      404,
      expect.objectContaining({ code: "SESSION_NOT_FOUND", request_id: known.headers["x-request-id"] }),
    ]);
    const unknown = await ask("/metrics?fail=unknown");
    expect(unknown.status).toBe(500);
    expect(unknown.text).not.toContain("hunter2");
  });

  it("of pages have a policy with a new nonce each, which Next reads from the request", async () => {
    const policies = [await ask("/"), await ask("/")].map(({ headers }) => String(headers["content-security-policy"]));
    const nonces = policies.map((policy) => /'nonce-([A-Za-z0-9+/=]+)'/.exec(policy)?.[1]);
    expect(new Set(nonces).size).toBe(2);
    expect(seen.map(({ headers }) => [headers["content-security-policy"], headers["x-nonce"]])).toEqual([
      [policies[0], nonces[0]],
      [policies[1], nonces[1]],
    ]);
    expect(policies[0]).not.toMatch(/script-src[^;]*unsafe/);
    expect(policies[0]).toContain("form-action 'self' https://issuer.example");
  });
});

describe("headers that only we may set", () => {
  it("are taken from a request before anyone reads them", async () => {
    await ask("/sessions", {
      headers: {
        "x-middleware-subrequest": "middleware",
        "x-nextjs-data": "1",
        "x-nonce": "mine",
        "x-berth-client-address": "1.2.3.4",
        "x-invoke-path": "/admin",
        "content-security-policy-report-only": "x",
        rsc: "1",
      },
    });
    const [{ headers } = { headers: {} as IncomingHttpHeaders }] = seen;
    expect(Object.keys(headers).filter((name) => /^x-(?:middleware|nextjs|invoke)|report-only/.test(name))).toEqual([]);
    expect(headers["x-nonce"]).not.toBe("mine");
    expect(headers["x-berth-client-address"]).toBe("127.0.0.1");
    expect(headers.rsc).toBe("1");
  });

  it("X-Forwarded-For is believed of a trusted proxy alone", async () => {
    await ask("/healthz", { headers: { "x-forwarded-for": "203.0.113.9" } });
    await new Promise<void>((resolve) => {
      httpRequest(
        {
          host: "127.0.0.1",
          localAddress: "127.0.0.2",
          port,
          path: "/healthz",
          agent: false,
          headers: { "x-forwarded-for": "1.1.1.1, 203.0.113.9" },
        },
        (response) => {
          response.resume().on("end", resolve);
        },
      ).end();
    });
    expect(seen.map(({ address }) => address)).toEqual(["127.0.0.1", "203.0.113.9"]);
  });
});

describe("closing", () => {
  it("cuts what is left after the grace", async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write("GET / HT");
    const closed = once(socket, "close");
    await listener.close(20);
    await closed;
    await start();
  });

  it("does not end when sockets break off at any moment", async () => {
    for (const bytes of [
      "",
      "GET /healthz HTTP/1.1\r\n",
      upgradeOf("/live"),
      upgradeOf("/live").slice(0, 40),
      "POST /api/v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
    ]) {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      socket.write(bytes);
      socket.resetAndDestroy();
    }
    await vi.waitFor(async () => expect((await ask("/healthz")).status).toBe(200));
  });
});
