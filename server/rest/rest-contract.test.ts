import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Asker } from "../modules/users/users-schema";
import { type Answer, askDoor } from "../testing/door-calls";
import { type DoorKit, startDoorKit } from "../testing/door-kit";
import { makeAsker, PASSWORD } from "../testing/factories";

let kit: DoorKit;
let user: Asker;
const tokens = { user: "", admin: "" };
const nobody = "00000000-0000-4000-8000-000000000000";

beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 10_000 });
  await kit.connectAgent("host-a");
  user = await makeAsker(kit);
  const admin = await makeAsker(kit, "admin");
  tokens.user = await kit.tokenOf(user);
  tokens.admin = await kit.tokenOf(admin);
});
afterAll(() => kit.close());

const ask = (method: string, path: string, body?: unknown, as: keyof typeof tokens = "user") =>
  askDoor(kit.port, { method, path: `/api/v1${path}`, body, headers: { authorization: `Bearer ${tokens[as]}` } });
const bodyOf = (answer: Answer) => z.record(z.string(), z.unknown()).parse(JSON.parse(answer.text));
const errorOf = (answer: Answer) => {
  const error = z
    .object({
      error: z.string(),
      message: z.string(),
      code: z.string(),
      details: z.object({ fields: z.record(z.string(), z.string()).optional() }).optional(),
      timestamp: z.iso.datetime(),
      request_id: z.string().regex(/^req-./),
    })
    .loose()
    .parse(JSON.parse(answer.text));
  expect(answer.headers["x-request-id"]).toBe(error.request_id);
  return { status: answer.status, code: error.code, message: error.message, error: error.error, fields: { ...error.details?.fields } };
};

describe("what isn't there", () => {
  it("is a wrong request where the body names it, and a wrong address where the path does", async () => {
    expect(errorOf(await ask("POST", "/sessions", { template: "invalid-template" }))).toMatchObject({
      status: 400,
      error: "Invalid request",
      message: "Template 'invalid-template' does not exist",
      code: "TEMPLATE_NOT_FOUND",
    });
    expect(errorOf(await ask("GET", "/templates/invalid-template"))).toMatchObject({
      status: 404,
      code: "TEMPLATE_NOT_FOUND",
      error: "Template not found",
    });
    const named = [
      [{ home_id: nobody }, "HOME_NOT_FOUND"],
      [{ agent_id: "no-such-host" }, "AGENT_NOT_FOUND"],
      [{ user: "no-such-person" }, "USER_NOT_FOUND"],
    ] as const;
    for (const [field, code] of named) {
      expect(errorOf(await ask("POST", "/sessions", { template: "scratchpad", ...field }, "admin"))).toMatchObject({ status: 400, code });
    }
  });
});

describe("signing in", () => {
  it("to an account with a second factor takes its code in the field `totp`, and says so where it is missing", async () => {
    const guarded = await makeAsker(kit);
    const as = { ...guarded, address: "192.0.2.60" };
    const { secret } = await kit.services.secondFactor.start(as, PASSWORD);
    const code = (steps: number) =>
      new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: kit.clock.now().getTime() + steps * 30_000 });
    await kit.services.secondFactor.confirm(as, code(0));
    const signIn = (totp?: string) =>
      askDoor(kit.port, {
        method: "POST",
        path: "/api/v1/auth/login",
        body: { username: guarded.username, password: PASSWORD, ...(totp ? { totp } : {}) },
        headers: { "user-agent": "a script" },
      });
    expect(errorOf(await signIn())).toMatchObject({ status: 401, code: "AUTH_SECOND_FACTOR_REQUIRED", error: "Second factor required" });
    const { token } = z.object({ token: z.string() }).parse(bodyOf(await signIn(code(1))));
    const mine = await askDoor(kit.port, { method: "GET", path: "/api/v1/auth/logins", headers: { authorization: `Bearer ${token}` } });
    expect(bodyOf(mine)).toMatchObject({ logins: [{ current: true, via: "bearer", user_agent: "a script" }] });
  });
});

describe("what is wrong with a request", () => {
  it.each([
    ["a parameter of the query", "GET", "/sessions?limit=1000", undefined, "INVALID_PARAMETER", ["limit"]],
    ["a query that nobody knows", "GET", "/sessions?colour=red", undefined, "INVALID_PARAMETER", ["colour"]],
    ["a parameter twice", "GET", "/sessions?page=1&page=2", undefined, "INVALID_PARAMETER", ["page"]],
    ["a parameter of the path", "GET", "/sessions/not-a-uuid", undefined, "INVALID_PARAMETER", ["id"]],
    ["a query where a body belongs", "POST", "/sessions?template=x", { template: "scratchpad" }, "INVALID_PARAMETER", ["template"]],
    ["a required field that is missing", "POST", "/sessions", {}, "MISSING_REQUIRED_FIELD", ["template"]],
    ["no body where one is required", "POST", "/users", undefined, "MISSING_REQUIRED_FIELD", ["username", "password"]],
    ["a field of the wrong kind", "POST", "/sessions", { template: 1 }, "VALIDATION_FAILED", ["template"]],
    ["a missing field and a wrong one", "POST", "/sessions", { state: "asleep" }, "VALIDATION_FAILED", ["state", "template"]],
    [
      "a field that nobody knows",
      "POST",
      "/sessions",
      { template: "scratchpad", __proto__x: 1, colour: 1 },
      "VALIDATION_FAILED",
      ["__proto__x", "colour"],
    ],
    [
      "a wrong value in a map",
      "POST",
      "/sessions",
      { template: "scratchpad", environment: { someName: 1 } },
      "VALIDATION_FAILED",
      ["environment.someName"],
    ],
  ])("%s has its code and is named", async (_, method, path, body, code, fields) => {
    const answer = errorOf(await ask(method, path, body, path === "/users" ? "admin" : "user"));
    expect([answer.status, answer.code, Object.keys(answer.fields).sort()]).toEqual([400, code, [...fields].sort()]);
  });

  it("is told in the contract's words", async () => {
    expect(errorOf(await ask("GET", "/sessions?sort=size")).fields.sort).toBe("must be one of created_at, updated_at, name, user, state");
    expect(errorOf(await ask("GET", "/sessions?sort=createdAt")).fields.sort).toContain("created_at");
    expect((await ask("GET", "/sessions?sort=created_at&order=asc")).status).toBe(200);
    expect(errorOf(await ask("POST", "/sessions", {})).message).toBe("template: is required");
  });

  it("a field called __proto__ is an unknown field", async () => {
    const answer = await askDoor(kit.port, {
      method: "POST",
      path: "/api/v1/sessions",
      headers: { authorization: `Bearer ${tokens.user}` },
      body: JSON.parse('{"template":"scratchpad","__proto__":{"user":"admin"}}'),
    });
    expect(errorOf(answer)).toMatchObject({ code: "VALIDATION_FAILED", message: "__proto__: unknown field" });
  });

  it("a body that names another thing than the path is refused, and the same thing is taken", async () => {
    const refused = errorOf(await ask("PATCH", "/agents/host-a", { id: "host-b", status: "draining" }, "admin"));
    expect(refused).toMatchObject({
      status: 400,
      code: "VALIDATION_FAILED",
      fields: { id: expect.stringContaining("the path says 'host-a'") },
    });
    expect(bodyOf(await ask("GET", "/agents/host-a", undefined, "admin")).status).toBe("online");
    expect((await ask("PATCH", "/agents/host-a", { id: "host-a", status: "online" }, "admin")).status).toBe(200);
    expect(errorOf(await ask("DELETE", "/agents/host-a?id=host-b", undefined, "admin"))).toMatchObject({
      status: 400,
      code: "INVALID_PARAMETER",
    });
  });
});

describe("every refusal has the contract's shape and its request's id", () => {
  const json = { "content-type": "application/json" };
  const giant = JSON.stringify({ username: "x".repeat(2 ** 20) });
  it.each([
    ["no such route", "GET", "/api/v1/nothing", {}, undefined, 404, "NOT_FOUND"],
    ["the root of the API", "GET", "/api/v1", {}, undefined, 404, "NOT_FOUND"],
    ["another version", "GET", "/api/v2/sessions", {}, undefined, 404, "NOT_FOUND"],
    ["a path that can't be decoded", "GET", "/api/v1/sessions/%zz", {}, undefined, 404, "NOT_FOUND"],
    ["another method", "PUT", "/api/v1/sessions", json, "{}", 405, "METHOD_NOT_ALLOWED"],
    ["another method of what is only read", "POST", "/healthz", json, "{}", 405, "METHOD_NOT_ALLOWED"],
    ["malformed JSON", "POST", "/api/v1/auth/login", json, '{"username":', 400, "VALIDATION_FAILED"],
    ["a body that is no object", "POST", "/api/v1/auth/login", json, "[]", 400, "VALIDATION_FAILED"],
    ["text that is no UTF-8", "POST", "/api/v1/auth/login", json, Buffer.from('{"username":"\xff"}', "latin1"), 400, "VALIDATION_FAILED"],
    ["another kind of body", "POST", "/api/v1/auth/login", { "content-type": "text/plain" }, "a=b", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["a form", "POST", "/api/v1/auth/login", { "content-type": "application/x-www-form-urlencoded" }, "a=b", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["a packed body", "POST", "/api/v1/auth/login", { ...json, "content-encoding": "gzip" }, "{}", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["too large a body", "POST", "/api/v1/auth/login", { ...json, "content-length": String(giant.length) }, giant, 413, "BODY_TOO_LARGE"],
    ["too large a body in chunks", "POST", "/api/v1/auth/login", { ...json, "transfer-encoding": "chunked" }, giant, 413, "BODY_TOO_LARGE"],
    ["nobody signed in", "GET", "/api/v1/sessions", {}, undefined, 401, "AUTH_TOKEN_MISSING"],
    ["a token of ours that is none", "GET", "/api/v1/sessions", { authorization: "Bearer nonsense" }, undefined, 401, "AUTH_TOKEN_INVALID"],
    ["another way to sign in", "GET", "/api/v1/sessions", { authorization: "Basic YTpi" }, undefined, 401, "AUTH_TOKEN_INVALID"],
    ["a page elsewhere", "POST", "/api/v1/auth/login", { ...json, origin: "https://evil.example" }, "{}", 403, "AUTH_ORIGIN_REFUSED"],
    ["a WebSocket asked for plainly", "GET", "/live", {}, undefined, 400, "INVALID_PARAMETER"],
  ])("%s", async (_, method, path, headers, raw, status, code) => {
    const answer = await askDoor(kit.port, { method, path, headers, raw });
    expect(errorOf(answer)).toMatchObject({ status, code });
    expect(answer.headers["content-type"]).toContain("application/json");
    expect(answer.headers.allow).toBe(status !== 405 ? undefined : path === "/healthz" ? "GET, HEAD" : "GET, HEAD, POST");
    expect(answer.headers["www-authenticate"]).toBe(status === 401 ? "Bearer" : undefined);
  });
});

describe("the tasks of an agent", () => {
  it("are taken by GET and ordered by POST: another method is told both", async () => {
    const answer = await ask("PUT", "/agents/host-a/tasks", {}, "admin");
    expect(errorOf(answer)).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED" });
    expect(answer.headers.allow).toBe("GET, POST");
  });

  it("and what else agents ask for say how many requests are left to the agent", async () => {
    const left = async () => Number((await ask("GET", "/agents/host-a/tasks")).headers["x-ratelimit-remaining"]);
    const first = await left();
    expect(first).toBeGreaterThan(0);
    expect(await left()).toBe(first - 1);
  });
});

describe("a list by cursor", () => {
  const paged = z.object({ pagination: z.object({ next_cursor: z.string().nullable(), total: z.number() }) }).catchall(z.unknown());
  /** Every id, page by page; `between` runs after each page. */
  async function walk(
    path: string,
    list: string,
    key: string,
    as: keyof typeof tokens,
    between: (at: number) => Promise<void> = async () => {},
  ) {
    const ids: unknown[] = [];
    let cursor: string | null = "";
    for (let at = 0; cursor !== null; at += 1) {
      if (at > 50) throw new Error("a cursor that leads nowhere");
      const page: z.infer<typeof paged> = paged.parse(
        bodyOf(await ask("GET", `${path}limit=2${cursor && `&cursor=${cursor}`}`, undefined, as)),
      );
      const rows = z.array(z.record(z.string(), z.unknown())).parse(page[list]);
      expect(rows.length).toBeLessThanOrEqual(2);
      ids.push(...rows.map((row) => row[key]));
      cursor = page.pagination.next_cursor;
      await between(at);
    }
    return ids;
  }

  let sessions: { id: string; name: string }[];
  beforeAll(async () => {
    sessions = [];
    for (let at = 0; at < 7; at += 1) {
      sessions.push(await kit.callerOf(user).sessions.create({ template: "scratchpad", state: "hibernated", tags: [`t${at % 2}`] }));
      if (at % 3 === 0) await kit.clock.advance(1_000);
    }
    for (let at = 0; at < 4; at += 1)
      await kit.services.users.create(await makeAsker(kit, "admin"), { username: `person-${at}`, password: "long enough", role: "user" });
  });

  it.each(
    ["created_at", "updated_at", "name", "user", "state"].flatMap((sort) => [
      [sort, "asc"],
      [sort, "desc"],
    ]),
  )("tells every session once, by %s %s", async (sort, order) => {
    const ids = await walk(`/sessions?sort=${sort}&order=${order}&`, "sessions", "id", "user");
    expect(ids).toHaveLength(sessions.length);
    expect(new Set(ids)).toEqual(new Set(sessions.map(({ id }) => id)));
    const whole = z
      .array(z.object({ id: z.string() }))
      .parse(bodyOf(await ask("GET", `/sessions?sort=${sort}&order=${order}&limit=100`)).sessions);
    expect(ids).toEqual(whole.map(({ id }) => id));
  });

  it("leaves nothing out and tells nothing twice when rows come and go meanwhile", async () => {
    const gone: string[] = [];
    const ids = await walk("/sessions?", "sessions", "id", "user", async (at) => {
      if (at !== 0) return;
      const [newest] = await kit.database.session.findMany({
        where: { userId: user.userId },
        orderBy: [{ createdAt: "desc" }, { id: "desc" }],
        take: 1,
      });
      if (!newest) throw new Error("no session");
      gone.push(newest.id);
      await kit.database.session.delete({ where: { id: newest.id } });
      await kit.clock.advance(1_000);
      await kit.callerOf(user).sessions.create({ template: "scratchpad", state: "hibernated" });
    });
    expect(new Set(ids)).toEqual(new Set(sessions.map(({ id }) => id)));
    expect(ids).toHaveLength(sessions.length);
    expect(gone).toHaveLength(1);
  });

  it.each([
    ["/users?", "users", "username"],
    ["/templates?", "templates", "name"],
    ["/tasks?", "tasks", "id"],
    ["/audit?", "entries", "id"],
    ["/agents?", "agents", "agent_id"],
    ["/homes?", "homes", "id"],
    ["/registration-tokens?", "tokens", "id"],
  ])("tells everything of %s once", async (path, list, key) => {
    if (list === "agents") for (const name of ["host-b", "hosta", "host-c"]) await kit.connectAgent(name);
    const ids = await walk(path, list, key, "admin");
    const { total } = paged.parse(bodyOf(await ask("GET", `${path}limit=1`, undefined, "admin"))).pagination;
    expect([new Set(ids).size, ids.length]).toEqual([total, total]);
  });

  it("refuses a cursor of another list or order, or none of ours, by name", async () => {
    const { pagination } = paged.parse(bodyOf(await ask("GET", "/sessions?limit=2")));
    const sealed = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const wrong = [
      `/sessions?order=asc&cursor=${pagination.next_cursor}`,
      `/templates?cursor=${pagination.next_cursor}`,
      "/sessions?cursor=nonsense",
      `/sessions?cursor=${sealed(["sessions by createdAt desc", "yesterday", nobody])}`,
      `/sessions?cursor=${sealed(["sessions by createdAt desc", "2026-01-01T00:00:00Z"])}`,
    ];
    for (const path of wrong) {
      expect(errorOf(await ask("GET", path))).toMatchObject({
        status: 400,
        code: "INVALID_PARAMETER",
        fields: { cursor: expect.stringContaining("begin again") },
      });
    }
  });

  it("says nothing to whom it doesn't belong", async () => {
    const stranger = await kit.tokenOf(await makeAsker(kit));
    const { pagination } = paged.parse(bodyOf(await ask("GET", "/sessions?limit=2")));
    const answer = await askDoor(kit.port, {
      method: "GET",
      path: `/api/v1/sessions?limit=2&cursor=${pagination.next_cursor}`,
      headers: { authorization: `Bearer ${stranger}` },
    });
    expect(bodyOf(answer).sessions).toEqual([]);
  });
});

describe("a template's picture", () => {
  it("is an https address, or none", async () => {
    const template = {
      name: "pictured",
      display_name: "P",
      category: "Tests",
      image: "x:1",
      display: { protocol: "rfb", port: 5900 },
      default_resources: { memory: "1Gi", cpu: "1" },
    };
    const icon_url = "https://cdn.example/firefox.svg";
    expect((await ask("POST", "/templates", { ...template, icon_url }, "admin")).status).toBe(201);
    expect(bodyOf(await ask("GET", "/templates/pictured")).icon_url).toBe(icon_url);
    expect(bodyOf(await ask("GET", "/templates/firefox-browser")).icon_url).toBeNull();
    expect(errorOf(await ask("POST", "/templates", { ...template, name: "p2", icon_url: "javascript:alert(1)" }, "admin"))).toMatchObject({
      code: "VALIDATION_FAILED",
      fields: { icon_url: "must be an https URL" },
    });
  });
});
