import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let owner: Asker;
let agent: FakeAgent;
const sessions: { id: string; name: string; homeId: string | null }[] = [];

beforeAll(async () => {
  kit = await startServiceKit();
  owner = await makeAsker(kit);
  agent = await makeAgent(kit, { name: "host-a", capacity: { max_cpu: 100, max_memory: 100, max_sessions: 100 } });
  for (let count = 0; count < 5; count += 1) {
    // Two of them are of the same moment: the order is certain nevertheless.
    if (count !== 3) await kit.clock.advance(1000);
    sessions.push(await makeRunningSession(kit, owner, agent));
  }
});
afterAll(() => kit.close());

const list = (input: object = {}, asker = owner) => kit.callerOf(asker).homes.list(input);
const end = async (session: { id: string }) => {
  await kit
    .callerOf(owner)
    .sessions.terminate({ id: session.id })
    .catch(() => {});
};

describe("the list of homes", () => {
  it("goes on after its last row, whatever is made meanwhile, and tells each home once", async () => {
    const first = await list({ limit: 2 });
    expect(first.pagination).toMatchObject({ total: 5, totalPages: 3 });
    await kit.clock.advance(1000);
    const late = await makeRunningSession(kit, owner, agent);
    const told = [...first.homes];
    for (let cursor = first.pagination.nextCursor; cursor !== null; ) {
      const page = await list({ limit: 2, cursor });
      told.push(...page.homes);
      cursor = page.pagination.nextCursor;
    }
    expect(told.map(({ id }) => id).sort()).toEqual(sessions.map(({ homeId }) => homeId).sort());
    expect(told.map(({ lastUsedAt }) => lastUsedAt.getTime())).toEqual(
      told.map(({ lastUsedAt }) => lastUsedAt.getTime()).sort((a, b) => b - a),
    );
    await expect(list({ cursor: "nonsense" })).rejects.toThrow(/cursor/);
    expect((await list({ limit: 1 })).homes[0]?.id).toBe(late.homeId);
  });

  it("is sorted by name or size, either way, page by page; what nobody counted yet is last", async () => {
    const someone = await makeAsker(kit);
    const made = [];
    for (const sizeBytes of [5n, null, 9n, null]) {
      const { homeId, name } = await makeRunningSession(kit, someone, agent);
      await kit.database.home.update({ where: { id: homeId ?? "" }, data: { sizeBytes } });
      made.push({ name, size: sizeBytes === null ? null : Number(sizeBytes) });
    }
    const inPages = async (sort: "name" | "size", order: "asc" | "desc") => {
      const told = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await list({ sort, order, limit: 1, cursor }, someone);
        told.push(...page.homes);
        cursor = page.pagination.nextCursor;
      }
      return told;
    };
    const names = made.map(({ name }) => name).sort();
    expect((await inPages("name", "asc")).map(({ name }) => name)).toEqual(names);
    expect((await inPages("name", "desc")).map(({ name }) => name)).toEqual(names.toReversed());
    expect((await inPages("size", "desc")).map(({ sizeBytes }) => sizeBytes)).toEqual([9, 5, null, null]);
    expect((await inPages("size", "asc")).map(({ sizeBytes }) => sizeBytes)).toEqual([5, 9, null, null]);
  });

  it("says who has a home, and who had it last; only what nobody has is free", async () => {
    const [session] = sessions;
    if (!session) throw new Error("no session");
    const find = async (input: object = {}) =>
      (await list({ search: session.name, ...input })).homes.find(({ id }) => id === session.homeId);
    expect(await find()).toMatchObject({
      usedBy: { name: session.name },
      sessions: 1,
      lastSession: { name: session.name, template: "terminal-desktop" },
    });
    expect(await find({ free: true })).toBeUndefined();
    const ending = end(session);
    await agent.complete(await agent.command("stop_session"));
    await ending;
    expect(await find({ free: true })).toMatchObject({ usedBy: null, lastSession: { id: session.id } });
    expect(await find({ free: false })).toBeUndefined();
    const again = await kit.callerOf(owner).sessions.create({ template: "firefox-browser", homeId: session.homeId ?? "" });
    expect(await find({ free: false })).toMatchObject({
      usedBy: { id: again.id },
      sessions: 2,
      lastSession: { template: "firefox-browser" },
    });
  });

  it("is one's own, and everyone's for an administrator, who can look for a person", async () => {
    expect((await list({}, await makeAsker(kit))).homes).toEqual([]);
    const admin = await makeAsker(kit, "admin");
    expect((await list({ user: owner.username }, admin)).pagination.total).toBe(6);
    expect((await list({ search: owner.username }, admin)).pagination.total).toBe(6);
    expect((await list({ search: "host-a" }, owner)).pagination.total).toBe(6);
    expect((await list({ search: "nowhere" }, owner)).pagination.total).toBe(0);
  });
});
