import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAsker, PASSWORD } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { ensureFirstAdmin, resetAdmin } from "./first-admin";
import type { Asker } from "./users-schema";

let kit: ServiceKit;
beforeAll(async () => {
  kit = await startServiceKit();
});
afterAll(() => kit.close());

let lastAddress = 0;
/** Limits are by address: each try comes from its own. */
const address = () => {
  lastAddress += 1;
  return `2001:db8::${lastAddress.toString(16)}`;
};
const from = (asker: Asker): Asker => ({ ...asker, address: address() });
/** The code of the time step that many steps from now. */
const codeOf = (secret: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: kit.clock.now().getTime() + steps * 30_000 });
const signIn = (username: string, totp?: string, password = PASSWORD) =>
  kit.services.auth.signIn({ username, password, totp, address: address(), userAgent: "a browser" });
const later = () => kit.clock.advance(90_000);

/** A person with a second factor; the code that confirmed it is of a step that is past. */
async function guarded() {
  const asker = await makeAsker(kit);
  const { secret, uri } = await kit.services.secondFactor.start(from(asker), PASSWORD);
  const { recoveryCodes } = await kit.services.secondFactor.confirm(asker, codeOf(secret));
  await later();
  return { asker, secret, uri, recoveryCodes };
}
const invalid = { code: "AUTH_INVALID_CREDENTIALS", message: "Invalid username or password" };
const required = { code: "AUTH_SECOND_FACTOR_REQUIRED", status: 401 };

describe("setting up a second factor", () => {
  it("counts only once a code has confirmed it, and takes the password to begin", async () => {
    const asker = await makeAsker(kit);
    await expect(kit.services.secondFactor.start(from(asker), "not it")).rejects.toMatchObject({
      code: "AUTH_INVALID_CREDENTIALS",
      details: { fields: { password: expect.any(String) } },
    });
    const { secret } = await kit.services.secondFactor.start(from(asker), PASSWORD);
    await expect(signIn(asker.username)).resolves.toMatchObject({ userId: asker.userId });
    await expect(kit.services.secondFactor.confirm(asker, "000000")).rejects.toMatchObject({
      details: { fields: { code: expect.any(String) } },
    });
    const { recoveryCodes } = await kit.services.secondFactor.confirm(asker, codeOf(secret));
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(await kit.services.secondFactor.status(asker.userId)).toMatchObject({ confirmedAt: expect.any(Date), recoveryCodesLeft: 10 });
    expect(await kit.services.users.get(asker.userId)).toMatchObject({ secondFactor: true });
    await expect(signIn(asker.username)).rejects.toMatchObject(required);
  });

  it("keeps neither secret nor recovery codes in the database as they are", async () => {
    const { asker, secret, recoveryCodes } = await guarded();
    const stored = JSON.stringify(await kit.database.user.findUnique({ where: { id: asker.userId }, include: { recoveryCodes: true } }));
    expect(stored).not.toContain(secret);
    for (const code of recoveryCodes) expect(stored).not.toContain(code);
  });

  it("is not replaced while it is in use, and has one winner when confirmed twice at once", async () => {
    const { asker } = await guarded();
    await expect(kit.services.secondFactor.start(from(asker), PASSWORD)).rejects.toMatchObject({ code: "SECOND_FACTOR_CONFLICT" });
    const other = await makeAsker(kit);
    const { secret } = await kit.services.secondFactor.start(from(other), PASSWORD);
    const both = await Promise.allSettled([1, 2].map(() => kit.services.secondFactor.confirm(other, codeOf(secret))));
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await kit.services.secondFactor.status(other.userId)).toMatchObject({ recoveryCodesLeft: 10 });
  });

  it("is not for people who come by their identity provider", async () => {
    const login = await kit.services.auth.signInWithOidc({
      issuer: "https://id.example",
      subject: "sf",
      email: null,
      name: "Sofie",
      address: address(),
    });
    await expect(kit.services.secondFactor.start({ ...login, address: address() }, "")).rejects.toMatchObject({
      code: "SECOND_FACTOR_CONFLICT",
    });
  });
});

describe("signing in to an account with a second factor", () => {
  it("takes the code with the password, one step early or late", async () => {
    const { asker, secret } = await guarded();
    for (const steps of [-1, 0, 1]) {
      await expect(signIn(asker.username, codeOf(secret, steps))).resolves.toMatchObject({ userId: asker.userId });
      await later();
    }
    await expect(signIn(asker.username, codeOf(secret, 2))).rejects.toMatchObject(invalid);
    await expect(signIn(asker.username, codeOf(secret, -2))).rejects.toMatchObject(invalid);
  });

  it("takes a code once, also when two come with it at once", async () => {
    const { asker, secret } = await guarded();
    const code = codeOf(secret);
    const both = await Promise.allSettled([1, 2, 3].map(() => signIn(asker.username, code)));
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(signIn(asker.username, code)).rejects.toMatchObject(invalid);
    await expect(signIn(asker.username, codeOf(secret, -1))).rejects.toMatchObject(invalid);
  });

  it("refuses the code that confirmed it", async () => {
    const asker = await makeAsker(kit);
    const { secret } = await kit.services.secondFactor.start(from(asker), PASSWORD);
    await kit.services.secondFactor.confirm(asker, codeOf(secret));
    await expect(signIn(asker.username, codeOf(secret))).rejects.toMatchObject(invalid);
    await expect(signIn(asker.username, codeOf(secret, 1))).resolves.toBeTruthy();
  });

  it("is not told of to anyone without the password", async () => {
    const { asker, secret } = await guarded();
    const refusal = (password: string, totp?: string) =>
      signIn(asker.username, totp, password).then(
        () => "let in",
        (error: { code: string; message: string }) => `${error.code} ${error.message}`,
      );
    const plain = await makeAsker(kit);
    const withoutFactor = await signIn(plain.username, undefined, "not it").catch((error: Error) => error.message);
    expect(await refusal("not it")).toBe(`${invalid.code} ${withoutFactor}`);
    expect(await refusal("not it", "000000")).toBe(await refusal(PASSWORD, "000000"));
    // A right code is not used up by a wrong password.
    expect(await refusal("not it", codeOf(secret))).toBe(`${invalid.code} ${invalid.message}`);
    await expect(signIn(asker.username, codeOf(secret))).resolves.toBeTruthy();
  });

  it("takes each recovery code once, however it is typed", async () => {
    const { asker, recoveryCodes } = await guarded();
    const [one = "", two = ""] = recoveryCodes;
    await expect(signIn(asker.username, one)).resolves.toBeTruthy();
    await expect(signIn(asker.username, one)).rejects.toMatchObject(invalid);
    await expect(signIn(asker.username, ` ${two.replaceAll("-", " ").toUpperCase()} `)).resolves.toBeTruthy();
    expect(await kit.services.secondFactor.status(asker.userId)).toMatchObject({ recoveryCodesLeft: 8 });
    const other = await guarded();
    await expect(signIn(asker.username, other.recoveryCodes[0])).rejects.toMatchObject(invalid);
  });

  it("stops guessing after ten wrong codes, from however many addresses; a right one before that begins anew", async () => {
    const { asker, secret } = await guarded();
    for (let tries = 0; tries < 9; tries += 1) await signIn(asker.username, "000000").catch(() => {});
    await expect(signIn(asker.username, codeOf(secret))).resolves.toBeTruthy();
    await later();
    for (let tries = 0; tries < 10; tries += 1) await expect(signIn(asker.username, "000000")).rejects.toMatchObject(invalid);
    await expect(signIn(asker.username, codeOf(secret))).rejects.toMatchObject({ code: "RATE_LIMIT_EXCEEDED" });
  });

  it("counts as an attempt at each step", async () => {
    const { asker } = await guarded();
    const where = { username: asker.username, password: PASSWORD, address: address() };
    for (let tries = 0; tries < 5; tries += 1) await kit.services.auth.signIn(where).catch(() => {});
    await expect(kit.services.auth.signIn(where)).rejects.toMatchObject({ code: "RATE_LIMIT_EXCEEDED" });
  });

  it("that another master key sealed is refused with what to do, by code and by recovery code, and can be reset", async () => {
    const [{ asker, secret, recoveryCodes }, other] = [await guarded(), await guarded()];
    // Sealed for someone else it can be read no more than by another key.
    const { totpSecret } = await kit.database.user.findUniqueOrThrow({ where: { id: other.asker.userId } });
    await kit.database.user.update({ where: { id: asker.userId }, data: { totpSecret } });
    const unreadable = { code: "SECOND_FACTOR_UNREADABLE", status: 409, message: expect.stringContaining("administrator") };
    await expect(signIn(asker.username, codeOf(secret))).rejects.toMatchObject(unreadable);
    await expect(signIn(asker.username, recoveryCodes[0])).rejects.toMatchObject(unreadable);
    await expect(signIn(asker.username, codeOf(secret), "not it")).rejects.toMatchObject(invalid);
    await kit.services.secondFactor.reset(await makeAsker(kit, "admin"), asker.userId);
    await expect(signIn(asker.username)).resolves.toMatchObject({ userId: asker.userId });
  });

  it("is not asked for by single sign-on, nor for an account without", async () => {
    const asker = await makeAsker(kit);
    await expect(signIn(asker.username, "123456")).resolves.toBeTruthy();
    const profile = { issuer: "https://id.example", subject: "sso", email: null, name: "Sam", address: address() };
    const { userId, username } = await kit.services.auth.signInWithOidc(profile);
    await kit.services.users.update(await makeAsker(kit, "admin"), { id: userId, password: PASSWORD });
    const { secret } = await kit.services.secondFactor.start({ ...asker, userId, username, address: address() }, PASSWORD);
    await kit.services.secondFactor.confirm({ ...asker, userId }, codeOf(secret));
    await expect(signIn(username)).rejects.toMatchObject(required);
    await expect(kit.services.auth.signInWithOidc(profile)).resolves.toMatchObject({ userId });
  });

  it("writes down how, and that a code was refused after the right password", async () => {
    const { asker, secret, recoveryCodes } = await guarded();
    await signIn(asker.username, "000000").catch(() => {});
    await signIn(asker.username, codeOf(secret));
    await signIn(asker.username, recoveryCodes[0]);
    const { entries } = await kit.services.audit.list({ targetId: asker.userId, page: 1, limit: 3 });
    expect(entries.map(({ action, result, details }) => [action, result, details])).toEqual([
      ["auth.sign_in", "succeeded", { secondFactor: "recovery code" }],
      ["auth.sign_in", "succeeded", { secondFactor: "code" }],
      ["auth.second_factor_refused", "refused", {}],
    ]);
  });
});

describe("a second factor goes", () => {
  it("with password and code, and not with less", async () => {
    const { asker, secret } = await guarded();
    const remove = (password: string, code: string) => kit.services.secondFactor.remove(from(asker), { password, code });
    await expect(remove("not it", codeOf(secret))).rejects.toMatchObject({ details: { fields: { password: expect.any(String) } } });
    await expect(remove(PASSWORD, "000000")).rejects.toMatchObject({ details: { fields: { code: expect.any(String) } } });
    await remove(PASSWORD, codeOf(secret));
    await expect(signIn(asker.username)).resolves.toBeTruthy();
    await expect(remove(PASSWORD, codeOf(secret))).rejects.toMatchObject({ code: "SECOND_FACTOR_CONFLICT" });
  });

  it("when an administrator resets it, which is written down", async () => {
    const { asker } = await guarded();
    const admin = await makeAsker(kit, "admin");
    await kit.services.secondFactor.reset(admin, asker.userId);
    await expect(signIn(asker.username)).resolves.toBeTruthy();
    const { entries } = await kit.services.audit.list({ actorId: admin.userId, page: 1, limit: 1 });
    expect(entries[0]).toMatchObject({ action: "users.reset_second_factor", targetId: asker.userId });
    await expect(kit.services.secondFactor.reset(admin, asker.userId)).rejects.toMatchObject({ code: "SECOND_FACTOR_CONFLICT" });
  });

  it("when whoever runs the machine resets an administrator", async () => {
    const fresh = await startServiceKit();
    try {
      const deps = { ...fresh, audit: fresh.services.audit };
      await ensureFirstAdmin(deps, { username: "admin", password: PASSWORD });
      const login = {
        ...(await fresh.services.auth.signIn({ username: "admin", password: PASSWORD, address: address() })),
        address: address(),
      };
      const { secret } = await fresh.services.secondFactor.start(login, PASSWORD);
      await fresh.services.secondFactor.confirm(
        login,
        new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: fresh.clock.now().getTime() }),
      );
      await resetAdmin(deps, { username: "admin", password: "chosen by hand" });
      await expect(fresh.services.auth.signIn({ username: "admin", password: "chosen by hand", address: address() })).resolves.toBeTruthy();
    } finally {
      await fresh.close();
    }
  });
});

it("new recovery codes take password and code, and end the old ones", async () => {
  const { asker, secret, recoveryCodes } = await guarded();
  const renewed = await kit.services.secondFactor.renewRecoveryCodes(from(asker), { password: PASSWORD, code: codeOf(secret) });
  await expect(signIn(asker.username, recoveryCodes[0])).rejects.toMatchObject(invalid);
  await expect(signIn(asker.username, renewed.recoveryCodes[0])).resolves.toBeTruthy();
});
