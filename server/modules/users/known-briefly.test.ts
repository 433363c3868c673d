import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Bus } from "../../platform/bus";
import { openPostgresBus } from "../../platform/db/postgres-bus";
import { KEPT_MS } from "../../platform/kept-briefly";
import { makeAsker, PASSWORD } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { TokensService } from "../tokens/tokens-service";
import { AuthService } from "./auth-service";
import type { Asker } from "./users-schema";
import { UsersService } from "./users-service";

let kit: ServiceKit;
let bus: Bus;
let admin: Asker;
let user: Asker;
beforeAll(async () => {
  kit = await startServiceKit({ loginsPerMinute: 1_000 });
  bus = await openPostgresBus({ url: kit.url, log: kit.log, clock: kit.clock });
  admin = await makeAsker(kit, "admin");
});
beforeEach(async () => {
  user = await makeAsker(kit);
});
afterAll(async () => {
  await bus.close();
  await kit.close();
});

const address = "192.0.2.44";
const deaf: Bus = { publish: async () => {}, subscribe: () => () => {}, beforehand: () => () => {}, close: async () => {} };
/** What another control plane on the same database has. */
function replica(hears: Bus) {
  const deps = { ...kit, ...kit.services, bus: hears };
  const tokens = new TokensService(deps);
  return { auth: new AuthService({ ...deps, tokens, cookieName: "berth-session" }), users: new UsersService(deps) };
}
const here = () => kit.services.auth;
const tokenFor = async (asker: Asker) => (await here().signInForToken({ username: asker.username, password: PASSWORD, address })).token;
const invalid = { code: "AUTH_TOKEN_INVALID" };
const refused = (auth: AuthService, token: string) => expect(auth.fromBearer(token, address)).rejects.toMatchObject(invalid);

describe("access that is taken back from someone who is coming in all the time", () => {
  const endings: [string, (token: string) => Promise<string>, (token: string) => Promise<unknown>][] = [
    ["a disabled user", tokenFor_, () => kit.callerOf(admin).users.update({ id: user.userId, active: false })],
    ["a user with another role", tokenFor_, () => kit.callerOf(admin).users.update({ id: user.userId, role: "operator" })],
    ["a login that signed out", tokenFor_, async (token) => here().signOut((await here().fromBearer(token, address)).loginId)],
    [
      "an API token that was revoked",
      async () => (await kit.callerOf(user).tokens.create({ name: "a script", scope: "read" })).value,
      async (token) => kit.callerOf(user).tokens.revoke({ id: (await here().fromBearer(token, address)).token?.id ?? "" }),
    ],
  ];
  function tokenFor_() {
    return tokenFor(user);
  }

  it.each(endings)("%s is out with the answer, here", async (_, begin, end) => {
    const token = await begin("");
    await here().fromBearer(token, address);
    await end(token);
    await refused(here(), token);
  });

  it.each(endings)("%s is out at another replica as soon as that hears of it", async (_, begin, end) => {
    const { auth } = replica(bus);
    const token = await begin("");
    await auth.fromBearer(token, address);
    await end(token);
    await vi.waitFor(() => refused(auth, token));
  });

  it.each(endings)("%s is out a second later at one that hears nothing", async (_, begin, end) => {
    const { auth } = replica(deaf);
    const token = await begin("");
    await auth.fromBearer(token, address);
    await end(token);
    await kit.clock.advance(KEPT_MS);
    await refused(auth, token);
  });
});

it("who comes in again within a second is let in without asking the database", async () => {
  const token = await tokenFor(user);
  await here().fromBearer(token, address);
  await kit.services.users.account(user.userId);
  const asked = vi.spyOn(kit.metrics.database, "statement");
  const queried = vi.spyOn(kit.database, "$queryRaw");
  expect(await here().fromBearer(token, address)).toMatchObject({ userId: user.userId });
  expect(await kit.services.users.account(user.userId)).toMatchObject({ username: user.username });
  expect([asked.mock.calls.length, queried.mock.calls.length]).toEqual([0, 0]);
  queried.mockRestore();
  asked.mockRestore();
});

it("a person finds what they changed of themselves at once, here and where it is heard of", async () => {
  const other = replica(bus).users;
  for (const users of [kit.services.users, other]) expect(await users.account(user.userId)).toMatchObject({ displayName: null });
  await kit.callerOf(user).account.update({ displayName: "Ada" });
  expect(await kit.services.users.account(user.userId)).toMatchObject({ displayName: "Ada" });
  await vi.waitFor(async () => expect(await other.account(user.userId)).toMatchObject({ displayName: "Ada" }));
});
