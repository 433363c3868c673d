import type { AnyTRPCRouter } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { KeyCredentials } from "../agent/identity/credentials";
import { routes } from "./http/routes";
import type { Asker } from "./modules/users/users-schema";
import { toWire } from "./rest/key-case";
import { type ServedProcedure, servedProcedures, surfacePaths } from "./rest/rest-routes";
import {
  expectedOfToken,
  httpRows,
  type Outcome,
  type Person,
  type ProcedureRow,
  people,
  procedureRows,
  socketRows,
  type Things,
  type TokenHolder,
  tokenHolders,
} from "./testing/access-table";
import { type Answer, askDoor, type DoorCall, knock, queryFor } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";
import { pngOf } from "./testing/small-png";
import { appRouter } from "./trpc/app-router";

let kit: DoorKit;
let things: Things;
let askers: Record<"other" | "own" | "operator" | "admin" | "disabled", Asker>;
/** The bearer credential of each; nobody has none. */
let credentials: Record<Person, string | null>;
let provers: Record<"agent" | "wrong agent", Pick<KeyCredentials, "headers">>;
let agentId: string;
const apiTokens = new Map<TokenHolder, string>();
const holders = Object.keys(tokenHolders) as TokenHolder[];
/** Tickets from before their owner was disabled. */
let staleTickets: { readonly viewer: string; readonly app: string };
let appOrigin: { readonly host: string; readonly origin: string };
let iconName: string;
let count = 0;

const freshName = () => `made-${++count}`;
const own = () => kit.callerOf(askers.own);

beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 10_000 });
  const agent = await kit.connectAgent("host-a");
  const wrong = await kit.connectAgent("host-b");
  provers = { agent: agent.credentials, "wrong agent": wrong.credentials };
  agentId = agent.id;
  askers = {
    other: await makeAsker(kit),
    own: await makeAsker(kit),
    operator: await makeAsker(kit, "operator"),
    admin: await makeAsker(kit, "admin"),
    disabled: await makeAsker(kit, "admin"),
  };
  const desktop = await runningSession("terminal-desktop");
  const app = await runningSession("scratchpad");
  const { tasks } = await own().tasks.list({ sessionId: desktop.id });
  things = {
    sessionId: desktop.id,
    appSessionId: app.id,
    homeId: desktop.homeId ?? "",
    snapshotId: (await own().snapshots.create({ sessionId: desktop.id, name: "a copy" })).id,
    taskId: tasks[0]?.id ?? "",
    shareId: "",
    agentName: agent.name,
    ownerName: askers.own.username,
    freshName: "",
  };
  const host = `s-${app.id}.apps.example`;
  appOrigin = { host, origin: `https://${host}` };
  credentials = {
    nobody: null,
    other: await kit.tokenOf(askers.other),
    own: await kit.tokenOf(askers.own),
    operator: await kit.tokenOf(askers.operator),
    admin: await kit.tokenOf(askers.admin),
    disabled: await kit.tokenOf(askers.disabled),
    // Good for another request than it is shown with: see `agentHeaders`.
    agent: bearerOf(await agent.credentials.headers("GET", "/")),
    "wrong agent": bearerOf(await wrong.credentials.headers("GET", "/")),
  };
  const ticketOf = async (sessionId: string) => (await openViewer("disabled", sessionId)).ticket ?? "";
  staleTickets = { viewer: await ticketOf(desktop.id), app: await ticketOf(app.id) };
  await kit.callerOf(askers.admin).users.update({ id: askers.disabled.userId, active: false });
  for (const holder of holders) {
    const { owner, scope } = tokenHolders[holder];
    apiTokens.set(holder, (await kit.callerOf(askers[owner]).tokens.create({ name: holder, scope })).value);
  }
  iconName = (await kit.callerOf(askers.admin).templates.uploadIcon({ png: pngOf({ side: 16 }).toString("base64") })).icon;
});
afterAll(() => kit.close());

async function runningSession(template: string) {
  const session = await own().sessions.create({ template, agentId: "host-a" });
  await vi.waitFor(async () => expect((await own().sessions.get({ id: session.id })).status.phase).toBe("Running"));
  return session;
}

/** A 400 or 409 was let through; what shows that the table asks wrongly is an error of the test's. */
function outcomeOf({ status, code, text }: Answer): Outcome {
  const asked = ["VALIDATION_FAILED", "INVALID_PARAMETER", "MISSING_REQUIRED_FIELD", "METHOD_NOT_ALLOWED", "UNSUPPORTED_MEDIA_TYPE"];
  if (code === "INTERNAL_ERROR" || (code !== null && asked.includes(code))) throw new Error(`the table asks wrongly: ${text}`);
  if (code === "AUTH_INVALID_CREDENTIALS") return "ok";
  if (status === 401) return "401";
  if (status === 403) return "403";
  if (status !== 404) return "ok";
  return /^(?:(?:SESSION|HOME|SNAPSHOT|TASK|SHARE|API_TOKEN)_)?NOT_FOUND$/.test(code ?? "") ? "404" : "ok";
}

const bearer = (person: Person): Record<string, string> => {
  const credential = credentials[person];
  return credential === null ? {} : { authorization: `Bearer ${credential}` };
};

const bearerOf = (headers: Record<string, string>): string => headers.authorization?.replace("Bearer ", "") ?? "";

/** As `bearer`; of an agent, a proof of this very request. */
async function agentHeaders(person: Person, method: string, target: string, body?: Buffer): Promise<Record<string, string>> {
  const prover = person === "agent" || person === "wrong agent" ? provers[person] : null;
  return prover ? prover.headers(method, target, body) : bearer(person);
}

const withToken = (holder: TokenHolder) => ({ authorization: `Bearer ${apiTokens.get(holder)}` });

/** Its own things for each request that spoils them. */
async function inputFor(row: ProcedureRow, outcome: Outcome): Promise<Record<string, unknown> | undefined> {
  const session = row.spoils === "session" && outcome === "ok" ? await runningSession("terminal-desktop") : null;
  const shareId = row.spoils === "share" ? (await own().shares.create({ sessionId: things.sessionId })).id : "";
  return row.input?.({ ...things, shareId, freshName: freshName(), ...(session ? { sessionId: session.id } : {}) });
}

async function prepare(
  row: ProcedureRow,
  person: Person,
): Promise<{ input: Record<string, unknown> | undefined; headers: Record<string, string> }> {
  const insider = person === "own" || person === "operator" || person === "admin" || person === "other";
  const spoils = insider ? row.spoils : undefined;
  // Whoever ends all their logins is someone who comes for that alone.
  const stranger = spoils === "every login" && insider ? await makeAsker(kit, askers[person].role) : null;
  if (stranger) return { input: undefined, headers: { authorization: `Bearer ${await kit.tokenOf(stranger)}` } };
  const headers = spoils === "login" && insider ? { authorization: `Bearer ${await kit.tokenOf(askers[person])}` } : bearer(person);
  return { input: await inputFor(row, row.expected[people.indexOf(person)] ?? "401"), headers };
}

const router: AnyTRPCRouter = appRouter;
const procedures = new Map(
  Object.entries<{ _def: { type: "query" | "mutation" | "subscription" } }>(router._def.procedures).map(([name, { _def }]) => [
    name,
    _def.type,
  ]),
);
const nameOf = (row: string): string => row.split(" ")[0] ?? "";
const served = [...servedProcedures(appRouter), ...servedProcedures(appRouter, "containers")];

function trpcRequest(procedure: string, input: Record<string, unknown> | undefined) {
  if (procedures.get(procedure) === "mutation") return { method: "POST", body: input ?? {}, path: `/api/trpc/${procedure}` };
  const query = input ? `?input=${encodeURIComponent(JSON.stringify(input))}` : "";
  return { method: "GET", path: `/api/trpc/${procedure}${query}` };
}

function restRequest({ route, input: schema, keys, surface }: ServedProcedure, input: Record<string, unknown> = {}) {
  const rest = { ...input };
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  const root = surfacePaths[surface];
  const wire = keys === "camel" ? rest : toWire(schema, rest);
  if (route.method !== "GET" && route.method !== "DELETE") return { method: route.method, path: `${root}${path}`, body: wire };
  return {
    method: route.method,
    path: `${root}${path}?${new URLSearchParams(Object.entries(rest).map(([key, value]) => [key, String(value)]))}`,
  };
}

describe("every way in has its row", () => {
  it("procedures", () => {
    expect([...new Set(Object.keys(procedureRows).map(nameOf))].sort()).toEqual([...procedures.keys()].sort());
  });

  it("REST routes: each is a procedure's", () => {
    expect(served.map(({ procedure }) => procedure).filter((name) => !(name in procedureRows))).toEqual([]);
    expect(served.length).toBeGreaterThan(35);
  });

  it("paths outside Next, and apps", () => {
    const asked = [...Object.keys(httpRows), ...Object.values(socketRows).map((row) => row.route)];
    expect([...new Set(asked)].sort()).toEqual(
      [...Object.keys(routes).filter((name) => name !== "trpc" && name !== "rest" && name !== "containers"), "apps"].sort(),
    );
  });
});

describe.each(Object.entries(procedureRows))("%s", (name, row) => {
  const procedure = nameOf(name);
  it.each(people)("by tRPC, as %s", async (person) => {
    const { input, headers } = await prepare(row, person);
    expect(outcomeOf(await askDoor(kit.port, { ...trpcRequest(procedure, input), headers }))).toBe(row.expected[people.indexOf(person)]);
  });

  const rest = served.find((one) => one.procedure === procedure);
  it.each(holders)("with %s, by either door", async (holder) => {
    const outcome = expectedOfToken(holder, row, procedures.get(procedure) === "mutation");
    const ask = async (make: (input: Record<string, unknown> | undefined) => DoorCall) =>
      outcomeOf(await askDoor(kit.port, { ...make(await inputFor(row, outcome)), headers: withToken(holder) }));
    expect(await ask((input) => trpcRequest(procedure, input))).toBe(outcome);
    if (rest) expect(await ask((input) => restRequest(rest, input))).toBe(outcome);
  });

  if (!rest) return;
  it.each(people)(`by REST (${rest.route.method} ${rest.route.path}), as %s`, async (person) => {
    const { input, headers } = await prepare(row, person);
    expect(outcomeOf(await askDoor(kit.port, { ...restRequest(rest, input), headers }))).toBe(row.expected[people.indexOf(person)]);
  });
});

describe.each(Object.entries(httpRows))("%s", (name, expected) => {
  it.each(people)("as %s", async (person) => {
    // As a proxy would: not this machine's own request.
    const headers = { ...bearer(person), "x-forwarded-for": "192.0.2.77" };
    const path = (Object.entries(routes).find(([route]) => route === name)?.[1].path ?? "")
      .replace("{name}", iconName)
      .replace("{id}", things.sessionId)
      .replace("/uploads/*", "/uploads/upload-1/home/user/a")
      .replace("/*", "/home/user/a");
    expect(
      outcomeOf(
        await askDoor(kit.port, {
          method: "GET",
          path: `${path}${queryFor(path)}`,
          headers,
        }),
      ),
    ).toBe(expected[people.indexOf(person)]);
  });
});

async function openViewer(person: Person, sessionId: string): Promise<{ ticket: string | null; refused: Answer | null }> {
  const answer = await askDoor(kit.port, {
    method: "POST",
    path: `/api/v1/sessions/${sessionId}/viewer`,
    headers: person === "disabled" ? { authorization: `Bearer ${await kit.tokenOf(askers.disabled)}` } : bearer(person),
    body: { reason: "they asked for help" },
  });
  const ticket = /ticket=([\w-]+)/.exec(answer.text)?.[1] ?? null;
  return { ticket, refused: ticket ? null : answer };
}

async function ticketOf(person: Person, sessionId: string, stale: string): Promise<{ ticket: string; refused: Answer | null }> {
  if (person === "disabled") return { ticket: stale, refused: null };
  if (person === "nobody" || person === "agent" || person === "wrong agent") return { ticket: credentials[person] ?? "", refused: null };
  const { ticket, refused } = await openViewer(person, sessionId);
  return { ticket: ticket ?? "", refused };
}

/** Whoever is given no ticket has met the refusal there. */
async function appCookie(person: Person): Promise<{ cookie: string; refused: Answer | null }> {
  const { ticket, refused } = await ticketOf(person, things.appSessionId, staleTickets.app);
  if (refused) return { cookie: "", refused };
  const entered = await askDoor(kit.port, { method: "GET", path: `/__berth/enter?ticket=${ticket}`, headers: { host: appOrigin.host } });
  const cookie = entered.headers["set-cookie"]?.[0]?.split(";")[0];
  return cookie ? { cookie, refused: null } : { cookie: "", refused: entered };
}

async function dialTunnel(person: Person): Promise<Answer> {
  const agent = { agentId: (await kit.callerOf(askers.admin).agents.get({ id: "host-a" })).id, agentName: "host-a" };
  const over = new AbortController();
  let key = { id: "", secret: "" };
  const opened = kit.doors.broker
    .open(
      agent,
      (made) => {
        key = made;
        return { type: "inventory_request" };
      },
      over.signal,
    )
    .then((socket) => socket.destroy())
    .catch(() => {});
  const path = `/agent/tunnel/${key.id}`;
  const headers = { ...(await agentHeaders(person, "GET", path)), "x-berth-tunnel-secret": key.secret };
  const answer = await knock(kit.port, { path, headers });
  over.abort();
  await opened;
  return answer;
}

async function postAsAgent(person: Person, path: string, body: Record<string, unknown> = {}): Promise<Answer> {
  const raw = Buffer.from(JSON.stringify(body));
  const headers = { "content-type": "application/json", ...(await agentHeaders(person, "POST", path, raw)) };
  return askDoor(kit.port, { method: "POST", path, raw, headers });
}

const getAsAgent = async (person: Person, path: string) => ({ path, headers: await agentHeaders(person, "GET", path) });

/** Of a port of the desktop's; whoever gets none by the API shows what they have. */
async function portTicket(person: Person, kind: "http" | "tcp"): Promise<{ ticket: string; refused: Answer | null }> {
  if (person === "disabled" || !(person in askers)) return { ticket: credentials[person] ?? "none", refused: null };
  const body = { kind, reason: "they asked for help" };
  const answer = await askDoor(kit.port, { method: "POST", path: `${inside()}/ports/3000/open`, headers: bearer(person), body });
  const ticket = /ticket=([\w-]+)/.exec(answer.text)?.[1];
  return ticket ? { ticket, refused: null } : { ticket: "", refused: answer };
}

const inside = () => `/api/v1/sessions/${things.sessionId}`;

const calls: Record<keyof typeof socketRows, (person: Person) => Promise<Answer>> = {
  live: (person) => knock(kit.port, { path: "/live", headers: { ...bearer(person), origin: kit.publicUrl.origin } }),
  socketIo: (person) =>
    knock(kit.port, {
      path: "/socket.io/?EIO=4&transport=websocket",
      headers: { ...bearer(person), origin: kit.publicUrl.origin },
    }),
  "viewer by token": (person) =>
    knock(kit.port, { path: `/vnc-viewer/${things.sessionId}?token=${credentials[person] ?? ""}`, headers: {} }),
  "viewer by ticket": async (person) => {
    const { ticket, refused } = await ticketOf(person, things.sessionId, staleTickets.viewer);
    return refused ?? knock(kit.port, { path: `/vnc-viewer/${things.sessionId}?ticket=${ticket}`, headers: {} });
  },
  sessionLogs: (person) =>
    knock(kit.port, {
      path: `/api/v1/sessions/${things.sessionId}/logs?follow=true`,
      headers: { ...bearer(person), origin: kit.publicUrl.origin },
    }),
  terminal: (person) => knock(kit.port, { path: `${inside()}/terminals/0123456789abcdef`, headers: bearer(person) }),
  "exec by token": (person) => knock(kit.port, { path: `${inside()}/exec`, headers: bearer(person) }),
  "exec by ticket": async (person) => {
    if (person === "disabled" || !(person in askers))
      return knock(kit.port, { path: `${inside()}/exec?ticket=${credentials[person] ?? "none"}`, headers: {} });
    const body = { reason: "they asked for help" };
    const answer = await askDoor(kit.port, { method: "POST", path: `${inside()}/terminals/ticket`, headers: bearer(person), body });
    const ticket = /ticket=([\w-]+)/.exec(answer.text)?.[1];
    return ticket ? knock(kit.port, { path: `${inside()}/exec?ticket=${ticket}`, headers: {} }) : answer;
  },
  "port by token": (person) => knock(kit.port, { path: `${inside()}/ports/3000`, headers: bearer(person) }),
  "port by ticket": async (person) => {
    const { ticket, refused } = await portTicket(person, "tcp");
    return refused ?? knock(kit.port, { path: `${inside()}/ports/3000?ticket=${ticket}`, headers: {} });
  },
  "another port's app by ticket": async (person) => {
    const { ticket, refused } = await portTicket(person, "http");
    if (refused) return refused;
    const host = `s-${things.sessionId}-3000.apps.example`;
    const entered = await askDoor(kit.port, { method: "GET", path: `/?berth_ticket=${ticket}`, headers: { host } });
    const cookie = String(entered.headers["set-cookie"] ?? "").split(";")[0] ?? "";
    return entered.status === 303 ? askDoor(kit.port, { method: "GET", path: "/", headers: { cookie, host } }) : entered;
  },
  agentChannel: async (person) => knock(kit.port, await getAsAgent(person, "/agent/ws?agent_id=host-a&platform=docker")),
  agentCertificate: (person) => postAsAgent(person, `/api/v1/agents/${agentId}/certificate`),
  agentHeartbeat: (person) => postAsAgent(person, "/api/v1/agents/host-a/heartbeat"),
  nodeReady: (person) => postAsAgent(person, `/api/nodes/${agentId}/ready`),
  nodeHeartbeat: (person) => postAsAgent(person, `/api/nodes/${agentId}/heartbeat`),
  agentTasks: async (person) => askDoor(kit.port, { method: "GET", ...(await getAsAgent(person, "/api/v1/agents/host-a/tasks")) }),
  agentTaskComplete: (person) => postAsAgent(person, `/api/v1/agents/host-a/tasks/${things.taskId}/complete`, { success: true }),
  agentTaskStream: async (person) => knock(kit.port, await getAsAgent(person, "/api/v1/agents/host-a/task-stream")),
  agentTunnel: dialTunnel,
  "app by token": (person) => askDoor(kit.port, { method: "GET", path: "/", headers: { ...bearer(person), host: appOrigin.host } }),
  "app's WebSocket by token": (person) => knock(kit.port, { path: "/", headers: { ...bearer(person), ...appOrigin } }),
  "app by ticket": async (person) => {
    const { cookie, refused } = await appCookie(person);
    return refused ?? askDoor(kit.port, { method: "GET", path: "/", headers: { cookie, host: appOrigin.host } });
  },
  "app's WebSocket by ticket": async (person) => {
    const { cookie, refused } = await appCookie(person);
    return refused ?? knock(kit.port, { path: "/", headers: { cookie, ...appOrigin } });
  },
};

describe.each(Object.entries(socketRows))("%s", (name, { expected }) => {
  it.each(people)("as %s", async (person) => {
    const answer = await calls[name]?.(person);
    if (!answer) throw new Error(`nothing tells how to ask for: ${name}`);
    const outcome = outcomeOf(answer);
    expect(outcome).toBe(expected[people.indexOf(person)]);
    if (outcome === "ok") expect([101, 200]).toContain(answer.status);
  });
});

describe.each(holders)("%s", (holder) => {
  it("opens live updates", async () => {
    expect((await knock(kit.port, { path: "/live", headers: withToken(holder) })).status).toBe(101);
    const path = "/socket.io/?EIO=4&transport=websocket";
    expect((await knock(kit.port, { path, headers: withToken(holder) })).status).toBe(101);
  });

  it("opens the screens that its owner may open by a token", async () => {
    const expected = socketRows["viewer by token"]?.expected[people.indexOf(tokenHolders[holder].as)];
    const path = `/vnc-viewer/${things.sessionId}?token=${apiTokens.get(holder)}`;
    expect(outcomeOf(await knock(kit.port, { path, headers: {} }))).toBe(expected);
  });
});
