import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { initTRPC } from "@trpc/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toBerthError } from "../platform/errors";
import { createLog } from "../platform/log";
import type { RequestFacts } from "./calls";
import { healthzEndpoint, metricsEndpoint } from "./health-endpoints";
import { OpenSockets } from "./open-sockets";
import { trpcEndpoint } from "./trpc-endpoint";

const t = initTRPC.context<RequestFacts>().create();
const router = t.router({
  who: t.procedure.query(({ ctx }) => ({ username: ctx.login?.username ?? null, address: ctx.address, requestId: ctx.requestId })),
  change: t.procedure.input((value: unknown) => value).mutation(({ input }) => JSON.stringify(input).length),
  leave: t.procedure.mutation(() => sockets.endLogin("l1", "signed out")),
  stream: t.procedure.subscription(async function* ({ signal }) {
    yield 1;
    await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
  }),
});
const login = { loginId: "l1", userId: "11111111-1111-4111-8111-111111111111", accessEpoch: 1, expiresAt: new Date(0), token: null };
const authenticator = {
  fromBearer: async (token: string) => ({
    ...login,
    username: token,
    role: token === "op" ? ("operator" as const) : ("user" as const),
    via: "bearer" as const,
  }),
  fromCookie: async () => null,
};
const count = async () => null;
let server: Server;
let url: string;
let sockets: OpenSockets;
let ready: boolean;
let address: string;
beforeEach(async () => {
  ready = true;
  address = "203.0.113.9";
  sockets = new OpenSockets();
  const trpc = trpcEndpoint({ router, authenticator, count, sockets, log: createLog("silent"), createContext: (facts) => facts });
  const metrics = metricsEndpoint({ text: async () => "berth_numbers 2\n", contentType: "text/plain" }, authenticator);
  const healthz = healthzEndpoint(async () => ready, "1.2.3");
  server = createServer(async (request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const handler = path === "/metrics" ? metrics : path === "/healthz" ? healthz : trpc;
    try {
      await handler({
        request,
        response,
        requestId: "req-1",
        address,
        pathname: path,
        query: new URLSearchParams(),
        params: { rest: path.slice("/api/trpc/".length) },
      });
    } catch (error) {
      const known = toBerthError(error);
      response.writeHead(known.status).end(known.code);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe("/api/trpc", () => {
  it("gives procedures who asks, from where, and the request's id", async () => {
    const answer = await fetch(`${url}/api/trpc/who`, { headers: { authorization: "Bearer ann" } });
    expect(await answer.json()).toEqual({ result: { data: { username: "ann", address: "203.0.113.9", requestId: "req-1" } } });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/octet-stream"])(
    "refuses a body of %s, which a form could send",
    async (type) => {
      const answer = await fetch(`${url}/api/trpc/change`, { method: "POST", body: "{}", headers: { "content-type": type } });
      expect(answer.status).toBe(415);
    },
  );

  it("refuses a body over the limit, announced or not", async () => {
    const body = JSON.stringify("x".repeat(1_200_000));
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${url}/api/trpc/change`, { method: "POST", body, headers })).status).toBe(413);
    const streamed = new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 100_000) controller.enqueue(new TextEncoder().encode(body.slice(at, at + 100_000)));
        controller.close();
      },
    });
    const options = { method: "POST", body: streamed, headers, duplex: "half" as const };
    expect((await fetch(`${url}/api/trpc/change`, options)).status).toBe(413);
  });

  it("answers a change that ends the login which asked for it", async () => {
    const headers = { "content-type": "application/json", authorization: "Bearer ann" };
    const answer = await fetch(`${url}/api/trpc/leave`, { method: "POST", headers });
    expect([answer.status, await answer.json()]).toEqual([200, { result: {} }]);
  });

  it.each(["stream", "who,stream?batch=1", "who%2C%73tream?batch=1"])("opens no stream by POST: %s", async (path) => {
    const headers = { "content-type": "application/json", accept: "text/event-stream", authorization: "Bearer ann" };
    expect((await fetch(`${url}/api/trpc/${path}`, { method: "POST", headers, body: "{}" })).status).toBe(405);
  });

  it("ends a stream with the access that opened it, and forgets requests that are over", async () => {
    await fetch(`${url}/api/trpc/who`, { headers: { authorization: "Bearer ann" } });
    await expect.poll(() => sockets.size).toBe(0);
    const stream = await fetch(`${url}/api/trpc/stream`, { headers: { authorization: "Bearer ann", accept: "text/event-stream" } });
    const text = stream.text();
    expect(sockets.size).toBe(1);
    sockets.endLogin("l1", "signed out");
    await expect(text).rejects.toThrow();
    await expect.poll(() => sockets.size).toBe(0);
  });
});

describe("/healthz and /metrics", () => {
  it("say whether it is ready", async () => {
    const up = await fetch(`${url}/healthz`);
    expect([up.status, await up.json()]).toEqual([200, { status: "ok", version: "1.2.3" }]);
    ready = false;
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
  });

  it("give numbers to operators, and to this machine without a proxy in between", async () => {
    const ask = async (headers: Record<string, string>) => (await fetch(`${url}/metrics`, { headers })).status;
    expect([await ask({}), await ask({ authorization: "Bearer ann" }), await ask({ authorization: "Bearer op" })]).toEqual([401, 403, 200]);
    address = "127.0.0.1";
    expect([await ask({}), await ask({ "x-forwarded-for": "127.0.0.1" })]).toEqual([200, 401]);
    expect(await (await fetch(`${url}/metrics`)).text()).toBe("berth_numbers 2\n");
  });
});
