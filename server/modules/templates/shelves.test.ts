import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";

let kit: ServiceKit;
beforeAll(async () => {
  kit = await startServiceKit();
});
afterAll(() => kit.close());

describe("what a person keeps at hand", () => {
  it("is theirs alone, the latest first, and twice is as once", async () => {
    const [ada, bob] = [kit.callerOf(await makeAsker(kit)), kit.callerOf(await makeAsker(kit))];
    for (const name of ["terminal-desktop", "firefox-browser", "firefox-browser"])
      await ada.templates.setFavourite({ name, favourite: true });
    const names = async (caller: typeof ada) => (await caller.templates.shelves()).favourites.map(({ name }) => name);
    expect((await names(ada)).sort()).toEqual(["firefox-browser", "terminal-desktop"]);
    expect(await names(bob)).toEqual([]);
    await ada.templates.setFavourite({ name: "terminal-desktop", favourite: false });
    await ada.templates.setFavourite({ name: "terminal-desktop", favourite: false });
    expect(await names(ada)).toEqual(["firefox-browser"]);
    await expect(ada.templates.setFavourite({ name: "no-such-template", favourite: true })).rejects.toThrow(/does not exist/);
  });

  it("goes with the template, as what it is now", async () => {
    const admin = kit.callerOf(await makeAsker(kit, "admin"));
    await admin.templates.clone({ name: "scratchpad", newName: "copy" });
    await admin.templates.setFavourite({ name: "copy", favourite: true });
    expect((await admin.templates.shelves()).favourites).toMatchObject([{ name: "copy", version: 1 }]);
    await admin.templates.remove({ name: "copy" });
    expect((await admin.templates.shelves()).favourites).toEqual([]);
  });
});

describe("what a person used last", () => {
  it("is each template once, the last started first", async () => {
    const agent = await makeAgent(kit, { capacity: { max_cpu: 100, max_memory: 100, max_sessions: 100 } });
    const ada = await makeAsker(kit);
    const start = async (template: string) => {
      await makeRunningSession(kit, ada, agent, template);
      await kit.clock.advance(1000);
    };
    for (const template of ["scratchpad", "terminal-desktop", "scratchpad", "firefox-browser", "scratchpad"]) await start(template);
    const { recent, categories } = await kit.callerOf(ada).templates.shelves();
    expect(recent.map(({ name }) => name)).toEqual(["scratchpad", "firefox-browser", "terminal-desktop"]);
    const { templates } = await kit.callerOf(ada).templates.list({ limit: 100 });
    expect(categories.map(({ name }) => name)).toEqual([...new Set(templates.map(({ category }) => category))].sort());
    expect(categories.reduce((sum, one) => sum + one.templates, 0)).toBe(templates.length);
    expect((await kit.callerOf(await makeAsker(kit)).templates.shelves()).recent).toEqual([]);
  });
});
