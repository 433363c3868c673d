import { afterAll, beforeAll, expect, it } from "vitest";
import { makeAsker } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";

let kit: ServiceKit;
beforeAll(async () => {
  kit = await startServiceKit();
});
afterAll(() => kit.close());

it("a list of agents is sorted by name, region or last heartbeat, either way, and page by page tells none twice; who has none is last", async () => {
  const heard = (minutes: number) => new Date(kit.clock.now().getTime() - minutes * 60_000);
  const platform = "docker" as const;
  await kit.database.agent.createMany({
    data: [
      { name: "c", platform, region: "west", lastHeartbeatAt: heard(1) },
      { name: "a", platform, region: null, lastHeartbeatAt: heard(3) },
      { name: "e", platform, region: "east", lastHeartbeatAt: null },
      { name: "b", platform, region: "west", lastHeartbeatAt: heard(2) },
      { name: "d", platform, region: null, lastHeartbeatAt: null },
    ],
  });
  const { agents } = kit.callerOf(await makeAsker(kit, "operator"));
  type Sort = NonNullable<NonNullable<Parameters<typeof agents.list>[0]>["sort"]>;
  const inPagesOfTwo = async (sort: Sort, order: "asc" | "desc") => {
    let names = "";
    for (let cursor: string | undefined, page = 1; ; page += 1) {
      const { agents: rows, pagination } = await agents.list({ sort, order, limit: 2, page, cursor });
      names += rows.map(({ agentId }) => agentId).join("");
      if (pagination.nextCursor === null) return names;
      cursor = pagination.nextCursor;
    }
  };
  expect(await inPagesOfTwo("name", "asc")).toBe("abcde");
  expect(await inPagesOfTwo("name", "desc")).toBe("edcba");
  expect(await inPagesOfTwo("region", "asc")).toBe("ebcad");
  expect(await inPagesOfTwo("region", "desc")).toBe("cbeda");
  expect(await inPagesOfTwo("lastHeartbeat", "desc")).toBe("cbaed");
  expect(await inPagesOfTwo("lastHeartbeat", "asc")).toBe("abcde");
  const byRegion = await agents.list({ sort: "region", limit: 2 });
  await expect(agents.list({ cursor: byRegion.pagination.nextCursor ?? "" })).rejects.toThrow("cursor");
});
