import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listInput, noFilters, readSessionFilters, type SessionFilters, sortKeys, writeSessionFilters } from "./session-filters";

const word = (maxLength: number) => fc.string({ maxLength });
const filters = fc
  .record({
    show: fc.constantFrom("live", "all", "pending", "running", "hibernated", "terminating", "terminated"),
    owner: fc.constantFrom("all", "me", "shared"),
    user: word(63),
    template: word(63),
    agent: word(63),
    tags: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z ._:/-]{0,20}$/), { maxLength: 20 }),
    search: word(100),
    sort: fc.constantFrom(...sortKeys),
    order: fc.constantFrom("asc", "desc"),
    view: fc.constantFrom("table", "grid"),
    after: word(200),
    page: fc.integer({ min: 2, max: 100_000 }),
  })
  .map((given) => ({ ...given, page: given.after ? given.page : 1 })) satisfies fc.Arbitrary<SessionFilters>;

describe("the filters of the sessions list", () => {
  it("come back from the URL as they were put there", () => {
    fc.assert(
      fc.property(filters, (given) => {
        expect(readSessionFilters(new URLSearchParams(writeSessionFilters(given)))).toEqual(given);
      }),
    );
  });

  it("leave the URL bare when nothing was chosen", () => {
    expect(writeSessionFilters(noFilters)).toBe("");
    expect(writeSessionFilters({ ...noFilters, sort: "name", order: "asc" })).toBe("sort=name");
  });

  it.each(["page=-1", "page=2", "page=x", "state=none", "owner=root", "sort=password", "order=up", "view=3d", "tags=,,"])(
    "ignore %s",
    (query) => {
      expect(readSessionFilters(new URLSearchParams(query))).toEqual(noFilters);
    },
  );

  it("ask for what is not terminated unless told otherwise", () => {
    const first = { page: 1, limit: 50, sort: "createdAt", order: "desc" };
    expect(listInput(readSessionFilters(new URLSearchParams("owner=me")), "ada")).toEqual({ ...first, live: true, user: "ada" });
    expect(listInput(readSessionFilters(new URLSearchParams("state=terminated&search=x&after=here&page=3")), "ada")).toEqual({
      ...first,
      page: 3,
      cursor: "here",
      state: "terminated",
      search: "x",
    });
  });

  it("ask for another's only where one is named, and for what is shared instead of one's own", () => {
    const asked = (query: string) => listInput(readSessionFilters(new URLSearchParams(query)), "ada");
    expect(asked("owner=shared&user=bob&tags=a,b&agent=host-1&template=firefox")).toMatchObject({
      shared: true,
      user: "bob",
      tags: ["a", "b"],
      agentId: "host-1",
      template: "firefox",
    });
    expect(asked("owner=me&user=bob")).toMatchObject({ user: "ada" });
    // What is shared with Ada is other people's.
    expect(asked("owner=shared")).not.toHaveProperty("user");
  });
});
