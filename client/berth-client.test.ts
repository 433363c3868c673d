import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type BerthClient, createBerthClient, NoAnswerError, RequestError, WaitTimedOut } from "./berth-client";
import { startBerth } from "./testing/start-berth";

let berth: Awaited<ReturnType<typeof startBerth>>;
let client: BerthClient;
let user: Awaited<ReturnType<typeof berth.person>>;
const clients: BerthClient[] = [];

const clientOf = (token: string | null, url = berth.url) => {
  const made = createBerthClient({ url, token });
  clients.push(made);
  return made;
};

beforeAll(async () => {
  berth = await startBerth();
  user = await berth.person();
  client = clientOf(user.token);
});
afterAll(async () => {
  for (const each of clients) await each.close();
  await berth.close();
});

const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => error,
  );
const running = async (template = "terminal-desktop") =>
  client.sessions.waitFor((await client.api.sessions.create.mutate({ template })).id, { phase: "Running" });

describe("calls", () => {
  it("are typed procedures, by token", async () => {
    expect(await client.api.auth.me.query()).toMatchObject({ username: user.username, role: "user" });
  });

  it("sign in for a token", async () => {
    const { token } = await clientOf(null).api.auth.signIn.mutate({ username: user.username, password: user.password });
    expect(await clientOf(token).api.auth.me.query()).toMatchObject({ username: user.username });
  });

  it("are made by API tokens, as far as their scope goes", async () => {
    const reader = clientOf(await berth.apiToken(user.asker, "read"));
    expect((await reader.api.sessions.list.query({})).sessions).toEqual([]);
    expect(await failure(reader.api.sessions.create.mutate({ template: "terminal-desktop" }))).toMatchObject({
      code: "AUTH_INSUFFICIENT_PERMISSIONS",
    });
    const writer = clientOf(await berth.apiToken(user.asker, "write"));
    const made = await writer.api.sessions.create.mutate({ template: "terminal-desktop" });
    expect(await writer.sessions.waitFor(made.id, { phase: "Running" })).toMatchObject({ user: user.username });
    for await (const line of reader.sessions.followLogs(made.id, { tail: 1 })) {
      expect(line).toContain("[INFO]");
      break;
    }
  });

  it("fail with the catalogue's code and the request's id", async () => {
    const error = await failure(client.api.sessions.get.query({ id: "00000000-0000-4000-8000-000000000000" }));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code: "SESSION_NOT_FOUND", status: 404, requestId: expect.stringMatching(/^req-/) });
  });

  it("say which field was wrong", async () => {
    const error = await failure(client.api.sessions.create.mutate({ template: "scratchpad", resources: { memory: "plenty" } }));
    expect(error).toMatchObject({ code: "VALIDATION_FAILED", details: { fields: expect.any(Object) } });
  });

  it.each([
    ["a token that isn't one", "made-up", "AUTH_TOKEN_INVALID"],
    ["no token", null, "AUTH_TOKEN_MISSING"],
  ])("with %s are refused by name", async (_what, token, code) => {
    const error = await failure(clientOf(token).api.auth.me.query());
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code, requestId: expect.stringMatching(/^req-/) });
  });

  it("to where nothing answers say so", async () => {
    const error = await failure(clientOf("x", "http://127.0.0.1:9").api.auth.me.query());
    expect(error).toBeInstanceOf(NoAnswerError);
    expect(String(error)).toContain("http://127.0.0.1:9");
  });

  it("need an address", () => {
    expect(() => createBerthClient({ url: "", token: "x" })).toThrow("BERTH_URL");
  });
});

describe("waiting", () => {
  it("resolves with the session when it is there, and when it comes there", async () => {
    const session = await running();
    expect(session.status.phase).toBe("Running");
    const hibernated = client.sessions.waitFor(session.id, { state: "hibernated", phase: "Hibernated" });
    await client.api.sessions.setState.mutate({ id: session.id, state: "hibernated" });
    expect(await hibernated).toMatchObject({ state: "hibernated" });
  });

  it("ends with the session's own words where it fails instead", async () => {
    const session = await running();
    const waiting = failure(client.sessions.waitFor(session.id, { phase: "Hibernated" }));
    berth.driver.kill(session.id);
    expect(await waiting).toMatchObject({ code: "CONTAINER_EXITED", message: expect.stringContaining("137") });
  });

  it("ends after its time with what was so", async () => {
    const session = await running();
    const error = await failure(client.sessions.waitFor(session.id, { phase: "Hibernated", timeoutMs: 300 }));
    expect(error).toBeInstanceOf(WaitTimedOut);
    expect(String(error)).toContain("Running");
  });

  it("ends with its signal", async () => {
    const session = await running();
    const over = new AbortController();
    const waiting = failure(client.sessions.waitFor(session.id, { phase: "Hibernated", signal: over.signal }));
    over.abort(new Error("enough"));
    expect(String(await waiting)).toBe("Error: enough");
  });
});

describe("logs", () => {
  it("are followed until the container ends", async () => {
    const session = await running();
    const lines: string[] = [];
    for await (const line of client.sessions.followLogs(session.id, { timestamps: false, tail: 1 })) {
      lines.push(line);
      if (lines.length === 1) berth.driver.print(session.id, "two\nthree");
      if (lines.length === 3) berth.driver.kill(session.id);
    }
    expect(lines).toEqual(["[INFO] display ready on port 5900", "two", "three"]);
  });

  it("end in silence for whoever has read enough, and with a signal", async () => {
    const session = await running();
    for await (const line of client.sessions.followLogs(session.id)) {
      expect(line).toContain("[INFO]");
      break;
    }
    const over = new AbortController();
    for await (const _ of client.sessions.followLogs(session.id, { signal: over.signal })) over.abort();
  });

  it("are refused by name", async () => {
    const lines = client.sessions.followLogs("00000000-0000-4000-8000-000000000000");
    expect(await failure(lines.next())).toMatchObject({ code: "SESSION_NOT_FOUND", requestId: expect.stringMatching(/^req-/) });
    expect(await failure(clientOf("x", "http://127.0.0.1:9").sessions.followLogs("x").next())).toBeInstanceOf(NoAnswerError);
  });
});

describe("live updates", () => {
  it("reach a program without a browser", async () => {
    const session = await running();
    const heard: string[] = [];
    const subscription = client.api.live.events.subscribe(undefined, {
      onData: ({ data }) => void heard.push(data.kind === "session" ? data.id : data.kind),
    });
    await vi.waitFor(() => expect(heard).toContain("resync"));
    await client.api.sessions.setState.mutate({ id: session.id, state: "hibernated" });
    await vi.waitFor(() => expect(heard).toContain(session.id));
    subscription.unsubscribe();
  });
});
