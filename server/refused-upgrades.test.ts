import { encode } from "next-auth/jwt";
import { afterAll, afterEach, beforeAll, describe, expect, it, type MockInstance, vi } from "vitest";
import type { KeyCredentials } from "../agent/identity/credentials";
import { routes, type UpgradeRouteName } from "./http/routes";
import { LOGIN_SECONDS } from "./modules/users/login-length";
import type { Asker } from "./modules/users/users-schema";
import { type Answer, askDoor, knock } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

// Threats 2, 4 and 13, at every upgrade of the table: what isn't good any more, isn't for this, or comes from another's page.

type UpgradeOf<Access> = {
  [Name in UpgradeRouteName]: (typeof routes)[Name]["access"] extends Access ? Name : never;
}[UpgradeRouteName];
type Headers = Record<string, string>;

const PORT = 3000;
const TERMINAL = "0123456789abcdef";
const TICKET_MS = 31_000;
const PROOF_MS = 601_000;

let kit: DoorKit;
let owner: Asker;
let gone: Asker;
/** Of each: a desktop and a web app. */
let sessions: Record<"own" | "second" | "gone", { readonly desktop: string; readonly app: string }>;
/** Made while they were good. */
const bearers: Record<string, string> = {};
const cookies: Record<string, string> = {};
let agents: Record<"serving" | "other" | "revoked", Pick<KeyCredentials, "headers"> & { readonly name: string }>;
let asked: MockInstance;

const ours = () => kit.publicUrl.origin;
const ticketIn = (url: string): string => /ticket=([\w-]+)/.exec(url)?.[1] ?? "none";
const cookieOf = async (asker: Asker, { maxAge = LOGIN_SECONDS, secret = kit.keys.cookie } = {}) =>
  `berth-session=${await encode({ token: { sub: asker.userId, loginId: asker.loginId, epoch: 0 }, secret, maxAge })}`;

beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 10_000 });
  owner = await makeAsker(kit);
  bearers.expired = await kit.tokenOf(owner);
  const shortToken = await kit.callerOf(owner).tokens.create({ name: "short", scope: "write", expiresInDays: 1 });
  bearers["expired API"] = shortToken.value;
  kit.clock.sleep((LOGIN_SECONDS + 60) * 1000);
  owner = { ...owner, expiresAt: new Date(kit.clock.now().getTime() + LOGIN_SECONDS * 1000) };
  gone = await makeAsker(kit);
  const [serving, other, revoked] = [await kit.connectAgent("host-a"), await kit.connectAgent("host-b"), await kit.connectAgent("host-c")];
  agents = {
    serving: { name: "host-a", headers: (...call) => serving.credentials.headers(...call) },
    other: { name: "host-b", headers: (...call) => other.credentials.headers(...call) },
    revoked: { name: "host-c", headers: (...call) => revoked.credentials.headers(...call) },
  };
  const pair = async (asker: Asker) => ({ desktop: await running(asker, "terminal-desktop"), app: await running(asker, "scratchpad") });
  sessions = { own: await pair(owner), second: await pair(owner), gone: await pair(gone) };
  const admin = kit.callerOf(await makeAsker(kit, "admin"));
  const deleted = await kit.callerOf(owner).tokens.create({ name: "deleted", scope: "write" });
  bearers["deleted API"] = deleted.value;
  await kit.callerOf(owner).tokens.revoke({ id: deleted.id });
  bearers["signed-out"] = await kit.tokenOf(owner);
  await askDoor(kit.port, { method: "POST", path: "/api/v1/auth/logout", headers: { authorization: `Bearer ${bearers["signed-out"]}` } });
  bearers.disabled = await kit.tokenOf(gone);
  bearers["disabled API"] = (await kit.callerOf(gone).tokens.create({ name: "of the disabled", scope: "write" })).value;
  bearers.good = await kit.tokenOf(owner);
  cookies.good = await cookieOf(owner);
  cookies.expired = await cookieOf(owner, { maxAge: -3600 });
  cookies.forged = await cookieOf(owner, { secret: "another control plane's secret, as long" });
  cookies.disabled = await cookieOf(gone);
  for (const [name, way] of Object.entries(ways))
    if (way.ticket) staleTickets[name] = { disabled: await way.ticket(gone, sessions.gone), old: await way.ticket(owner, sessions.own) };
  appCookies.disabled = await appCookie(gone, sessions.gone.app);
  await admin.users.update({ id: gone.userId, active: false });
  await admin.agents.remove({ id: "host-c" });
  await sleep(TICKET_MS);
  asked = vi.spyOn(kit.doors.agents, "send");
});
afterAll(() => kit.close());

/** The agents were heard meanwhile. */
async function sleep(ms: number): Promise<void> {
  kit.clock.sleep(ms);
  await kit.database.agent.updateMany({ data: { lastHeartbeatAt: kit.clock.now() } });
}

async function running(asker: Asker, template: string): Promise<string> {
  const own = kit.callerOf(asker);
  const { id } = await own.sessions.create({ template, agentId: "host-a" });
  await vi.waitFor(async () => expect((await own.sessions.get({ id })).status.phase).toBe("Running"));
  return id;
}

interface Way {
  path(of: { readonly desktop: string }): string;
  /** How a ticket for it is come by; null where tickets open nothing. */
  ticket: ((asker: Asker, of: { readonly desktop: string }) => Promise<string>) | null;
}
/** How each is asked for. Who may is said by the table of paths. */
const ways: Record<UpgradeOf<"login" | "viewer">, Way> = {
  live: { path: () => "/live", ticket: null },
  socketIoSocket: { path: () => "/socket.io/?EIO=4&transport=websocket", ticket: null },
  sessionLogs: { path: ({ desktop }) => `/api/v1/sessions/${desktop}/logs`, ticket: null },
  viewer: {
    path: ({ desktop }) => `/vnc-viewer/${desktop}`,
    ticket: async (asker, { desktop }) => ticketIn((await kit.callerOf(asker).sessions.openViewer({ id: desktop })).url),
  },
  terminal: {
    path: ({ desktop }) => `/api/v1/sessions/${desktop}/terminals/${TERMINAL}`,
    ticket: async (asker, { desktop }) =>
      ticketIn((await kit.callerOf(asker).terminals.openTicket({ id: desktop, terminalId: TERMINAL })).url),
  },
  exec: {
    path: ({ desktop }) => `/api/v1/sessions/${desktop}/exec`,
    ticket: async (asker, { desktop }) => ticketIn((await kit.callerOf(asker).terminals.openTicket({ id: desktop })).url),
  },
  port: {
    path: ({ desktop }) => `/api/v1/sessions/${desktop}/ports/${PORT}`,
    ticket: async (asker, { desktop }) =>
      ticketIn((await kit.callerOf(asker).sessions.openPort({ id: desktop, port: PORT, kind: "tcp" })).url),
  },
};
const staleTickets: Record<string, { readonly disabled: string; readonly old: string }> = {};
const refusalOf = ({ status, code }: Answer) => `${status} ${code}`;
const withTicket = (path: string, ticket: string) => `${path}${path.includes("?") ? "&" : "?"}ticket=${ticket}`;

/** What went on towards hosts, and what was let in: nothing, after a refusal. */
afterEach(async () => {
  await vi.waitFor(() =>
    expect([kit.doors.sockets.size, kit.doors.broker.openCount(), kit.doors.taskStreams.openCount()]).toEqual([0, 0, 0]),
  );
  asked.mockClear();
});
async function expectRefused(call: { path: string; headers: Headers }, expected: string): Promise<void> {
  expect(refusalOf(await knock(kit.port, call))).toBe(expected);
  expect(asked.mock.calls).toEqual([]);
  expect(kit.doors.sockets.size).toBe(0);
}

const missing = "401 AUTH_TOKEN_MISSING";
const invalid = "401 AUTH_TOKEN_INVALID";
const expired = "401 AUTH_TOKEN_EXPIRED";
const foreign = "403 AUTH_ORIGIN_REFUSED";
const noTicket = "401 TICKET_INVALID";

const shown: readonly [string, () => Headers, string][] = [
  ["nothing", () => ({}), missing],
  ["nothing, from a page of ours", () => ({ origin: ours() }), missing],
  ["an expired JWT", () => ({ authorization: `Bearer ${bearers.expired}` }), expired],
  ["the JWT of a login that was ended", () => ({ authorization: `Bearer ${bearers["signed-out"]}` }), invalid],
  ["a disabled user's JWT", () => ({ authorization: `Bearer ${bearers.disabled}` }), invalid],
  ["a disabled user's API token", () => ({ authorization: `Bearer ${bearers["disabled API"]}` }), invalid],
  ["an expired API token", () => ({ authorization: `Bearer ${bearers["expired API"]}` }), expired],
  ["a deleted API token", () => ({ authorization: `Bearer ${bearers["deleted API"]}` }), invalid],
  [
    "something that is no bearer token, beside a good cookie",
    () => ({ authorization: "Basic YTpi", cookie: cookies.good ?? "", origin: ours() }),
    invalid,
  ],
  ["a bad token beside a good cookie", () => ({ authorization: "Bearer nonsense", cookie: cookies.good ?? "", origin: ours() }), invalid],
  ["an expired cookie", () => ({ cookie: cookies.expired ?? "", origin: ours() }), invalid],
  ["a cookie that we did not seal", () => ({ cookie: cookies.forged ?? "", origin: ours() }), invalid],
  ["a disabled user's cookie", () => ({ cookie: cookies.disabled ?? "", origin: ours() }), invalid],
  ["a good cookie without an Origin", () => ({ cookie: cookies.good ?? "" }), foreign],
  ["a good cookie from another site's page", () => ({ cookie: cookies.good ?? "", origin: "https://evil.example" }), foreign],
  ["a good cookie from a frame without an origin", () => ({ cookie: cookies.good ?? "", origin: "null" }), foreign],
  ["a good cookie from our name by another scheme", () => ({ cookie: cookies.good ?? "", origin: "http://berth.example" }), foreign],
  ["a good cookie from a name that begins as ours", () => ({ cookie: cookies.good ?? "", origin: `${ours()}.evil.example` }), foreign],
  [
    "a good cookie from an app's page",
    () => ({ cookie: cookies.good ?? "", origin: `https://s-${sessions.own.app}.apps.example` }),
    foreign,
  ],
];

describe.each(Object.entries(ways))("%s", (name, { path, ticket }) => {
  it.each(shown)("is refused to whoever shows %s", async (_what, headers, expected) => {
    await expectRefused({ path: path(sessions.own), headers: headers() }, expected);
  });

  if (ticket) {
    const tickets: readonly [string, () => Promise<string>, Headers, string][] = [
      ["that nobody made", async () => "A".repeat(43), {}, noTicket],
      ["that has run out", async () => staleTickets[name]?.old ?? "", {}, noTicket],
      ["of another session", () => ticket(owner, sessions.second), {}, noTicket],
      ["for something else", async () => (name === "viewer" ? ways.exec : ways.viewer).ticket?.(owner, sessions.own) ?? "", {}, noTicket],
      ["that came from another site's page", () => ticket(owner, sessions.own), { origin: "https://evil.example" }, foreign],
    ];
    it.each(tickets)("is refused to a ticket %s", async (_what, made, headers, expected) => {
      await expectRefused({ path: withTicket(path(sessions.own), await made()), headers }, expected);
    });

    it("is refused to a ticket whose owner was disabled meanwhile", async () => {
      const call = { path: withTicket(path(sessions.gone), staleTickets[name]?.disabled ?? ""), headers: {} };
      await expectRefused(call, noTicket);
    });

    it("is refused to a ticket of a login that was ended since, while the person has others", async () => {
      const login = await kit.services.auth.fromBearer(await kit.tokenOf(owner), "192.0.2.1");
      const value = await ticket({ ...login, address: "192.0.2.1" }, sessions.own);
      await kit.callerOf(login).auth.signOut();
      await expectRefused({ path: withTicket(path(sessions.own), value), headers: {} }, noTicket);
    });

    it("is opened by a ticket once, and by one that was shown at the wrong door not any more", async () => {
      const value = await ticket(owner, sessions.own);
      const call = { path: withTicket(path(sessions.own), value), headers: { origin: ours() } };
      expect((await knock(kit.port, call)).status).toBe(101);
      await vi.waitFor(() => expect(kit.doors.sockets.size).toBe(0));
      asked.mockClear();
      await expectRefused(call, noTicket);
      const strayed = await ticket(owner, sessions.own);
      await expectRefused({ path: withTicket(path(sessions.second), strayed), headers: {} }, noTicket);
      await expectRefused({ path: withTicket(path(sessions.own), strayed), headers: {} }, noTicket);
    });
  }

  it("is opened by the same cookie from a page of ours, and by a good token without an Origin", async () => {
    expect((await knock(kit.port, { path: path(sessions.own), headers: { cookie: cookies.good ?? "", origin: ours() } })).status).toBe(101);
    expect((await knock(kit.port, { path: path(sessions.own), headers: { authorization: `Bearer ${bearers.good}` } })).status).toBe(101);
  });
});

const appCookies: Record<string, string> = {};
const appHost = (id: string) => `s-${id}.apps.example`;
async function appCookie(asker: Asker, id: string): Promise<string> {
  const { url } = await kit.callerOf(asker).sessions.openViewer({ id });
  const entered = await askDoor(kit.port, {
    method: "GET",
    path: `/__berth/enter?ticket=${ticketIn(url)}`,
    headers: { host: appHost(id) },
  });
  return entered.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

describe("a WebSocket of a session's web app", () => {
  const at = (id: string, headers: Headers) => ({
    path: "/",
    headers: { host: appHost(id), origin: `https://${appHost(id)}`, ...headers },
  });

  it("is refused without the app's own cookie, whatever of ours is shown", async () => {
    const { app } = sessions.own;
    await expectRefused(at(app, {}), missing);
    await expectRefused(at(app, { cookie: cookies.good ?? "" }), missing);
    await expectRefused(at(app, { authorization: `Bearer ${bearers.good}` }), missing);
    await expectRefused(at(app, { cookie: await appCookie(owner, sessions.second.app) }), missing);
  });

  it("is refused with its cookie where it is asked for from elsewhere, or from nowhere", async () => {
    const cookie = await appCookie(owner, sessions.own.app);
    for (const origin of ["https://evil.example", ours(), `https://${appHost(sessions.second.app)}`, "null"])
      await expectRefused(at(sessions.own.app, { cookie, origin }), foreign);
    await expectRefused({ path: "/", headers: { host: appHost(sessions.own.app), cookie } }, foreign);
    expect((await knock(kit.port, at(sessions.own.app, { cookie }))).status).toBe(101);
  });

  it("is refused to the cookie of someone who was disabled, and a ticket makes one cookie", async () => {
    expect(appCookies.disabled).toContain("=");
    await expectRefused(at(sessions.gone.app, { cookie: appCookies.disabled ?? "" }), expired);
    const { url } = await kit.callerOf(owner).sessions.openViewer({ id: sessions.own.app });
    const enter = () =>
      askDoor(kit.port, { method: "GET", path: `/__berth/enter?ticket=${ticketIn(url)}`, headers: { host: appHost(sessions.own.app) } });
    expect((await enter()).status).toBe(303);
    expect((await enter()).status).toBe(401);
  });
});

/** How each of the agents' is asked for, as the agent of this name. */
const agentWays: Record<UpgradeOf<"agent">, (name: string) => string> = {
  agentChannel: (name) => `/agent/ws?agent_id=${name}&platform=docker`,
  agentTaskStream: (name) => `/api/v1/agents/${name}/task-stream`,
  agentTunnel: () => "/agent/tunnel/0123456789abcdef",
};

describe.each(Object.entries(agentWays))("%s", (_name, pathOf) => {
  it("is refused to people, whatever they show, and to nobody", async () => {
    const path = pathOf("host-a");
    await expectRefused({ path, headers: {} }, invalid);
    await expectRefused({ path, headers: { authorization: `Bearer ${bearers.good}` } }, invalid);
    await expectRefused({ path, headers: { cookie: cookies.good ?? "", origin: ours() } }, invalid);
    await expectRefused({ path: withTicket(path, (await ways.viewer.ticket?.(owner, sessions.own)) ?? ""), headers: {} }, invalid);
  });

  it("is refused to a proof of another request, an old one, and one that was used", async () => {
    const { headers, name } = agents.other;
    const path = pathOf(name);
    await expectRefused({ path, headers: await headers("GET", `${path}x`) }, invalid);
    await expectRefused({ path, headers: await headers("POST", path) }, invalid);
    const [used, old] = [await headers("GET", path), await headers("GET", path)];
    await knock(kit.port, { path, headers: used });
    await vi.waitFor(() => expect(kit.doors.taskStreams.openCount()).toBe(0));
    await expectRefused({ path, headers: used }, invalid);
    await sleep(PROOF_MS);
    await expectRefused({ path, headers: old }, invalid);
  });

  it("is refused to an agent that was revoked", async () => {
    const path = pathOf(agents.revoked.name);
    await expectRefused({ path, headers: await agents.revoked.headers("GET", path) }, invalid);
  });
});

describe("a tunnel", () => {
  it("is refused to a wrong secret, and to the right one a second time", async () => {
    const { id } = await kit.callerOf(await makeAsker(kit, "admin")).agents.get({ id: "host-a" });
    const over = new AbortController();
    let key = { id: "", secret: "" };
    const opened = kit.doors.broker.open(
      { agentId: id, agentName: "host-a" },
      (made) => {
        key = made;
        return { type: "inventory_request" };
      },
      over.signal,
    );
    asked.mockClear();
    const path = `/agent/tunnel/${key.id}`;
    const dial = async (secret: string | null) => ({
      path,
      headers: { ...(await agents.serving.headers("GET", path)), ...(secret === null ? {} : { "x-berth-tunnel-secret": secret }) },
    });
    await expectRefused(await dial(null), "404 NOT_FOUND");
    await expectRefused(await dial("A".repeat(key.secret.length)), "404 NOT_FOUND");
    expect((await knock(kit.port, await dial(key.secret))).status).toBe(101);
    (await opened).destroy();
    await expectRefused(await dial(key.secret), "404 NOT_FOUND");
  });
});

it("every upgrade of the table is asked for here", () => {
  const upgrades = Object.entries(routes).filter(([, { kind }]) => kind === "upgrade");
  expect([...Object.keys(ways), ...Object.keys(agentWays)].sort()).toEqual(upgrades.map(([name]) => name).sort());
});
