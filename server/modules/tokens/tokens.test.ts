import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { accessEnds } from "../../access-ends";
import { OpenSockets } from "../../http/open-sockets";
import { makeAgent, makeAsker, makeRunningSession, PASSWORD } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { TestClock } from "../../testing/test-clock";
import { AuthService } from "../users/auth-service";
import { UsersJobs } from "../users/users-jobs";
import type { Asker } from "../users/users-schema";
import { MAX_TOKENS } from "./tokens-schema";
import { TokensService } from "./tokens-service";

let kit: ServiceKit;
beforeAll(async () => {
  kit = await startServiceKit({ loginsPerMinute: 1_000 });
});
afterAll(() => kit.close());

const from = "192.0.2.44";
const make = (asker: Asker, scope: "read" | "write" | "admin" = "write", more: { expiresInDays?: number; userId?: string } = {}) =>
  kit.callerOf(asker).tokens.create({ name: "a script", scope, ...more });
/** A second before so many days from now. */
const inDays = (days: number) => new TestClock(new Date(kit.clock.now().getTime() + days * 86_400_000 - 1_000));
const tokensAt = (clock: TestClock) => new TokensService({ ...kit, audit: kit.services.audit, clock });
const login = (value: string) => kit.services.auth.fromBearer(value, from);
const invalid = { code: "AUTH_TOKEN_INVALID" };
const listed = async (asker: Asker, id: string) => (await kit.services.tokens.list(asker)).find((token) => token.id === id);

describe("an API token", () => {
  it("lets in as its owner, is told once, and is kept as a hash alone", async () => {
    const asker = await makeAsker(kit, "operator");
    const made = await make(asker);
    expect(await login(made.value)).toMatchObject({ userId: asker.userId, role: "operator", token: { name: "a script", scope: "write" } });
    const row = await kit.database.apiToken.findUniqueOrThrow({ where: { id: made.id } });
    expect(JSON.stringify(row)).not.toContain(made.value);
    expect(JSON.stringify(await listed(asker, made.id))).not.toContain(made.value);
    await expect(login(made.value.slice(0, -1))).rejects.toMatchObject(invalid);
    await expect(login(`${made.value.slice(0, -1)}${made.value.endsWith("a") ? "b" : "a"}`)).rejects.toMatchObject(invalid);
  });

  it.each([
    ["admin", "admin", "admin"],
    ["admin", "write", "operator"],
    ["admin", "read", "operator"],
    ["operator", "admin", "operator"],
    ["user", "admin", "user"],
    ["user", "write", "user"],
  ] as const)("of an owner who is %s, with the scope %s, acts as %s", async (role, scope, acts) => {
    expect(await login((await make(await makeAsker(kit, role), scope)).value)).toMatchObject({ role: acts });
  });

  it("expires when it was made to", async () => {
    const { value } = await make(await makeAsker(kit), "read", { expiresInDays: 2 });
    const clock = inDays(2);
    const later = tokensAt(clock);
    await expect(later.login(value, from)).resolves.toMatchObject({ token: { scope: "read" } });
    await clock.advance(1_000);
    await expect(later.login(value, from)).rejects.toMatchObject({ code: "AUTH_TOKEN_EXPIRED" });
  });

  it("is worth nothing from the moment that it is revoked, and to others it isn't there", async () => {
    const [asker, other, admin] = [await makeAsker(kit), await makeAsker(kit, "operator"), await makeAsker(kit, "admin")];
    const [one, two] = [await make(asker), await make(asker)];
    await expect(kit.callerOf(other).tokens.revoke({ id: one.id })).rejects.toThrow("no API token");
    await kit.callerOf(asker).tokens.revoke({ id: one.id });
    await kit.callerOf(asker).tokens.revoke({ id: one.id });
    await expect(login(one.value)).rejects.toMatchObject(invalid);
    await expect(login(two.value)).resolves.toMatchObject({ userId: asker.userId });
    await kit.callerOf(admin).tokens.revoke({ id: two.id });
    await expect(login(two.value)).rejects.toMatchObject(invalid);
    const { entries } = await kit.services.audit.list({ targetId: asker.userId, page: 1, limit: 10 });
    expect(entries.map(({ action, actorName }) => [action, actorName])).toEqual([
      ["tokens.revoke", admin.username],
      ["tokens.revoke", asker.username],
      ["tokens.create", asker.username],
      ["tokens.create", asker.username],
    ]);
  });

  it.each([
    ["is disabled", (admin: Asker, id: string) => kit.services.users.update(admin, { id, active: false })],
    ["has another role", (admin: Asker, id: string) => kit.services.users.update(admin, { id, role: "operator" })],
    ["has a new password", (admin: Asker, id: string) => kit.services.users.update(admin, { id, password: "another one" })],
    ["is signed out everywhere", (admin: Asker, id: string) => kit.services.logins.endAll(admin, id)],
  ])("ends when its owner %s, and stays so", async (_, happens) => {
    const [asker, admin] = [await makeAsker(kit), await makeAsker(kit, "admin")];
    const { id, value } = await make(asker);
    const before = await login(value);
    await happens(admin, asker.userId);
    await expect(login(value)).rejects.toMatchObject(invalid);
    expect(await kit.services.auth.current(before)).toBeNull();
    await kit.services.users.update(admin, { id: asker.userId, active: true });
    await expect(login(value)).rejects.toMatchObject(invalid);
    expect(await listed(asker, id)).toMatchObject({ state: "ended" });
  });

  it("shows when and from where it was used last, and writes that down once a minute", async () => {
    const asker = await makeAsker(kit);
    const { id, value } = await make(asker);
    expect(await listed(asker, id)).toMatchObject({ lastUsedAt: null, lastUsedAddress: null });
    await login(value);
    const used = { lastUsedAt: kit.clock.now(), lastUsedAddress: from };
    expect(await listed(asker, id)).toMatchObject(used);
    expect(await kit.database.apiToken.findUnique({ where: { id } })).toMatchObject({ lastUsedAt: null });
    await new UsersJobs({ ...kit, ...kit.services }).sweep();
    expect(await kit.database.apiToken.findUnique({ where: { id } })).toMatchObject(used);
    expect(await listed(asker, id)).toMatchObject(used);
  });

  it("stands beside its owner's name in the audit log", async () => {
    const admin = await makeAsker(kit, "admin");
    const scripted = { ...(await login((await make(admin, "admin")).value)), address: from };
    const { id } = await kit.callerOf(scripted).users.create({ username: `made-${kit.ids.suffix()}`, password: PASSWORD });
    const { entries } = await kit.services.audit.list({ targetId: id, page: 1, limit: 1 });
    expect(entries).toMatchObject([{ action: "users.create", actorName: admin.username, actorToken: "a script" }]);
  });

  it("sets nobody's password, whatever its scope", async () => {
    const admin = await makeAsker(kit, "admin");
    const scripted = await login((await make(admin, "admin")).value);
    const change = kit.callerOf(scripted).users.update({ id: admin.userId, password: "mine now then" });
    await expect(change).rejects.toThrow("An API token may not do this");
  });

  it("is one of a hundred at most, two at once counted", async () => {
    const asker = await makeAsker(kit);
    const { userId } = asker;
    const rows = Array.from({ length: MAX_TOKENS - 1 }, (_, at) => ({
      ...{ id: kit.ids.uuid(), userId, name: "n", hash: `${userId}-${at}`, prefix: "berth_", scope: "read" as const },
      ...{ accessEpoch: 0, createdById: userId, createdAt: kit.clock.now() },
    }));
    await kit.database.apiToken.createMany({ data: rows });
    const both = await Promise.allSettled([make(asker), make(asker)]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(make(asker)).rejects.toThrow("revoke one that is not used any more");
  });
});

describe("a service account", () => {
  it("can't sign in or get a password, and comes by tokens that an administrator makes", async () => {
    const [admin, user] = [await makeAsker(kit, "admin"), await makeAsker(kit)];
    const account = await kit.callerOf(admin).users.createServiceAccount({ username: `bot-${kit.ids.suffix()}`, role: "user" });
    expect(account).toMatchObject({ kind: "service", hasPassword: false });
    const signIn = kit.services.auth.signIn({ username: account.username, password: "", address: from });
    await expect(signIn).rejects.toMatchObject({ code: "AUTH_INVALID_CREDENTIALS" });
    for (const attempt of [
      () => kit.callerOf(admin).users.update({ id: account.id, password: PASSWORD }),
      () => kit.callerOf(admin).users.renewInvitation({ id: account.id }),
    ])
      await expect(attempt()).rejects.toThrow("is a service account");
    await expect(make(user, "read", { userId: account.id })).rejects.toThrow(account.id);
    const { value } = await make(admin, "write", { userId: account.id });
    expect(await login(value)).toMatchObject({ username: account.username, role: "user" });
    expect(await kit.callerOf(admin).tokens.list({ userId: account.id })).toMatchObject({ tokens: [{ state: "active" }] });
  });

  it("is the only other account for which an administrator makes tokens", async () => {
    const [admin, person] = [await makeAsker(kit, "admin"), await makeAsker(kit)];
    await expect(make(admin, "read", { userId: person.userId })).rejects.toThrow("service accounts");
  });
});

describe("what a token has opened", () => {
  it("ends at once when it is revoked, and within seconds of its expiry", async () => {
    const asker = await makeAsker(kit);
    const [revoked, expiring, lasting] = [await make(asker), await make(asker, "read", { expiresInDays: 1 }), await make(asker)];
    const sockets = new OpenSockets();
    const ended: string[] = [];
    for (const [name, { value }] of Object.entries({ revoked, expiring, lasting })) sockets.add(await login(value), () => ended.push(name));
    const clock = inDays(1);
    const stop = accessEnds({
      ...{ bus: kit.bus, clock, log: kit.log, sockets, disconnect: () => {} },
      broker: { endAgent: () => {} },
      agentsHere: () => [],
      revokedAgents: async () => [],
      accessEpoch: (id) => kit.services.auth.accessEpoch(id),
      endedLogins: (ids) => new AuthService({ ...kit, ...kit.services, cookieName: "berth-session", tokens: tokensAt(clock) }).ended(ids),
    });
    await kit.callerOf(asker).tokens.revoke({ id: revoked.id });
    await vi.waitFor(() => expect(ended).toEqual(["revoked"]));
    await clock.advance(6_000);
    expect(ended).toEqual(["revoked", "expiring"]);
    stop();
  });

  it("is a screen that it watches or uses by its scope, without an Origin rule, and never another person's", async () => {
    const [owner, admin, agent] = [await makeAsker(kit), await makeAsker(kit, "admin"), await makeAgent(kit)];
    const { id: sessionId } = await makeRunningSession(kit, owner, agent);
    const nothing = { ticket: null, token: null, cookie: null, authorization: null, address: from, origin: "https://elsewhere.example" };
    const [reads, writes] = [await make(owner, "read"), await make(owner, "write")];
    const paths = [
      await kit.viewerAccess.authorize({ ...nothing, sessionId, token: reads.value }),
      await kit.viewerAccess.authorize({ ...nothing, sessionId, authorization: `Bearer ${writes.value}` }),
    ].map(({ upgradePath }) => upgradePath);
    expect(paths).toEqual([expect.stringContaining("view"), expect.stringContaining("control")]);
    const foreign = kit.viewerAccess.authorize({ ...nothing, sessionId, token: (await make(admin, "admin")).value });
    await expect(foreign).rejects.toMatchObject({ status: 403 });
  });

  it("is a ticket that is worth nothing once the token is revoked", async () => {
    const [owner, agent] = [await makeAsker(kit), await makeAgent(kit)];
    const { id: sessionId } = await makeRunningSession(kit, owner, agent);
    const { id, value } = await make(owner);
    const { url } = await kit.callerOf(await login(value)).sessions.openViewer({ id: sessionId });
    await kit.callerOf(owner).tokens.revoke({ id });
    const attempt = { token: null, cookie: null, authorization: null, address: from, origin: null };
    const ticket = new URL(url, kit.publicUrl).searchParams.get("ticket");
    await expect(kit.viewerAccess.authorize({ ...attempt, sessionId, ticket })).rejects.toMatchObject({ code: "TICKET_INVALID" });
  });
});
