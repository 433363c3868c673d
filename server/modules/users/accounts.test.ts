import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAsker, PASSWORD } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { TestClock } from "../../testing/test-clock";
import { InvitationsService } from "./invitations-service";
import { UsersJobs } from "./users-jobs";
import type { Asker } from "./users-schema";

let kit: ServiceKit;
beforeAll(async () => {
  kit = await startServiceKit();
});
afterAll(() => kit.close());

let lastAddress = 0;
const address = () => {
  lastAddress += 1;
  return `2001:db8:1::${lastAddress.toString(16)}`;
};
async function signedIn(asker: Asker, userAgent: string): Promise<Asker> {
  const where = { address: address(), userAgent };
  return { ...(await kit.services.auth.signIn({ username: asker.username, password: PASSWORD, ...where })), address: where.address };
}
const tokenIn = (url: string) => new URL(url).hash.slice(1);
const actionsOn = async (targetId: string) =>
  (await kit.services.audit.list({ targetId, page: 1, limit: 20 })).entries.map(({ action }) => action);

describe("one's logins", () => {
  it("are listed with where they began and when they were seen; this one is marked", async () => {
    const asker = await makeAsker(kit);
    const [laptop, phone] = [await signedIn(asker, "Firefox on Linux"), await signedIn(asker, "Safari on iPhone")];
    await kit.clock.advance(60_000);
    expect(await kit.services.auth.current(laptop)).not.toBeNull();
    const seen = kit.clock.now();
    const listed = await kit.services.logins.list(phone);
    expect(listed).toHaveLength(2);
    expect(listed.find(({ id }) => id === laptop.loginId)).toMatchObject({
      current: false,
      via: "cookie",
      address: laptop.address,
      userAgent: "Firefox on Linux",
      lastSeenAt: seen,
    });
    expect(listed.find(({ id }) => id === phone.loginId)).toMatchObject({ current: true });

    await new UsersJobs({ ...kit, ...kit.services }).sweep();
    expect((await kit.services.logins.list(phone)).find(({ id }) => id === laptop.loginId)).toMatchObject({ lastSeenAt: seen });
  });

  it("are ended one by one, each by its own person alone", async () => {
    const [asker, other] = [await makeAsker(kit), await makeAsker(kit)];
    const [laptop, phone] = [await signedIn(asker, "laptop"), await signedIn(asker, "phone")];
    const theirs = await signedIn(other, "theirs");
    const heard = new Promise((resolve) => kit.bus.subscribe((event) => event.kind === "logout" && resolve(event.loginId)));
    await expect(kit.services.logins.end(phone, theirs.loginId)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await kit.services.logins.end(phone, laptop.loginId);
    expect(await heard).toBe(laptop.loginId);
    expect(await kit.services.auth.current(laptop)).toBeNull();
    expect(await kit.services.auth.current(phone)).not.toBeNull();
    expect(await kit.services.auth.current(theirs)).not.toBeNull();
    expect((await kit.services.logins.list(phone)).map(({ id }) => id)).toEqual([phone.loginId]);
  });

  it("end all at once, tokens and tickets with them, by the person or by an administrator", async () => {
    const asker = await makeAsker(kit);
    for (const by of [asker, await makeAsker(kit, "admin")]) {
      const laptop = await signedIn(asker, "laptop");
      const { token } = await kit.services.auth.signInForToken({ username: asker.username, password: PASSWORD, address: address() });
      const heard = new Promise((resolve) => kit.bus.subscribe((event) => event.kind === "access" && resolve(event.userId)));
      await kit.services.logins.endAll(by, asker.userId);
      expect(await heard).toBe(asker.userId);
      expect(await kit.services.auth.current(laptop)).toBeNull();
      await expect(kit.services.auth.fromBearer(token, "192.0.2.1")).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID" });
    }
    const again = await signedIn(asker, "again");
    expect(await kit.services.logins.list(again)).toHaveLength(1);
    expect(await actionsOn(asker.userId)).toContain("auth.end_all_logins");
  });

  it("a browser that changed the password goes on with a login of its own, once", async () => {
    const laptop = await signedIn(await makeAsker(kit), "laptop");
    const { token, renewal } = await kit.services.auth.changePassword(laptop, {
      currentPassword: PASSWORD,
      newPassword: "another long one",
    });
    expect(token).toBeNull();
    expect(await kit.services.auth.current(laptop)).toBeNull();
    const next = await kit.services.auth.renew({ renewal: renewal ?? "", address: address(), userAgent: "laptop" });
    expect(await kit.services.auth.current(next)).toMatchObject({ userId: laptop.userId, via: "cookie" });
    await expect(kit.services.auth.renew({ renewal: renewal ?? "", address: address() })).rejects.toMatchObject({ code: "TICKET_INVALID" });
    await expect(kit.services.auth.renew({ renewal: "nonsense", address: address() })).rejects.toMatchObject({ code: "TICKET_INVALID" });
  });
});

describe("an invitation", () => {
  const invite = async (admin: Asker, username: string, role: "user" | "admin" = "user") =>
    kit.services.invitations.invite(admin, { username, role });

  it("lets its person choose a password, once, and says whose it is until then", async () => {
    const admin = await makeAsker(kit, "admin");
    const { user, url } = await invite(admin, "ines");
    expect(new URL(url)).toMatchObject({ origin: "https://berth.example", pathname: "/invitation", search: "" });
    expect(user).toMatchObject({ username: "ines", hasPassword: false, invitedUntil: expect.any(Date) });
    expect(JSON.stringify(await kit.database.user.findUnique({ where: { id: user.id } }))).not.toContain(tokenIn(url));
    expect(await kit.services.invitations.see(tokenIn(url))).toMatchObject({ username: "ines", hasPassword: false });

    const accepted = await Promise.allSettled(
      ["first long one", "second long one"].map((password) =>
        kit.services.invitations.accept(tokenIn(url), password, { address: address() }),
      ),
    );
    expect(accepted.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const chosen = accepted[0]?.status === "fulfilled" ? "first long one" : "second long one";
    await expect(kit.services.auth.signIn({ username: "ines", password: chosen, address: address() })).resolves.toBeTruthy();
    await expect(kit.services.invitations.see(tokenIn(url))).rejects.toMatchObject({ code: "INVITATION_INVALID", status: 401 });
    expect(await actionsOn(user.id)).toEqual(["auth.sign_in", "users.accept_invitation", "users.invite"]);
  });

  it("is over after seven days, when a newer one was made, and when the account is disabled or was given a password", async () => {
    const admin = await makeAsker(kit, "admin");
    const dead = { code: "INVITATION_INVALID" };
    const see = (url: string) => kit.services.invitations.see(tokenIn(url));
    const first = await invite(admin, "noor");
    const second = await kit.services.invitations.renew(admin, first.user.id);
    await expect(see(first.url)).rejects.toMatchObject(dead);
    await kit.services.users.update(admin, { id: first.user.id, active: false });
    await expect(see(second.url)).rejects.toMatchObject(dead);
    await kit.services.users.update(admin, { id: first.user.id, active: true });
    expect(await see(second.url)).toMatchObject({ username: "noor" });
    const nextWeek = new TestClock(new Date(kit.clock.now().getTime() + 7 * 86_400_000));
    const later = new InvitationsService({ ...kit, audit: kit.services.audit, clock: nextWeek });
    await expect(later.see(tokenIn(second.url))).rejects.toMatchObject(dead);
    await expect(later.accept(tokenIn(second.url), "a long one", { address: address() })).rejects.toMatchObject(dead);
    const third = await kit.services.invitations.renew(admin, first.user.id);
    await kit.services.users.update(admin, { id: first.user.id, password: "told by phone" });
    await expect(see(third.url)).rejects.toMatchObject(dead);
    await expect(see("https://berth.example/invitation#")).rejects.toMatchObject(dead);
  });

  it("for someone with a password ends their logins when it is used, and not before", async () => {
    const asker = await makeAsker(kit);
    const laptop = await signedIn(asker, "laptop");
    const { url } = await kit.services.invitations.renew(await makeAsker(kit, "admin"), asker.userId);
    expect(await kit.services.auth.current(laptop)).not.toBeNull();
    await kit.services.invitations.accept(tokenIn(url), "another long one", { address: address() });
    expect(await kit.services.auth.current(laptop)).toBeNull();
  });

  it("makes nobody an administrator who could stand in for the last one before they came", async () => {
    const fresh = await startServiceKit();
    try {
      const admin = await makeAsker(fresh, "admin");
      const { url } = await fresh.services.invitations.invite(admin, { username: "next", role: "admin" });
      const last = { code: "VALIDATION_FAILED", message: expect.stringContaining("last active administrator") };
      await expect(fresh.services.users.update(admin, { id: admin.userId, active: false })).rejects.toMatchObject(last);
      await expect(fresh.services.users.update(admin, { id: admin.userId, role: "user" })).rejects.toMatchObject(last);
      await fresh.services.invitations.accept(tokenIn(url), "a long one indeed", { address: address() });
      await expect(fresh.services.users.update(admin, { id: admin.userId, role: "user" })).resolves.toMatchObject({ role: "user" });
    } finally {
      await fresh.close();
    }
  });

  it("for a name that is taken is refused", async () => {
    const admin = await makeAsker(kit, "admin");
    await expect(invite(admin, admin.username)).rejects.toMatchObject({ code: "USER_ALREADY_EXISTS" });
  });
});

describe("one's own account", () => {
  it("keeps what is preferred, changes only what is named, and tells it back", async () => {
    const asker = await makeAsker(kit);
    const me = kit.callerOf(asker);
    expect(await me.auth.me()).toMatchObject({ theme: null, timeZone: null, keyboardLayout: null, displayName: null });
    await me.account.update({ theme: "dark", timeZone: "Europe/Berlin", keyboardLayout: "ch(fr)" });
    await me.account.update({ displayName: "  Ada Lovelace " });
    expect(await me.auth.me()).toMatchObject({ theme: "dark", timeZone: "Europe/Berlin", displayName: "Ada Lovelace" });
    await me.account.update({ timeZone: null });
    expect(await me.auth.me()).toMatchObject({ theme: "dark", timeZone: null, keyboardLayout: "ch(fr)" });
    expect(await actionsOn(asker.userId)).toEqual(["users.rename_self"]);
  });

  it.each([
    { timeZone: "Mars/Olympus" },
    { keyboardLayout: "de; reboot" },
    { keyboardLayout: "toString" },
    { displayName: "   " },
    { theme: "pink" },
  ])("refuses %j", async (change) => {
    const me = kit.callerOf(await makeAsker(kit));
    await expect(me.account.update(change as { theme: "dark" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});

describe("the list of users", () => {
  it("is sorted by name, role or last sign-in, either way, and page by page tells nobody twice; who never came is last", async () => {
    const word = "sorted";
    const people = [
      await makeAsker(kit, "operator", `${word}-b`),
      await makeAsker(kit, "user", `${word}-a`),
      await makeAsker(kit, "user", `${word}-d`),
      await makeAsker(kit, "admin", `${word}-c`),
      await makeAsker(kit, "user", `${word}-e`),
    ];
    for (const asker of [people[2], people[0], people[1]]) {
      if (asker) await signedIn(asker, "laptop");
      await kit.clock.advance(60_000);
    }
    const admin = kit.callerOf(await makeAsker(kit, "admin"));
    type Sort = NonNullable<NonNullable<Parameters<typeof admin.users.list>[0]>["sort"]>;
    const inPagesOfTwo = async (sort: Sort, order: "asc" | "desc") => {
      const names: string[] = [];
      for (let cursor: string | undefined, page = 1; ; page += 1) {
        const { users, pagination } = await admin.users.list({ search: word, sort, order, limit: 2, page, cursor });
        names.push(...users.map(({ username }) => username.slice(-1)));
        if (pagination.nextCursor === null) return names.join("");
        cursor = pagination.nextCursor;
      }
    };
    expect(await inPagesOfTwo("username", "asc")).toBe("abcde");
    expect(await inPagesOfTwo("username", "desc")).toBe("edcba");
    expect(await inPagesOfTwo("role", "asc")).toBe("adebc");
    expect(await inPagesOfTwo("role", "desc")).toBe("cbeda");
    expect(await inPagesOfTwo("lastLogin", "desc")).toBe("abdec");
    expect(await inPagesOfTwo("lastLogin", "asc")).toBe("dbace");
    const byRole = await admin.users.list({ search: word, sort: "role", limit: 2, page: 1 });
    await expect(admin.users.list({ search: word, cursor: byRole.pagination.nextCursor ?? "", page: 2 })).rejects.toThrow("cursor");
  });
});
