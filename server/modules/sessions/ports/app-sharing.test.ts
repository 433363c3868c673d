import { BerthError } from "@berth/protocol/errors";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import type { Asker } from "../../users/users-schema";
import { openAppPass, sealAppPass } from "./app-pass";

let kit: ServiceKit;
let agent: FakeAgent;
let owner: Asker;
let friend: Asker;
let admin: Asker;
let app: { id: string; name: string };

beforeAll(async () => {
  kit = await startServiceKit({ loginsPerMinute: 1_000 });
  agent = await makeAgent(kit, { capacity: { max_cpu: 100, max_memory: 100, max_sessions: 100 } });
  admin = await makeAsker(kit, "admin");
});
beforeEach(async () => {
  await agent.connect();
  [owner, friend] = [await makeAsker(kit), await makeAsker(kit)];
  app = await makeRunningSession(kit, owner, agent, "scratchpad");
});
afterAll(() => kit.close());

const as = (asker: Asker) => kit.callerOf(asker);
const nobody = () => kit.callerOf(null);
const code = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  const cause = error instanceof Error ? error.cause : null;
  return error instanceof BerthError ? error.code : cause instanceof BerthError ? cause.code : error;
};

const passOf = async (url: string, cookie: string | null = null) => {
  const ticket = new URL(url).searchParams.get("ticket") ?? "";
  return kit.appAccess.enter({ sessionId: app.id, port: null, ticket, cookie, address: "192.0.2.7" });
};
const use = (cookie: string, port: number | null = null) => kit.appAccess.authorize({ sessionId: app.id, port, cookie });
/** What somebody has open at the app, as the relay holds it. */
async function open(cookie: string) {
  const connection = { ended: false, leave: () => {} };
  const grant = await use(cookie);
  connection.leave = grant.enter(() => {
    connection.ended = true;
  });
  return connection;
}
const invite = () => as(owner).shares.create({ sessionId: app.id, mode: "control", user: friend.username });
async function link(expiresInSeconds?: number) {
  const { id, url } = await as(owner).shares.create({ sessionId: app.id, mode: "control", expiresInSeconds });
  expect(url).toContain("/shared/app/");
  return { id, token: url?.split("/").at(-1) ?? "" };
}
const asOwner = async () => (await passOf((await as(owner).sessions.openViewer({ id: app.id })).url)).cookie;
const asFriend = async () => (await passOf((await as(friend).sessions.openViewer({ id: app.id })).url)).cookie;
const asGuest = async (token: string, name = "Ann") => (await passOf((await nobody().shares.enter({ token, name })).url)).cookie;

describe("a shared web app", () => {
  it("is shared to be used alone: that somebody only looks can't be kept", async () => {
    expect(await code(as(owner).shares.create({ sessionId: app.id, mode: "view", user: friend.username }))).toBe("INVALID_PARAMETER");
    expect(await as(owner).sessions.get({ id: app.id })).toMatchObject({ may: { share: true } });
  });

  it("is used by who is invited, and nothing else of the session is", async () => {
    expect(await code(as(friend).sessions.openViewer({ id: app.id }))).toBe("SESSION_NOT_FOUND");
    await invite();
    const cookie = await asFriend();
    expect(await use(cookie)).toMatchObject({ agentId: agent.id, port: 8080 });
    expect(await code(use(cookie, 22))).toBe("AUTH_TOKEN_MISSING");
    expect(await code(as(friend).ports.list({ id: app.id }))).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
    const { events } = await as(owner).sessions.events({ id: app.id });
    expect(events.map((event) => event.message)).toContain(`${friend.username} opened the app`);
    const { entries } = await as(admin).audit.list({ targetId: app.id });
    expect(entries.map((entry) => entry.action)).toEqual(expect.arrayContaining(["shares.create", "shares.enter"]));
  });

  it("is used by a guest through a link, whose cookie opens no more than the link", async () => {
    const { token } = await link();
    const cookie = await asGuest(token);
    expect(await use(cookie)).toMatchObject({ port: 8080 });
    const pass = openAppPass(cookie, kit.keys.appCookie);
    if (!pass) throw new Error("no pass");
    // Without its link it would have nothing but the owner's id.
    expect(await code(use(sealAppPass({ ...pass, shareId: null }, kit.keys.appCookie)))).toBe("AUTH_TOKEN_EXPIRED");
    const { entries } = await as(admin).audit.list({ targetId: app.id });
    expect(entries.find((entry) => entry.action === "shares.enter")).toMatchObject({ details: { guest: "Ann" } });
  });

  it("leaves who is in as themselves what they are when they open a link to it, and nobody else", async () => {
    const { token } = await link();
    const opened = async (cookie: string) => passOf((await nobody().shares.enter({ token, name: "Ann" })).url, cookie);
    const isGuest = expect.stringMatching(/^guest:/);
    const loginOf = async (cookie: string) => (await use((await opened(cookie)).cookie)).login.loginId;
    const mine = await asOwner();
    await kit.clock.advance(10_000);
    expect(await opened(mine)).toEqual({ cookie: mine, maxAgeSeconds: 43_190 });
    expect(await loginOf(mine)).toBe(owner.loginId);
    const invitation = await invite();
    const theirs = await asFriend();
    expect(await loginOf(theirs)).toBe(friend.loginId);

    // Whose own way in was closed is a guest by the link; so is one whose cookie is another port's, or none of ours.
    await as(owner).shares.revoke({ id: invitation.id });
    expect(await loginOf(theirs)).toEqual(isGuest);
    const pass = openAppPass(mine, kit.keys.appCookie);
    if (!pass) throw new Error("no pass");
    expect(await loginOf(sealAppPass({ ...pass, port: 3000 }, kit.keys.appCookie))).toEqual(isGuest);
    expect(await loginOf("made up")).toEqual(isGuest);
    const guests = await asGuest(token);
    expect((await opened(guests)).cookie).not.toBe(guests);
  });

  it("says to its owner who is here, until they are gone for a while", async () => {
    kit.services.appVisitors.start();
    const { token } = await link();
    const guest = await open(await asGuest(token));
    const here = async () => (await as(owner).sessions.viewers({ id: app.id })).viewers.map(({ name, kind }) => `${name} ${kind}`);
    expect(await here()).toEqual(["Ann guest"]);
    guest.leave();
    await kit.clock.advance(30_000);
    expect(await here()).toEqual(["Ann guest"]);
    await kit.clock.advance(60_000);
    expect(await here()).toEqual([]);
    kit.services.appVisitors.stop();
  });

  it.each<[string, (share: { id: string }) => Promise<unknown>]>([
    ["it is taken back", ({ id }) => as(owner).shares.revoke({ id })],
    ["sharing is turned off", () => as(owner).sessions.setPolicy({ id: app.id, policy: { sharing: false } })],
    ["its owner is disabled", () => as(admin).users.update({ id: owner.userId, active: false })],
  ])("ends what guests have open at once, and every cookie, when %s", async (_name, act) => {
    const share = await link();
    const cookie = await asGuest(share.token);
    const guest = await open(cookie);
    await act(share);
    await vi.waitFor(() => expect(guest.ended).toBe(true));
    expect(["SHARE_NOT_FOUND", "SHARING_OFF", "AUTH_TOKEN_EXPIRED"]).toContain(await code(use(cookie)));
    expect(await code(nobody().shares.enter({ token: share.token, name: "Ann" }))).toBe("SHARE_NOT_FOUND");
  });

  it("is closed to who was invited as soon as the invitation is taken back, and stays open to its owner", async () => {
    const share = await invite();
    const theirs = await open(await asFriend());
    const mine = await open((await passOf((await as(owner).sessions.openViewer({ id: app.id })).url)).cookie);
    await as(owner).shares.revoke({ id: share.id });
    await vi.waitFor(() => expect(theirs.ended).toBe(true));
    expect(mine.ended).toBe(false);
    mine.leave();
  });

  it("is closed when the link runs out by itself", async () => {
    const { token } = await link(60);
    const cookie = await asGuest(token);
    const guest = await open(cookie);
    // In steps that are short beside what makes an agent offline: a check that is under way may have read of the last heartbeat but two.
    for (let step = 0; step < 8; step += 1) {
      await kit.clock.advance(5_000);
      await agent.heartbeat();
      await kit.heartbeats.flush();
      await use(cookie);
    }
    expect(guest.ended).toBe(false);
    await kit.clock.advance(21_000);
    await vi.waitFor(() => expect(guest.ended).toBe(true));
    expect(await code(use(cookie))).toBe("AUTH_TOKEN_EXPIRED");
  });
});
