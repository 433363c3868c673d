import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Asker } from "../modules/users/users-schema";
import { askDoor } from "../testing/door-calls";
import { type DoorKit, startDoorKit } from "../testing/door-kit";
import { makeAsker } from "../testing/factories";

let kit: DoorKit;
let user: Asker;
const tokens = { user: "", admin: "" };

beforeAll(async () => {
  kit = await startDoorKit();
  await kit.connectAgent("host-a");
  user = await makeAsker(kit);
  tokens.user = await kit.tokenOf(user);
  tokens.admin = await kit.tokenOf(await makeAsker(kit, "admin"));
});
afterAll(() => kit.close());

type Stored = {
  readonly desired: "running" | "hibernated" | "terminated";
  readonly observed: "absent" | "running" | "stopped" | "removed";
};
const stored: Record<string, Stored & { readonly generation: number }> = {
  pending: { desired: "running", observed: "absent", generation: 1 },
  running: { desired: "running", observed: "running", generation: 1 },
  hibernated: { desired: "hibernated", observed: "stopped", generation: 1 },
  terminating: { desired: "terminated", observed: "running", generation: 1 },
  terminated: { desired: "terminated", observed: "removed", generation: 1 },
};

const ask = async (method: string, path: string, body?: unknown, as: keyof typeof tokens = "user") => {
  const { status, text } = await askDoor(kit.port, {
    method,
    path: `/api/v1${path}`,
    body,
    headers: { authorization: `Bearer ${tokens[as]}` },
  });
  return { status, body: z.record(z.string(), z.unknown()).parse(text === "" ? {} : JSON.parse(text)) };
};
const refusal = (error: string, message: unknown, code: string) => ({
  error,
  message,
  code,
  timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  request_id: expect.stringMatching(/^req-./),
});

/** One that never was on an agent, put into this state: who asks for something now is asking the table alone. */
async function sessionThatIs(state: string): Promise<string> {
  const { id } = await kit.callerOf(user).sessions.create({ template: "scratchpad", state: "hibernated", agentId: "host-a" });
  await kit.database.session.update({ where: { id }, data: stored[state] ?? {} });
  return id;
}

async function runningSession(): Promise<string> {
  const { id } = await kit.callerOf(user).sessions.create({ template: "scratchpad", agentId: "host-a" });
  await kit.dispatcher.wake();
  await expect.poll(async () => (await kit.callerOf(user).sessions.get({ id })).status.phase).toBe("Running");
  return id;
}

describe("PATCH of a session", () => {
  const states = Object.keys(stored);
  const taken = new Set(["running hibernated", "hibernated running", "running terminating", "hibernated terminating"]);
  const refused = states.flatMap((from) =>
    ["hibernated", "running", "terminating"].filter((to) => !taken.has(`${from} ${to}`)).map((to) => [from, to] as const),
  );

  it.each(refused)("is refused from %s to %s, with the contract's words", async (from, to) => {
    expect(await ask("PATCH", `/sessions/${await sessionThatIs(from)}`, { state: to })).toEqual({
      status: 400,
      body: refusal("Invalid state transition", `Cannot transition from '${from}' to '${to}'`, "INVALID_STATE_TRANSITION"),
    });
  });

  it.each([...taken].map((words) => words.split(" ") as [string, string]))("takes a session from %s to %s", async (from, to) => {
    const id = await runningSession();
    if (from === "hibernated") await ask("PATCH", `/sessions/${id}`, { state: "hibernated" });
    const { status, body } = await ask("PATCH", `/sessions/${id}`, { state: to });
    expect([status, body.state]).toEqual([200, to === "terminating" ? "terminated" : to]);
  });

  it.each(states)("ends one that is %s by force, for an administrator", async (from) => {
    const id = await sessionThatIs(from);
    expect(await ask("PATCH", `/sessions/${id}`, { state: "terminated" })).toMatchObject({ status: 403 });
    expect(await ask("PATCH", `/sessions/${id}`, { state: "terminated" }, "admin")).toMatchObject({
      status: 200,
      body: { state: "terminated" },
    });
  });

  it.each([
    ["hibernate", "hibernated"],
    ["wake", "running"],
  ])("of two that %s at once, one does and the other is told that it can't any more", async (_, state) => {
    const id = await runningSession();
    if (state === "running") await ask("PATCH", `/sessions/${id}`, { state: "hibernated" });
    const both = await Promise.all([ask("PATCH", `/sessions/${id}`, { state }), ask("PATCH", `/sessions/${id}`, { state })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(both.find(({ status }) => status === 400)?.body).toEqual(
      refusal("Invalid state transition", `Cannot transition from '${state}' to '${state}'`, "INVALID_STATE_TRANSITION"),
    );
    const { entries } = await kit.services.audit.list({
      targetId: id,
      action: `sessions.${state === "running" ? "wake" : "hibernate"}`,
      page: 1,
      limit: 20,
    });
    expect(entries).toHaveLength(1);
  });

  it("of one that hibernates and one that terminates at once, the session ends, and who came too late is told so", async () => {
    const id = await runningSession();
    const [asleep, over] = await Promise.all([
      ask("PATCH", `/sessions/${id}`, { state: "hibernated" }),
      ask("PATCH", `/sessions/${id}`, { state: "terminating" }),
    ]);
    expect(over).toMatchObject({ status: 200, body: { state: "terminated" } });
    if (asleep.status !== 200) expect(asleep).toMatchObject({ status: 400, body: { code: "INVALID_STATE_TRANSITION" } });
    expect((await kit.callerOf(user).sessions.get({ id })).state).toBe("terminated");
  });
});

describe("POST to a session's terminate", () => {
  it.each(["pending", "running", "hibernated", "terminating", "terminated"])(
    "ends one that is %s, and says so as often as it is asked",
    async (from) => {
      const id = from === "running" ? await runningSession() : await sessionThatIs(from);
      const first = await ask("POST", `/sessions/${id}/terminate`);
      expect([first.status, first.body.state]).toEqual([200, "terminated"]);
      const kinds = async () => (await kit.callerOf(user).sessions.events({ id })).events.map(({ kind }) => kind);
      const said = await kinds();
      expect(await ask("POST", `/sessions/${id}/terminate`)).toMatchObject({ status: 200, body: { state: "terminated" } });
      expect(await kinds()).toEqual(said);
    },
  );
});

describe("a list of sessions in a state", () => {
  it("has those that say so of themselves, and no others", async () => {
    await kit.database.session.deleteMany({});
    const made = new Map<string, string>();
    for (const state of Object.keys(stored)) made.set(state, await sessionThatIs(state));
    const failed = await sessionThatIs("terminated");
    await kit.database.session.update({ where: { id: failed }, data: { observed: "failed", failureCode: "IMAGE_NOT_FOUND" } });
    const listed = async (query: string) => {
      const { body } = await ask("GET", `/sessions?${query}`);
      return z
        .array(z.object({ id: z.string(), state: z.string() }))
        .parse(body.sessions)
        .map(({ id, state }) => `${id} ${state}`)
        .sort();
    };
    for (const [state, id] of made)
      expect(await listed(`state=${state}`)).toEqual((state === "terminated" ? [id, failed] : [id]).map((one) => `${one} ${state}`).sort());
    const live = [...made].filter(([state]) => state !== "terminated").map(([state, id]) => `${id} ${state}`);
    expect(await listed("live=true")).toEqual(live.sort());
    expect(await listed("live=false")).toEqual([`${made.get("terminated")} terminated`, `${failed} terminated`].sort());
  });
});

describe("what can't be had", () => {
  beforeEach(() => kit.database.agent.updateMany({ data: { maxSessions: 100 } }));

  it("is a screen of a session that is being terminated: SESSION_TERMINATING", async () => {
    const id = await sessionThatIs("terminating");
    const { name } = await kit.callerOf(user).sessions.get({ id });
    expect(await ask("POST", `/sessions/${id}/viewer`)).toEqual({
      status: 409,
      body: refusal("Session terminating", `'${name}' is being terminated`, "SESSION_TERMINATING"),
    });
  });

  it("is a template whose name is taken: TEMPLATE_INVALID", async () => {
    const template = {
      name: "firefox-browser",
      display_name: "Another",
      category: "Tests",
      image: "x:1",
      display: { protocol: "rfb", port: 5900 },
      default_resources: { memory: "1Gi", cpu: "1" },
    };
    const { status, body } = await ask("POST", "/templates", template, "admin");
    expect([status, body.error, body.code]).toEqual([400, "Template invalid", "TEMPLATE_INVALID"]);
    expect(body.message).toBe("A template named 'firefox-browser' exists already");
  });

  it("is a session on a platform that no agent has: NO_AGENTS_AVAILABLE", async () => {
    expect(await ask("POST", "/sessions", { template: "scratchpad", platform: "kubernetes" })).toEqual({
      status: 503,
      body: {
        ...refusal("No agents available", "No online agents available for platform 'kubernetes'", "NO_AGENTS_AVAILABLE"),
        details: { considered: expect.any(Array) },
      },
    });
  });

  it("is a session where every agent is full: AGENT_CAPACITY_EXCEEDED", async () => {
    await runningSession();
    await kit.database.agent.updateMany({ data: { maxSessions: 1 } });
    expect(await ask("POST", "/sessions", { template: "scratchpad" })).toEqual({
      status: 503,
      body: {
        ...refusal(
          "Agent capacity exceeded",
          expect.stringMatching(/^No agent has room for this session: 'host-a' all 1 session slots are taken/),
          "AGENT_CAPACITY_EXCEEDED",
        ),
        details: { considered: [{ agent: "host-a", chosen: false, reason: expect.stringContaining("slots are taken") }] },
      },
    });
  });
});
