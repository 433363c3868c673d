import { SignJWT } from "jose";
import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAsker, PASSWORD } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { TestClock } from "../../testing/test-clock";
import { AuthService } from "./auth-service";
import { ensureFirstAdmin, resetAdmin } from "./first-admin";
import type { Asker, Login } from "./users-schema";

let kit: ServiceKit;
beforeAll(async () => {
  kit = await startServiceKit();
});
afterAll(() => kit.close());

let lastAddress = 0;
/** Limits are by address: each test comes from its own. */
const address = () => {
  lastAddress += 1;
  return `198.51.100.${lastAddress}`;
};
const tokenOf = async (asker: Asker) =>
  (await kit.services.auth.signInForToken({ username: asker.username, password: PASSWORD, address: address() })).token;
const cookieOf = async (login: Login) =>
  `other=1; berth-session=${await encode({ token: { sub: login.userId, loginId: login.loginId, epoch: login.accessEpoch }, secret: kit.keys.cookie, maxAge: 86_400 })}`;

describe("signing in", () => {
  it("gives a token that says who one is", async () => {
    const user = await makeAsker(kit, "operator");
    const {
      token,
      expiresAt,
      user: shown,
    } = await kit.services.auth.signInForToken({ username: user.username, password: PASSWORD, address: address() });
    expect(shown).toMatchObject({ username: user.username, role: "operator" });
    expect(expiresAt.getTime() - kit.clock.now().getTime()).toBe(86_400_000);
    expect(await kit.services.auth.fromBearer(token, "192.0.2.1")).toMatchObject({ userId: user.userId, role: "operator", via: "bearer" });
  });

  it("says the same to a wrong password, an unknown name and a disabled account", async () => {
    const user = await makeAsker(kit);
    const disabled = await makeAsker(kit);
    await kit.services.users.update(await makeAsker(kit, "admin"), { id: disabled.userId, active: false });
    const refused = { code: "AUTH_INVALID_CREDENTIALS", message: "Invalid username or password" };
    await expect(kit.services.auth.signIn({ username: user.username, password: "wrong", address: address() })).rejects.toMatchObject(
      refused,
    );
    await expect(kit.services.auth.signIn({ username: "nobody-at-all", password: PASSWORD, address: address() })).rejects.toMatchObject(
      refused,
    );
    await expect(kit.services.auth.signIn({ username: disabled.username, password: PASSWORD, address: address() })).rejects.toMatchObject(
      refused,
    );
  });

  it("is refused the sixth time in a minute, whichever name is tried, with the seconds to wait", async () => {
    const from = address();
    const users = await Promise.all([makeAsker(kit), makeAsker(kit)]);
    for (let tries = 0; tries < 5; tries += 1) {
      await kit.services.auth.signIn({ username: users[tries % 2]?.username ?? "", password: "wrong", address: from }).catch(() => {});
    }
    const sixth = kit.services.auth.signIn({ username: users[0].username, password: PASSWORD, address: from });
    await expect(sixth).rejects.toMatchObject({ code: "RATE_LIMIT_EXCEEDED", details: { retryAfter: expect.any(Number) } });
    await expect(kit.services.auth.signIn({ username: users[0].username, password: PASSWORD, address: address() })).resolves.toBeTruthy();
  });
});

describe("a token", () => {
  it("is refused when it was tampered with, is of another key or algorithm, or has expired", async () => {
    const user = await makeAsker(kit);
    const token = await tokenOf(user);
    const [head, body, signature] = token.split(".");
    const forgedBody = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(body ?? "", "base64url").toString()), sub: "00000000-0000-4000-8000-000000000000" }),
    ).toString("base64url");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const otherKey = await new SignJWT({ epoch: 0 })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(user.userId)
      .setJti("x")
      .setExpirationTime("1h")
      .sign(new Uint8Array(32));
    for (const forged of [`${head}.${forgedBody}.${signature}`, `${none}.${body}.`, otherKey, "not a token", ""]) {
      await expect(kit.services.auth.fromBearer(forged, "192.0.2.1")).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID" });
    }
    const tomorrow = new TestClock(new Date(kit.clock.now().getTime() + 86_401_000));
    const later = new AuthService({ ...kit, ...kit.services, clock: tomorrow, cookieName: "berth-session" });
    await expect(later.fromBearer(token, "192.0.2.1")).rejects.toMatchObject({ code: "AUTH_TOKEN_EXPIRED" });
  });

  it.each([
    ["disabled", { active: false }],
    ["given another role", { role: "operator" as const }],
    ["given another password", { password: "another long one" }],
  ])("dies at once when its user is %s, cookie and tickets with it", async (_, change) => {
    const user = await makeAsker(kit);
    const token = await tokenOf(user);
    const cookie = await cookieOf(await kit.services.auth.fromBearer(token, "192.0.2.1"));
    const grant = {
      purpose: "viewer",
      userId: user.userId,
      loginId: user.loginId,
      sessionId: user.userId,
      mode: "control",
      port: null,
    } as const;
    const { ticket } = await kit.database.$transaction((tx) => kit.tickets.issue(tx, grant));
    expect(await kit.services.auth.fromCookie(cookie)).toMatchObject({ via: "cookie" });
    const heard = new Promise((resolve) =>
      kit.bus.subscribe((event) => event.kind === "access" && event.userId === user.userId && resolve(event)),
    );

    await kit.services.users.update(await makeAsker(kit, "admin"), { id: user.userId, ...change });

    await expect(kit.services.auth.fromBearer(token, "192.0.2.1")).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID" });
    expect(await kit.services.auth.fromCookie(cookie)).toBeNull();
    await expect(kit.tickets.redeem(ticket, { purpose: "viewer", sessionId: user.userId })).rejects.toMatchObject({
      code: "TICKET_INVALID",
    });
    await heard;
  });

  it("ends alone when one signs out", async () => {
    const user = await makeAsker(kit);
    const [one, two] = [await tokenOf(user), await tokenOf(user)];
    await kit.services.auth.signOut((await kit.services.auth.fromBearer(one, "192.0.2.1")).loginId);
    await expect(kit.services.auth.fromBearer(one, "192.0.2.1")).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID" });
    expect(await kit.services.auth.fromBearer(two, "192.0.2.1")).toMatchObject({ userId: user.userId });
  });

  it("ends with every other when the password is changed; a bearer gets the next one", async () => {
    const user = await makeAsker(kit);
    const token = await tokenOf(user);
    const asker = { ...(await kit.services.auth.fromBearer(token, "192.0.2.1")), address: address() };
    await expect(
      kit.services.auth.changePassword(asker, { currentPassword: "wrong", newPassword: "another long one" }),
    ).rejects.toMatchObject({ code: "AUTH_INVALID_CREDENTIALS" });
    const next = await kit.services.auth.changePassword(asker, { currentPassword: PASSWORD, newPassword: "another long one" });
    await expect(kit.services.auth.fromBearer(token, "192.0.2.1")).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID" });
    expect(await kit.services.auth.fromBearer(next.token ?? "", "192.0.2.1")).toMatchObject({ userId: user.userId });
  });
});

describe("a cookie", () => {
  it("of another secret, another name or nonsense is nobody's", async () => {
    const login = await makeAsker(kit);
    const foreign = await encode({ token: { sub: login.userId, loginId: "x", epoch: 0 }, secret: "another secret", maxAge: 86_400 });
    expect(await kit.services.auth.fromCookie(`berth-session=${foreign}`)).toBeNull();
    expect(await kit.services.auth.fromCookie((await cookieOf(login)).replace("berth-session=", "session="))).toBeNull();
    expect(await kit.services.auth.fromCookie("berth-session=nonsense; ;;=x")).toBeNull();
    expect(await kit.services.auth.fromCookie("")).toBeNull();
  });
});

describe("a person from an identity provider", () => {
  const profile = (subject: string, email: string | null) => ({
    issuer: "https://id.example",
    subject,
    email,
    name: "Ada L.",
    address: address(),
  });

  it("becomes one user, however often and however fast they come", async () => {
    const logins = await Promise.all([1, 2, 3].map(() => kit.services.auth.signInWithOidc(profile("s1", "Ada.L@example.org"))));
    expect(new Set(logins.map((login) => login.userId)).size).toBe(1);
    expect(logins[0]).toMatchObject({ username: "ada.l", role: "user" });
  });

  it("takes over nobody's account by having the same address or name", async () => {
    const admin = await makeAsker(kit, "admin");
    const local = await kit.services.users.create(admin, {
      username: "grace",
      email: "grace@example.org",
      password: PASSWORD,
      role: "admin",
    });
    const login = await kit.services.auth.signInWithOidc(profile("s2", "grace@example.org"));
    expect(login.userId).not.toBe(local.id);
    expect(login).toMatchObject({ role: "user", username: expect.stringMatching(/^grace-/) });
  });

  it("is told apart from a wrong password when the account is disabled: the provider has said who it is", async () => {
    const { userId } = await kit.services.auth.signInWithOidc(profile("s3", "ida@example.org"));
    await kit.services.users.update(await makeAsker(kit, "admin"), { id: userId, active: false });
    await expect(kit.services.auth.signInWithOidc(profile("s3", "ida@example.org"))).rejects.toMatchObject({
      code: "AUTH_INSUFFICIENT_PERMISSIONS",
    });
  });
});

describe("administrators", () => {
  it("are never left without one, also when two demote each other at once", async () => {
    const fresh = await startServiceKit();
    try {
      const [one, two] = [await makeAsker(fresh, "admin"), await makeAsker(fresh, "admin")];
      const both = await Promise.allSettled([
        fresh.services.users.update(one, { id: two.userId, role: "user" }),
        fresh.services.users.update(two, { id: one.userId, active: false }),
      ]);
      expect(both.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(both.find((result) => result.status === "rejected")).toMatchObject({
        reason: { code: "VALIDATION_FAILED", message: expect.stringContaining("last active administrator") },
      });
    } finally {
      await fresh.close();
    }
  });

  it("start with one, made once however many processes start", async () => {
    const fresh = await startServiceKit();
    try {
      const deps = { database: fresh.database, ids: fresh.ids, audit: fresh.services.audit, tickets: fresh.tickets };
      const made = await Promise.all([1, 2, 3].map(() => ensureFirstAdmin(deps, { username: "admin", password: null })));
      const [first] = made.filter((one) => one !== null);
      expect(made.filter((one) => one !== null)).toHaveLength(1);
      expect(await fresh.services.auth.signIn({ username: "admin", password: first?.madePassword ?? "", address: "::1" })).toMatchObject({
        role: "admin",
      });
      const reset = await resetAdmin(deps, { username: "admin", password: "chosen by hand" });
      expect(reset.madePassword).toBeNull();
      expect(await fresh.services.auth.signIn({ username: "admin", password: "chosen by hand", address: "::1" })).toMatchObject({
        role: "admin",
      });
    } finally {
      await fresh.close();
    }
  });

  it("are told when a name or an address is taken", async () => {
    const admin = await makeAsker(kit, "admin");
    await kit.services.users.create(admin, { username: "taken", email: "taken@example.org", password: PASSWORD, role: "user" });
    await expect(kit.services.users.create(admin, { username: "taken", password: PASSWORD, role: "user" })).rejects.toMatchObject({
      code: "USER_ALREADY_EXISTS",
    });
    await expect(
      kit.services.users.create(admin, { username: "free", email: "taken@example.org", password: PASSWORD, role: "user" }),
    ).rejects.toMatchObject({ code: "USER_ALREADY_EXISTS" });
  });
});

describe("a ticket", () => {
  const grantOf = (asker: Asker) =>
    ({ purpose: "viewer", userId: asker.userId, loginId: asker.loginId, sessionId: asker.userId, mode: "view", port: null }) as const;
  const issue = (asker: Asker) => kit.database.$transaction((tx) => kit.tickets.issue(tx, grantOf(asker)));

  it("has one winner when two use it at once", async () => {
    const asker = await makeAsker(kit);
    const { ticket } = await issue(asker);
    const uses = await Promise.allSettled(
      [1, 2, 3, 4].map(() => kit.tickets.redeem(ticket, { purpose: "viewer", sessionId: asker.userId })),
    );
    expect(uses.filter((use) => use.status === "fulfilled")).toHaveLength(1);
  });

  it("is good for 30 seconds, for its session and for its purpose alone, and is used up by a wrong try", async () => {
    const asker = await makeAsker(kit);
    const invalid = { code: "TICKET_INVALID" };
    const late = await issue(asker);
    await kit.clock.advance(30_000);
    await expect(kit.tickets.redeem(late.ticket, { purpose: "viewer", sessionId: asker.userId })).rejects.toMatchObject(invalid);
    const wrong = await issue(asker);
    await expect(kit.tickets.redeem(wrong.ticket, { purpose: "app", sessionId: asker.userId })).rejects.toMatchObject(invalid);
    await expect(kit.tickets.redeem(wrong.ticket, { purpose: "viewer", sessionId: asker.userId })).rejects.toMatchObject(invalid);
    await expect(kit.tickets.redeem("made up", { purpose: "viewer", sessionId: asker.userId })).rejects.toMatchObject(invalid);
  });

  it("dies with the login that got it", async () => {
    const asker = await makeAsker(kit);
    const { ticket } = await issue(asker);
    await kit.services.auth.signOut(asker.loginId);
    await expect(kit.tickets.redeem(ticket, { purpose: "viewer", sessionId: asker.userId })).rejects.toMatchObject({
      code: "TICKET_INVALID",
    });
  });
});
