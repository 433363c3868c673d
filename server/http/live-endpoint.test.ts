import { once } from "node:events";
import { initTRPC } from "@trpc/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ACCESS_ENDED } from "../modules/live/live-codes";
import { createLog } from "../platform/log";
import { startUpgradeServer } from "../testing/upgrade-server";
import type { RequestFacts } from "./calls";
import { liveEndpoint } from "./live-endpoint";
import { OpenSockets } from "./open-sockets";

const t = initTRPC.context<RequestFacts>().create();
let begun = 0;
let stopped = 0;
const router = t.router({
  events: t.procedure.subscription(async function* ({ ctx, signal }) {
    begun += 1;
    yield ctx.login?.username;
    await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
    stopped += 1;
  }),
  flood: t.procedure.subscription(async function* ({ signal }) {
    while (!signal?.aborted) {
      yield "x".repeat(200_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    stopped += 1;
  }),
});
const login = {
  loginId: "l1",
  userId: "11111111-1111-4111-8111-111111111111",
  username: "ann",
  role: "user" as const,
  accessEpoch: 1,
  expiresAt: new Date(0),
  token: null,
};

let sockets: OpenSockets;
let server: Awaited<ReturnType<typeof startUpgradeServer>>;
beforeEach(async () => {
  begun = 0;
  stopped = 0;
  sockets = new OpenSockets();
  const upgrade = liveEndpoint({
    router,
    sockets,
    publicOrigin: "http://localhost:3000",
    log: createLog("silent"),
    createContext: (facts) => facts,
    authenticator: {
      fromBearer: async () => ({ ...login, via: "bearer" as const }),
      fromCookie: async (cookie) => (cookie.includes("good") ? { ...login, via: "cookie" as const } : null),
    },
  });
  server = await startUpgradeServer(async (request, socket, head) =>
    upgrade({
      request,
      socket,
      head,
      requestId: "req-1",
      address: "127.0.0.1",
      pathname: "/live",
      query: new URLSearchParams(),
      params: {},
    }),
  );
});
afterEach(() => server.close());

const dial = (headers: Record<string, string>) => new WebSocket(`ws://127.0.0.1:${server.port}/live`, { headers });
const subscribe = (path: string) => JSON.stringify({ id: 1, jsonrpc: "2.0", method: "subscription", params: { path } });

describe("/live", () => {
  it.each([
    ["nothing", {}, 401],
    ["a cookie without Origin", { cookie: "berth-session=good" }, 403],
    ["a cookie with a foreign Origin", { cookie: "berth-session=good", origin: "http://evil.example" }, 403],
    ["our Origin without a cookie", { origin: "http://localhost:3000" }, 401],
    ["an expired cookie", { origin: "http://localhost:3000", cookie: "berth-session=old" }, 401],
    ["a credential that is no bearer token", { authorization: "Basic YTpi" }, 401],
  ])("refuses %s before the 101", async (_, headers, status) => {
    const [, response] = await once(dial(headers), "unexpected-response");
    expect(response.statusCode).toBe(status);
    expect(sockets.size).toBe(0);
  });

  it("serves subscriptions to a cookie with our Origin, and to a bearer token without any", async () => {
    const ways: Record<string, string>[] = [
      { cookie: "berth-session=good", origin: "http://localhost:3000" },
      { authorization: "Bearer abc" },
    ];
    for (const headers of ways) {
      const socket = dial(headers);
      await once(socket, "open");
      const messages: string[] = [];
      const told = new Promise<void>((resolve) =>
        socket.on("message", (data) => {
          messages.push(data.toString());
          if (messages.some((message) => message.includes('"ann"'))) resolve();
        }),
      );
      socket.send(subscribe("events"));
      await told;
      const closed = once(socket, "close");
      socket.close();
      await closed;
    }
  });

  it("ends with the access that opened it, its subscriptions too", async () => {
    const socket = dial({ authorization: "Bearer abc" });
    await once(socket, "open");
    socket.send(subscribe("events"));
    await once(socket, "message");
    const closed = once(socket, "close");
    sockets.endUser(login.userId, 2, "your role was changed");
    const [code, reason] = await closed;
    expect([code, reason.toString()]).toEqual([ACCESS_ENDED, "your role was changed"]);
    await expect.poll(() => stopped).toBe(1);
  });

  const many = (count: number, from = 0) =>
    Array.from({ length: count }, (_, at) => ({ id: from + at, jsonrpc: "2.0", method: "subscription", params: { path: "events" } }));

  it.each([
    ["one after the other", (socket: WebSocket) => many(500).forEach((one) => void socket.send(JSON.stringify(one)))],
    ["in one message", (socket: WebSocket) => socket.send(JSON.stringify(many(500)))],
  ])("closes a socket that asks for hundreds of subscriptions %s, and starts no more than a page may have", async (_, flood) => {
    const socket = dial({ authorization: "Bearer abc" });
    await once(socket, "open");
    flood(socket);
    const [code, reason] = await once(socket, "close");
    expect([code, reason.toString()]).toEqual([1008, "more than 20 subscriptions on one socket"]);
    await expect.poll(() => stopped).toBe(begun);
    expect(begun).toBeLessThanOrEqual(20);
    await expect.poll(() => sockets.size).toBe(0);
  });

  it("counts what is stopped out again", async () => {
    const socket = dial({ authorization: "Bearer abc" });
    await once(socket, "open");
    for (let at = 0; at < 60; at += 1) {
      const heard = once(socket, "message");
      socket.send(JSON.stringify(many(1, at)[0]));
      await heard;
      socket.send(JSON.stringify({ id: at, jsonrpc: "2.0", method: "subscription.stop" }));
    }
    await expect.poll(() => stopped).toBe(60);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });

  it("serves no queries and mutations, which have a door of their own", async () => {
    const socket = dial({ authorization: "Bearer abc" });
    await once(socket, "open");
    socket.send(JSON.stringify({ id: 1, jsonrpc: "2.0", method: "mutation", params: { path: "sessions.delete", input: {} } }));
    const [code, reason] = await once(socket, "close");
    expect([code, reason.toString()]).toEqual([1008, expect.stringContaining("only subscriptions")]);
  });

  it("closes on a giant message", async () => {
    const socket = dial({ authorization: "Bearer abc" });
    await once(socket, "open");
    socket.send("x".repeat(100_000));
    expect((await once(socket, "close"))[0]).toBe(1009);
  });

  it("cuts off a browser that doesn't read", async () => {
    const socket = dial({ authorization: "Bearer abc" });
    await once(socket, "open");
    socket.send(subscribe("flood"));
    socket.pause();
    await expect.poll(() => [sockets.size, stopped]).toEqual([0, 1]);
    socket.terminate();
  });
});
