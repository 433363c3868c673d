import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Asker } from "../modules/users/users-schema";
import { type Answer, askDoor } from "../testing/door-calls";
import { type DoorKit, startDoorKit } from "../testing/door-kit";
import { makeAsker, PASSWORD } from "../testing/factories";

let kit: DoorKit;
let user: Asker;
let token: string;

beforeAll(async () => {
  kit = await startDoorKit({ requestsPerMinute: 3, sessionCreatesPerMinute: 2 });
});
beforeEach(async () => {
  user = await makeAsker(kit);
  token = await kit.tokenOf(user);
  await kit.pool.query("DELETE FROM rate_limits");
});
afterAll(() => kit.close());

const ask = (method: string, path: string, options: { as?: string | null; body?: unknown; headers?: Record<string, string> } = {}) => {
  const { as = token, body, headers } = options;
  const sent = { ...(as === null ? {} : { authorization: `Bearer ${as}` }), ...headers };
  return askDoor(kit.port, { method, path: `/api/v1${path}`, body, headers: sent });
};
const limitsOf = ({ headers }: Answer) =>
  z
    .object({ "x-ratelimit-limit": z.coerce.number(), "x-ratelimit-remaining": z.coerce.number(), "x-ratelimit-reset": z.coerce.number() })
    .transform((named) => [named["x-ratelimit-limit"], named["x-ratelimit-remaining"], named["x-ratelimit-reset"]] as const)
    .parse(headers);
const left = (answer: Answer) => limitsOf(answer)[1];

describe("every answer of REST", () => {
  it("says how many requests there are in a minute, how many are left, and when it ends", async () => {
    const first = limitsOf(await ask("GET", "/auth/me"));
    const now = kit.clock.now().getTime() / 1000;
    expect(first).toEqual([3, 2, expect.any(Number)]);
    expect([first[2] - now > 55, first[2] - now <= 61]).toEqual([true, true]);
    expect(limitsOf(await ask("GET", "/auth/me"))).toEqual([3, 1, expect.any(Number)]);
  });

  it.each([
    ["nothing there", 404, () => ask("GET", "/no-such-path")],
    ["a method that isn't taken", 405, () => ask("PUT", "/sessions", { body: {} })],
    ["a wrong parameter", 400, () => ask("GET", "/sessions?limit=nonsense")],
    ["no credential", 401, () => ask("GET", "/sessions", { as: null })],
    ["a credential that is none", 401, () => ask("GET", "/sessions", { as: "berth_nonsense" })],
    ["a page of another origin", 403, () => ask("POST", "/sessions", { body: {}, headers: { origin: "https://evil.example" } })],
    ["a body that is too large", 413, () => ask("POST", "/users", { headers: { "content-length": "99999999" } })],
    ["a kind of body that isn't taken", 415, () => ask("POST", "/users", { body: {}, headers: { "content-type": "text/plain" } })],
    ["the document of the API", 200, () => ask("GET", "/openapi.json")],
    ["the head alone", 200, () => ask("HEAD", "/auth/me")],
  ])("does, for %s too", async (_, status, call) => {
    const answer = await call();
    expect(answer.status).toBe(status);
    expect(limitsOf(answer)[0]).toBeGreaterThan(1);
  });
});

describe("beyond the limit", () => {
  const exhaust = async () => {
    for (const remaining of [2, 1, 0]) expect(left(await ask("GET", "/auth/me"))).toBe(remaining);
  };

  it("a request is refused with what the contract says, and told when to come again", async () => {
    await exhaust();
    const refused = await ask("GET", "/auth/me");
    const body = z.record(z.string(), z.unknown()).parse(JSON.parse(refused.text));
    const seconds = Number(body.retry_after);
    expect(refused.status).toBe(429);
    expect([seconds > 50, seconds <= 60, refused.headers["retry-after"]]).toEqual([true, true, String(seconds)]);
    expect(body).toEqual({
      error: "Rate limit exceeded",
      message: `Too many requests. Please try again in ${seconds} seconds.`,
      code: "RATE_LIMIT_EXCEEDED",
      retry_after: seconds,
      timestamp: expect.any(String),
      request_id: refused.headers["x-request-id"],
    });
    expect(limitsOf(refused)).toEqual([3, 0, Math.ceil(kit.clock.now().getTime() / 1000) + seconds]);
  });

  it("it is the user who is refused, by whichever login; others, API tokens and the pages go on", async () => {
    const apiToken = (await kit.callerOf(user).tokens.create({ name: "a script", scope: "read" })).value;
    const second = await kit.tokenOf(user);
    await exhaust();
    expect((await ask("GET", "/auth/me", { as: second })).status).toBe(429);
    expect(left(await ask("GET", "/auth/me", { as: await kit.tokenOf(await makeAsker(kit)) }))).toBe(2);
    expect(left(await ask("GET", "/auth/me", { as: apiToken }))).toBe(2);
    const byPage = await askDoor(kit.port, { method: "GET", path: "/api/trpc/auth.me", headers: { authorization: `Bearer ${token}` } });
    expect(byPage.status).toBe(200);
  });

  it("whoever is nobody is counted by address, and so is one who guesses tokens", async () => {
    expect(left(await ask("GET", "/sessions", { as: null }))).toBe(2);
    expect(left(await ask("GET", "/sessions", { as: `berth_${"a".repeat(43)}` }))).toBe(1);
    expect(left(await ask("GET", "/sessions", { as: null, headers: { "x-forwarded-for": "203.0.113.9" } }))).toBe(0);
    expect((await ask("GET", "/sessions", { as: `berth_${"b".repeat(43)}` })).status).toBe(429);
  });

  it("new sessions have a limit of their own, however their path is written", async () => {
    const body = { template: "no-such-template" };
    expect(limitsOf(await ask("POST", "/sessions", { body })).slice(0, 2)).toEqual([2, 1]);
    expect(limitsOf(await ask("POST", "//sessions/", { body })).slice(0, 2)).toEqual([2, 0]);
    expect((await ask("POST", "/sessions", { body })).status).toBe(429);
    expect(left(await ask("GET", "/sessions"))).toBe(2);
  });

  it("is shared by control planes on one database", async () => {
    await exhaust();
    const { rows } = await kit.pool.query("SELECT points FROM rate_limits WHERE key = $1", [`rest:user:${user.userId}`]);
    expect(rows).toEqual([{ points: 3 }]);
  });
});

describe("signing in", () => {
  const signIn = (body: unknown) => ask("POST", "/auth/login", { as: null, body });

  it("has five attempts a minute for an address, wrong bodies included, each counted once", async () => {
    const good = { username: user.username, password: PASSWORD };
    expect(limitsOf(await signIn(good)).slice(0, 2)).toEqual([5, 4]);
    expect(left(await signIn({ username: user.username, password: "wrong one" }))).toBe(3);
    expect(left(await signIn({ nonsense: true }))).toBe(2);
    await kit.services.auth.signIn({ ...good, address: "127.0.0.1" });
    expect(left(await signIn(good))).toBe(0);
    const refused = await signIn(good);
    expect([refused.status, refused.code, left(refused)]).toEqual([429, "RATE_LIMIT_EXCEEDED", 0]);
    expect(JSON.parse(refused.text)).toMatchObject({ retry_after: Number(refused.headers["retry-after"]) });
  });
});
