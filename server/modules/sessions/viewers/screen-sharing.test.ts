import { VIEWER_UPDATE, type ViewerMode } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import type { Asker } from "../../users/users-schema";

let kit: ServiceKit;
let agent: FakeAgent;
let owner: Asker;
let friend: Asker;
let admin: Asker;
let desktop: { id: string; name: string };
let screens = 0;

beforeAll(async () => {
  kit = await startServiceKit({ loginsPerMinute: 1_000 });
  agent = await makeAgent(kit, { capabilities: [VIEWER_UPDATE], capacity: { max_cpu: 100, max_memory: 100, max_sessions: 100 } });
  admin = await makeAsker(kit, "admin");
});
beforeEach(async () => {
  // Time moves in some tests: its last word is a fresh one.
  await agent.connect();
  [owner, friend] = [await makeAsker(kit), await makeAsker(kit)];
  desktop = await makeRunningSession(kit, owner, agent);
});
afterAll(() => kit.close());

const as = (asker: Asker) => kit.callerOf(asker);
const nobody = () => kit.callerOf(null);
const ticketIn = (url: string) => new URL(url, kit.publicUrl).searchParams.get("ticket");

/** A viewer as the door opens one; `mode` is what its agent was last told. */
async function openTicket(ticket: string | null) {
  const nothing = { token: null, cookie: null, authorization: null, origin: null, address: "192.0.2.1" };
  const grant = await kit.viewerAccess.authorize({ ...nothing, sessionId: desktop.id, ticket });
  screens += 1;
  const id = `proxy-${screens}`;
  const screen = { ended: false };
  let leave = () => {};
  leave = grant.enter(() => {
    screen.ended = true;
    leave();
  });
  const request = grant.request({ id, secret: "s" });
  if (request.type !== "vnc_proxy_request") throw new Error("no display was asked for");
  expect(grant.upgradePath).toBe(`/display/${desktop.id}?mode=${request.data.mode}`);
  grant.opened();
  const last = () => agent.received.findLast((message) => message.type === "viewer_update" && message.proxy_id === id);
  const terms = () => {
    const update = last();
    return update?.type === "viewer_update" ? update : request.data;
  };
  return { mode: (): ViewerMode => terms().mode, policy: () => terms().policy, ended: () => screen.ended, leave: () => leave(), grant };
}
const open = async (asker: Asker, mode: ViewerMode = "control", reason?: string) =>
  openTicket(ticketIn((await as(asker).sessions.openViewer({ id: desktop.id, mode, reason })).url));

async function link(mode: ViewerMode = "control") {
  const { url, id } = await as(owner).shares.create({ sessionId: desktop.id, mode });
  return { id, token: url?.split("/").at(-1) ?? "" };
}
async function openGuest(token: string, name = "Ann") {
  const { url, guestKey } = await nobody().shares.enter({ token, name });
  return Object.assign(await openTicket(ticketIn(url)), { guestKey });
}
const invite = (mode: ViewerMode) => as(owner).shares.create({ sessionId: desktop.id, user: friend.username, mode });
const viewersOf = async (asker: Asker) => (await as(asker).sessions.viewers({ id: desktop.id })).viewers;
const keyOf = (asker: Asker) => `user:${asker.userId}`;
const code = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  const cause = error instanceof Error ? error.cause : null;
  return error instanceof BerthError ? error.code : cause instanceof BerthError ? cause.code : error;
};

describe("a shared screen", () => {
  it("is controlled by one at a time: the owner first, then whom they give it to, until they take it back", async () => {
    await invite("control");
    const mine = await open(owner);
    const theirs = await open(friend);
    expect([mine.mode(), theirs.mode()]).toEqual(["control", "view"]);

    await as(friend).sessions.control({ id: desktop.id, action: "request" });
    expect([mine.mode(), theirs.mode()]).toEqual(["control", "view"]);
    expect((await viewersOf(owner)).find((viewer) => viewer.name === friend.username)).toMatchObject({ requested: true, controls: false });

    await as(owner).sessions.control({ id: desktop.id, action: "give", to: keyOf(friend) });
    expect([mine.mode(), theirs.mode()]).toEqual(["view", "control"]);
    await as(owner).sessions.control({ id: desktop.id, action: "take" });
    expect([mine.mode(), theirs.mode()]).toEqual(["control", "view"]);

    await as(owner).sessions.control({ id: desktop.id, action: "release" });
    expect([mine.mode(), theirs.mode()]).toEqual(["view", "view"]);
    await as(friend).sessions.control({ id: desktop.id, action: "request" });
    expect([mine.mode(), theirs.mode()]).toEqual(["view", "control"]);
    theirs.leave();
    expect(mine.mode()).toBe("control");
    mine.leave();
  });

  it("is not typed on by who may only watch, whoever gives them control", async () => {
    await invite("view");
    const mine = await open(owner);
    expect(await code(open(friend, "control"))).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
    const theirs = await open(friend, "view");
    expect(await code(as(friend).sessions.control({ id: desktop.id, action: "request" }))).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
    expect(await code(as(friend).sessions.control({ id: desktop.id, action: "take" }))).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
    expect(await code(as(owner).sessions.control({ id: desktop.id, action: "give", to: keyOf(friend) }))).toBe(
      "AUTH_INSUFFICIENT_PERMISSIONS",
    );
    expect([mine.mode(), theirs.mode()]).toEqual(["control", "view"]);
  });

  it("stays with its owner on all their screens, and is left alone by one that was opened to watch", async () => {
    const [one, two, watching] = [await open(owner), await open(owner), await open(owner, "view")];
    expect([one.mode(), two.mode(), watching.mode()]).toEqual(["control", "control", "view"]);
    expect(await viewersOf(owner)).toMatchObject([{ name: owner.username, kind: "owner", screens: 3, controls: true, you: true }]);
  });

  it("tells those who look on, and nobody else, when somebody comes or goes", async () => {
    await invite("view");
    const heard: string[] = [];
    const stop = new AbortController();
    const listen = async (asker: Asker) => {
      for await (const { event } of kit.services.live.events(asker, null, stop.signal))
        if (event.kind === "viewers") heard.push(`${asker.username} ${event.id}`);
    };
    const stranger = await makeAsker(kit);
    const listening = [listen(owner), listen(friend), listen(stranger)];
    const theirs = await open(friend, "view");
    await vi.waitFor(() =>
      expect(heard).toEqual(expect.arrayContaining([`${owner.username} ${desktop.id}`, `${friend.username} ${desktop.id}`])),
    );
    theirs.leave();
    stop.abort();
    await Promise.all(listening);
    expect(heard.join()).not.toContain(stranger.username);
  });

  it("is seen by who is invited, and nothing else of the session", async () => {
    expect(await code(as(friend).sessions.get({ id: desktop.id }))).toBe("SESSION_NOT_FOUND");
    await invite("view");
    expect(await as(friend).shares.mine()).toMatchObject({ shares: [{ sessionId: desktop.id, owner: owner.username, mode: "view" }] });
    expect(await as(friend).sessions.get({ id: desktop.id })).toMatchObject({
      invited: "view",
      may: { view: true, control: false, share: false, hibernate: false, terminate: false, delete: false },
    });
    for (const refused of [
      () => as(friend).sessions.events({ id: desktop.id }),
      () => as(friend).sessions.delete({ id: desktop.id }),
      () => as(friend).sessions.setState({ id: desktop.id, state: "hibernated" }),
      () => as(friend).sessions.setPolicy({ id: desktop.id, policy: {} }),
      () => as(friend).shares.create({ sessionId: desktop.id }),
      () => as(friend).shares.list({ sessionId: desktop.id }),
    ])
      expect(await code(refused())).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
  });
});

describe("a link", () => {
  it("lets a guest in by a ticket that is good once, for that screen; its token is kept as a hash", async () => {
    const { id, token } = await link("view");
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(await kit.database.sessionShare.findMany())).not.toContain(token);
    expect(JSON.stringify(await as(owner).shares.list({ sessionId: desktop.id }))).not.toContain(token);
    const { url } = await nobody().shares.enter({ token, name: "Ann" });
    const guest = await openTicket(ticketIn(url));
    expect(guest.mode()).toBe("view");
    expect(await code(openTicket(ticketIn(url)))).toBe("TICKET_INVALID");
    expect(await viewersOf(owner)).toMatchObject([{ name: "Ann", kind: "guest", right: "view", controls: false }]);
    expect((await as(owner).shares.list({ sessionId: desktop.id })).shares).toMatchObject([
      { id, kind: "link", lastUsedAt: kit.clock.now() },
    ]);
  });

  it("does not open another session, nor anything that a login opens", async () => {
    const { token } = await link();
    const { url } = await nobody().shares.enter({ token, name: "Ann" });
    const other = await makeRunningSession(kit, owner, agent);
    const nothing = { token: null, cookie: null, authorization: null, origin: null, address: "192.0.2.1" };
    expect(await code(kit.viewerAccess.authorize({ ...nothing, sessionId: other.id, ticket: ticketIn(url) }))).toBe("TICKET_INVALID");
    const again = await nobody().shares.enter({ token, name: "Ann" });
    const app = kit.appAccess.enter({
      sessionId: desktop.id,
      port: null,
      ticket: ticketIn(again.url) ?? "",
      cookie: null,
      address: "192.0.2.1",
    });
    expect(await code(app)).toBe("TICKET_INVALID");
  });

  it("gives a guest control when the owner gives it, and a guest asks by the key of their page alone", async () => {
    const { token } = await link();
    const mine = await open(owner);
    const guest = await openGuest(token);
    const other = await openGuest(token, "Bob");
    expect([guest.mode(), other.mode()]).toEqual(["view", "view"]);
    await nobody().shares.guestControl({ token, guestKey: guest.guestKey, action: "request" });
    const asking = (await viewersOf(owner)).filter((viewer) => viewer.requested);
    expect(asking.map((viewer) => viewer.name)).toEqual(["Ann"]);
    await as(owner).sessions.control({ id: desktop.id, action: "give", to: asking[0]?.key });
    expect([mine.mode(), guest.mode(), other.mode()]).toEqual(["view", "control", "view"]);
    expect(await nobody().shares.guest({ token, guestKey: other.guestKey })).toMatchObject({ controls: false, mode: "control" });
    expect(await code(nobody().shares.guestControl({ token, guestKey: "A".repeat(43), action: "release" }))).toBe("SESSION_NOT_RUNNING");

    const { entries } = await as(admin).audit.list({ targetId: desktop.id });
    const lines = entries.map(({ action, actorKind, details }) => [action, actorKind, details]).reverse();
    expect(lines.slice(-4)).toEqual([
      ["shares.enter", "nobody", { guest: "Ann", share: expect.any(String), mode: "control" }],
      ["shares.enter", "nobody", { guest: "Bob", share: expect.any(String), mode: "control" }],
      ["sessions.control_request", "nobody", { guest: "Ann" }],
      ["sessions.control_give", "user", { to: "Ann" }],
    ]);
  });

  it.each<[string, (share: { id: string }) => Promise<unknown>]>([
    ["it is taken back", ({ id }) => as(owner).shares.revoke({ id })],
    ["sharing is turned off", () => as(owner).sessions.setPolicy({ id: desktop.id, policy: { sharing: false } })],
    ["its owner is disabled", () => as(admin).users.update({ id: owner.userId, active: false })],
    [
      "the session ends",
      () =>
        as(owner)
          .sessions.setState({ id: desktop.id, state: "terminating" })
          .catch(() => {}),
    ],
  ])("ends its viewers at once, and every ticket, when %s", async (_name, act) => {
    const share = await link();
    const guest = await openGuest(share.token);
    const { url } = await nobody().shares.enter({ token: share.token, name: "late" });
    const acted = act(share);
    await vi.waitFor(() => expect(guest.ended()).toBe(true));
    expect(await code(nobody().shares.enter({ token: share.token, name: "Ann" }))).toBe("SHARE_NOT_FOUND");
    expect(await code(nobody().shares.guest({ token: share.token, guestKey: guest.guestKey }))).toBe("SHARE_NOT_FOUND");
    await expect(openTicket(ticketIn(url))).rejects.toBeInstanceOf(BerthError);
    await kit.clock.advance(10_000);
    await acted;
  });

  it("that is taken back between the check of a ticket and the opening of its screen lets nobody in", async () => {
    const share = await link();
    const { url } = await nobody().shares.enter({ token: share.token, name: "Ann" });
    const nothing = { token: null, cookie: null, authorization: null, origin: null, address: "192.0.2.1" };
    const grant = await kit.viewerAccess.authorize({ ...nothing, sessionId: desktop.id, ticket: ticketIn(url) });
    const heard = new Promise<void>((resolve) => {
      const stop = kit.bus.subscribe((event) => {
        if (event.kind !== "viewers" || event.sessionId !== desktop.id) return;
        stop();
        resolve();
      });
    });
    await as(owner).shares.revoke({ id: share.id });
    await heard;
    let ended = false;
    grant.enter(() => {
      ended = true;
    });
    await grant.ready(new AbortController().signal);
    expect(ended).toBe(true);
  });

  it("runs out by itself, with its viewers", async () => {
    const { url } = await as(owner).shares.create({ sessionId: desktop.id, expiresInSeconds: 60 });
    const token = url?.split("/").at(-1) ?? "";
    const guest = await openGuest(token);
    await kit.clock.advance(50_000);
    expect(guest.ended()).toBe(false);
    await kit.clock.advance(15_000);
    await vi.waitFor(() => expect(guest.ended()).toBe(true));
    expect(await code(nobody().shares.enter({ token, name: "Ann" }))).toBe("SHARE_NOT_FOUND");
  });

  it("is tried only so often from one address", async () => {
    const strict = await startServiceKit({ loginsPerMinute: 1 });
    try {
      const guess = () => code(strict.callerOf(null).shares.enter({ token: "A".repeat(43), name: "x" }));
      const answers = [];
      for (let tries = 0; tries < 7; tries++) answers.push(await guess());
      expect(answers).toEqual([...Array(6).fill("SHARE_NOT_FOUND"), "RATE_LIMIT_EXCEEDED"]);
    } finally {
      await strict.close();
    }
  });
});

describe("an invitation", () => {
  it("ends with its viewers when it is taken back or lessened, and is written to the audit log", async () => {
    const share = await invite("control");
    const theirs = await open(friend);
    await invite("view");
    await vi.waitFor(() => expect(theirs.ended()).toBe(true));
    const watching = await open(friend, "view");
    await as(owner).shares.revoke({ id: share.id });
    await vi.waitFor(() => expect(watching.ended()).toBe(true));
    expect(await code(open(friend, "view"))).toBe("SESSION_NOT_FOUND");
    const { entries } = await as(admin).audit.list({ targetId: desktop.id });
    expect(entries.map((entry) => entry.action)).toEqual(expect.arrayContaining(["shares.create", "shares.revoke"]));
  });

  it("is the owner's to give: administrators let nobody in, themselves neither, but take invitations back", async () => {
    expect(await code(as(admin).shares.create({ sessionId: desktop.id }))).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
    const { id, token } = await link();
    await as(admin).shares.revoke({ id });
    expect(await code(nobody().shares.enter({ token, name: "Ann" }))).toBe("SHARE_NOT_FOUND");
  });
});

describe("an administrator's visit", () => {
  it("is shown to the owner with its reason, and takes control at any time, if that is what they came for", async () => {
    const mine = await open(owner);
    const watcher = await open(admin, "view", "ticket 4711");
    expect((await viewersOf(owner)).find((viewer) => viewer.visit)).toMatchObject({
      visit: "admin",
      reason: "ticket 4711",
      name: admin.username,
    });
    expect(await code(as(admin).sessions.control({ id: desktop.id, action: "take" }))).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
    watcher.leave();
    const visit = await open(admin, "control", "ticket 4711");
    expect([mine.mode(), visit.mode()]).toEqual(["control", "view"]);
    await as(admin).sessions.control({ id: desktop.id, action: "take" });
    expect([mine.mode(), visit.mode()]).toEqual(["view", "control"]);
    visit.leave();
    expect(mine.mode()).toBe("control");
  });
});

describe("a session's policy", () => {
  it("holds for open viewers at once and for those who come later", async () => {
    const mine = await open(owner);
    expect(mine.policy()).toEqual({ clipboard_in: true, clipboard_out: true });
    await as(owner).sessions.setPolicy({ id: desktop.id, policy: { clipboardIn: false } });
    await vi.waitFor(() => expect(mine.policy()).toEqual({ clipboard_in: false, clipboard_out: true }));
    expect((await open(owner)).policy()).toEqual({ clipboard_in: false, clipboard_out: true });
  });

  it("is no looser than its template's, unless an administrator says so", async () => {
    const template = await as(admin).templates.get({ name: "terminal-desktop" });
    const name = `closed-${screens}`;
    await as(admin).templates.create({
      name,
      displayName: "Closed",
      category: "Tests",
      image: template.image,
      display: template.display,
      defaultResources: template.defaultResources,
      policy: { clipboardOut: false, sharing: false },
    });
    expect(await code(as(owner).sessions.create({ template: name, policy: { sharing: true } }))).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
    desktop = await makeRunningSession(kit, owner, agent, name);
    const held = { clipboardIn: true, clipboardOut: false, sharing: false, fileTransfer: true, thumbnails: true, terminals: true };
    expect(await as(owner).sessions.get({ id: desktop.id })).toMatchObject({ policy: held, policyCeiling: held });
    expect(await code(as(owner).shares.create({ sessionId: desktop.id }))).toBe("SHARING_OFF");
    const loosen = { id: desktop.id, policy: { clipboardOut: true } };
    expect(await code(as(owner).sessions.setPolicy(loosen))).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
    expect((await as(admin).sessions.setPolicy(loosen)).policy.clipboardOut).toBe(true);
  });

  it("fails closed on an agent that can't enforce it, while an open one works there as ever", async () => {
    const old = await makeAgent(kit);
    desktop = await makeRunningSession(kit, owner, old);
    const screen = await open(owner);
    expect(screen.mode()).toBe("control");
    expect(await code(as(owner).shares.create({ sessionId: desktop.id }))).toBe("AGENT_TOO_OLD");
    await as(owner).sessions.setPolicy({ id: desktop.id, policy: { clipboardOut: false } });
    expect(await code(open(owner))).toBe("AGENT_TOO_OLD");
    await vi.waitFor(() => expect(screen.ended()).toBe(true));
  });

  it("ends a viewer whose agent can't be told", async () => {
    const away = await makeAgent(kit, { capabilities: [VIEWER_UPDATE] });
    desktop = await makeRunningSession(kit, owner, away);
    const screen = await open(owner);
    kit.gateway.connected.delete(away.id);
    await as(owner).sessions.control({ id: desktop.id, action: "release" });
    expect(screen.ended()).toBe(true);
  });
});
