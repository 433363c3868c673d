import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeAgent, makeAsker, makeRunningSession, PASSWORD } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import type { Asker } from "../../users/users-schema";
import { sealAppPass } from "../ports/app-pass";

let kit: ServiceKit;
let owner: Asker;
let admin: Asker;
let agent: FakeAgent;
let desktop: { id: string; name: string };
let app: { id: string; name: string };

beforeAll(async () => {
  kit = await startServiceKit({ loginsPerMinute: 1_000 });
  [owner, admin] = [await makeAsker(kit), await makeAsker(kit, "admin")];
  agent = await makeAgent(kit);
  desktop = await makeRunningSession(kit, owner, agent);
  app = await makeRunningSession(kit, owner, agent, "scratchpad");
});
afterAll(() => kit.close());

const ours = () => kit.publicUrl.origin;
const nothing = { ticket: null, token: null, cookie: null, authorization: null, origin: null, address: "192.0.2.1" };
const authorize = (attempt: Partial<typeof nothing> | Record<string, string | null>, sessionId = desktop.id) =>
  kit.viewerAccess.authorize({ ...nothing, sessionId, ...attempt });
const ticketFor = async (asker: Asker, mode: "view" | "control" = "control", reason?: string) => {
  const { url } = await kit.callerOf(asker).sessions.openViewer({ id: desktop.id, mode, reason });
  return new URL(url, ours()).searchParams.get("ticket") ?? "";
};
const jwtOf = async (asker: Asker) =>
  (await kit.services.auth.signInForToken({ username: asker.username, password: PASSWORD, address: "192.0.2.1" })).token;
const cookieOf = async (asker: Asker) =>
  `berth-session=${await encode({ token: { sub: asker.userId, loginId: asker.loginId, epoch: 0 }, secret: kit.keys.cookie, maxAge: 86_400 })}`;

describe("a display", () => {
  it("opens by ticket, once, in the ticket's mode, and the agent is asked for that session alone", async () => {
    const ticket = await ticketFor(owner, "view");
    const grant = await authorize({ ticket, origin: ours() });
    expect(grant).toMatchObject({
      agentId: agent.id,
      agentName: agent.name,
      upgradePath: `/display/${desktop.id}?mode=view`,
      login: { userId: owner.userId },
    });
    expect(grant.request({ id: "t1", secret: "s1" })).toMatchObject({
      type: "vnc_proxy_request",
      session_id: desktop.id,
      proxy_id: "t1",
      data: { tunnel_secret: "s1", mode: "view", vnc_port: 5900, pod_name: `berth-${desktop.name}` },
    });
    await expect(authorize({ ticket })).rejects.toMatchObject({ code: "TICKET_INVALID" });
  });

  it("opens by ticket for scripts, which send no Origin, and in ?token= too", async () => {
    await expect(authorize({ token: await ticketFor(owner) })).resolves.toBeTruthy();
    await expect(authorize({ ticket: await ticketFor(owner), origin: "https://evil.example" })).rejects.toMatchObject({
      code: "AUTH_ORIGIN_REFUSED",
    });
  });

  it("opens by JWT whatever the Origin, and by cookie from our Origin alone", async () => {
    const token = await jwtOf(owner);
    await expect(authorize({ token, origin: "https://evil.example" })).resolves.toBeTruthy();
    await expect(authorize({ authorization: `Bearer ${token}` })).resolves.toBeTruthy();
    const cookie = await cookieOf(owner);
    await expect(authorize({ cookie, origin: ours() })).resolves.toBeTruthy();
    for (const origin of [null, "https://evil.example", "null", `${ours()}.evil.example`]) {
      await expect(authorize({ cookie, origin })).rejects.toMatchObject({ code: "AUTH_ORIGIN_REFUSED" });
    }
  });

  it("refuses nobody, nonsense and other people, to whom the session isn't there", async () => {
    await expect(authorize({})).rejects.toMatchObject({ code: "AUTH_TOKEN_MISSING" });
    await expect(authorize({ token: "a.b.c" })).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID" });
    await expect(authorize({ cookie: "berth-session=x", origin: ours() })).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID" });
    const other = await jwtOf(await makeAsker(kit));
    await expect(authorize({ token: other })).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
      message: `No session with ID '${desktop.id}' exists`,
    });
    await expect(authorize({ token: await jwtOf(await makeAsker(kit, "operator")) })).rejects.toMatchObject({
      code: "AUTH_INSUFFICIENT_PERMISSIONS",
    });
  });

  it("of another person asks an administrator for a reason, which the owner sees and the audit log keeps", async () => {
    await expect(kit.callerOf(admin).sessions.openViewer({ id: desktop.id })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("say why"),
    });
    await expect(authorize({ token: await jwtOf(admin) })).rejects.toMatchObject({ code: "AUTH_INSUFFICIENT_PERMISSIONS" });
    const grant = await authorize({ ticket: await ticketFor(admin, "control", "ticket 4711: the screen is black") });
    grant.opened();
    grant.closed({ toViewer: 10, fromViewer: 2 });
    await vi.waitFor(async () => {
      const { events } = await kit.callerOf(owner).sessions.events({ id: desktop.id });
      expect(
        events
          .filter((event) => event.actor === admin.username)
          .map((event) => event.kind)
          .sort(),
      ).toEqual(["viewer_closed", "viewer_opened", "viewer_opened"]);
      expect(events.map((event) => event.message).join()).toContain("ticket 4711");
    });
    const { entries } = await kit.callerOf(admin).audit.list({ targetId: desktop.id, action: "sessions.open_screen" });
    expect(entries).toMatchObject([
      { actorName: admin.username, details: { reason: "ticket 4711: the screen is black", owner: owner.username } },
    ]);
  });

  it("can't be opened with a ticket whose login has ended meanwhile", async () => {
    const leaving = await makeAsker(kit, "admin");
    const ticket = await ticketFor(leaving, "view", "just looking");
    await kit.services.users.update(admin, { id: leaving.userId, role: "user" });
    await expect(authorize({ ticket })).rejects.toMatchObject({ code: "TICKET_INVALID" });
  });

  it("of a web app is named as what it is", async () => {
    await expect(authorize({ token: await jwtOf(owner) }, app.id)).rejects.toMatchObject({ code: "DISPLAY_PROTOCOL_MISMATCH" });
    await expect(kit.callerOf(owner).sessions.openViewer({ id: app.id, mode: "view" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  describe("of a session that starts", () => {
    const starting = async () => {
      const { id } = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", agentId: agent.name });
      const command = await agent.command("start_session");
      await agent.acknowledge(command);
      const { url } = await kit.callerOf(owner).sessions.openViewer({ id });
      const grant = await authorize({ ticket: new URL(url, ours()).searchParams.get("ticket") }, id);
      return { id, command, grant };
    };
    const running = { container_id: "c-early", pod_name: "berth-early", hibernate_modes: ["stop" as const] };

    it("is granted before there is a display, and ready with it", async () => {
      const { command, grant } = await starting();
      const ready = grant.ready(new AbortController().signal);
      const first = await Promise.race([
        ready.then(() => "ready"),
        kit
          .callerOf(owner)
          .sessions.list({})
          .then(() => "still waiting"),
      ]);
      expect(first).toBe("still waiting");
      await agent.complete(command, running);
      await expect(ready).resolves.toBeUndefined();
    });

    it.each(["container_created", "container_started"])(
      "is ready with its container (%s): the agent answers when the display is there",
      async (step) => {
        const { command, grant } = await starting();
        const ready = grant.ready(new AbortController().signal);
        await agent.progress(command, step, "The container is there");
        await expect(ready).resolves.toBeUndefined();
        await agent.complete(command, running);
      },
    );

    it("is not ready with the container of an earlier start", async () => {
      const { id, command } = await starting();
      await agent.progress(command, "container_created", "The container was created");
      await agent.complete(command, running);
      const hibernated = kit.callerOf(owner).sessions.setState({ id, state: "hibernated" });
      await agent.complete(await agent.command("hibernate_session"), { observed: "stopped" });
      await hibernated;
      const woken = kit.callerOf(owner).sessions.setState({ id, state: "running" });
      const wake = await agent.command("wake_session");
      const { url } = await kit.callerOf(owner).sessions.openViewer({ id });
      const grant = await authorize({ ticket: new URL(url, ours()).searchParams.get("ticket") }, id);
      const ready = grant.ready(new AbortController().signal);
      const list = () => kit.callerOf(owner).sessions.list({});
      expect(
        await Promise.race([
          ready.then(() => "ready"),
          list()
            .then(list)
            .then(() => "still waiting"),
        ]),
      ).toBe("still waiting");
      await agent.complete(wake, running);
      await Promise.all([ready, woken]);
    });

    it("says so when the session fails, and gives up when the viewer has gone", async () => {
      const { id, command, grant } = await starting();
      const gone = new AbortController();
      const left = grant.ready(gone.signal);
      gone.abort();
      await expect(left).rejects.toMatchObject({ code: "SESSION_NOT_RUNNING" });
      // Listened to from the start: it may be refused before the agent's word has been answered.
      const refused = expect(grant.ready(new AbortController().signal)).rejects.toMatchObject({
        code: "SESSION_NOT_RUNNING",
        message: expect.stringContaining("failed"),
      });
      await agent.fail(command, "IMAGE_NOT_FOUND", "There is no such image");
      await refused;
      await expect(kit.callerOf(owner).sessions.openViewer({ id })).rejects.toMatchObject({ code: "CONFLICT" });
    });

    it("is not given to another person before it runs", async () => {
      const { id, command } = await starting();
      const early = kit.callerOf(admin).sessions.openViewer({ id, reason: "looking after it" });
      await expect(early).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining("not running") });
      await agent.complete(command, running);
    });
  });

  it("of a session that doesn't run says what to do", async () => {
    const session = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", state: "hibernated", agentId: agent.name });
    await expect(kit.callerOf(owner).sessions.openViewer({ id: session.id })).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining("wake it first"),
    });
  });
});

describe("a web app", () => {
  const enter = async () => {
    const { url, protocol } = await kit.callerOf(owner).sessions.openViewer({ id: app.id });
    expect(protocol).toBe("http");
    const ticket = new URL(url).searchParams.get("ticket") ?? "";
    return { ticket, pass: () => kit.appAccess.enter({ sessionId: app.id, port: null, ticket, cookie: null, address: "192.0.2.1" }) };
  };

  it("is entered by a ticket, once, and used by the cookie that it becomes", async () => {
    const { pass, ticket } = await enter();
    const { cookie, maxAgeSeconds } = await pass();
    expect(maxAgeSeconds).toBe(43_200);
    const grant = await kit.appAccess.authorize({ sessionId: app.id, port: null, cookie });
    expect(grant).toMatchObject({ agentId: agent.id, port: 8080 });
    expect(grant.request({ id: "t", secret: "s" })).toEqual({
      type: "tunnel_request",
      tunnel_id: "t",
      tunnel_secret: "s",
      purpose: "port",
      session_id: app.id,
      port: 8080,
    });
    await expect(pass()).rejects.toMatchObject({ code: "TICKET_INVALID" });
    await expect(kit.viewerAccess.authorize({ ...nothing, sessionId: app.id, ticket })).rejects.toMatchObject({ code: "TICKET_INVALID" });
  });

  it("takes no cookie of another session, another port, another key, an ended login or a disabled user", async () => {
    const { cookie } = await (await enter()).pass();
    const missing = { code: "AUTH_TOKEN_MISSING" };
    await expect(kit.appAccess.authorize({ sessionId: desktop.id, port: null, cookie })).rejects.toMatchObject(missing);
    await expect(kit.appAccess.authorize({ sessionId: app.id, port: 22, cookie })).rejects.toMatchObject(missing);
    await expect(kit.appAccess.authorize({ sessionId: app.id, port: null, cookie: `${cookie}x` })).rejects.toMatchObject(missing);
    await expect(kit.appAccess.authorize({ sessionId: app.id, port: null, cookie: null })).rejects.toMatchObject(missing);
    const pass = {
      sessionId: app.id,
      port: null,
      userId: owner.userId,
      loginId: "x",
      accessEpoch: 0,
      shareId: null,
      note: null,
      expires: 4_000_000_000,
    };
    const forged = sealAppPass(pass, new Uint8Array(32));
    await expect(kit.appAccess.authorize({ sessionId: app.id, port: null, cookie: forged })).rejects.toMatchObject(missing);
    const expired = sealAppPass({ ...pass, expires: 1 }, kit.keys.appCookie);
    await expect(kit.appAccess.authorize({ sessionId: app.id, port: null, cookie: expired })).rejects.toMatchObject({
      code: "AUTH_TOKEN_EXPIRED",
    });
    await kit.services.auth.signOut(owner.loginId);
    await expect(kit.appAccess.authorize({ sessionId: app.id, port: null, cookie })).rejects.toMatchObject({ code: "AUTH_TOKEN_EXPIRED" });
  });
});
