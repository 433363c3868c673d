import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HomesFilters, homesInput, readHomesFilters, writeHomesFilters } from "./homes-filters";

const filters = fc
  .record({
    show: fc.constantFrom("all", "free", "used"),
    search: fc.string({ maxLength: 100 }),
    sort: fc.constantFrom("lastUsed", "name", "size"),
    order: fc.constantFrom("asc", "desc"),
    after: fc.string({ maxLength: 100 }),
    page: fc.integer({ min: 2, max: 100_000 }),
  })
  .map((given) => ({ ...given, page: given.after ? given.page : 1 })) satisfies fc.Arbitrary<HomesFilters>;

describe("the filters of the homes list", () => {
  it("come back from the URL as they were put there", () => {
    fc.assert(
      fc.property(filters, (given) => {
        expect(readHomesFilters(new URLSearchParams(writeHomesFilters(given)))).toEqual(given);
      }),
    );
  });

  it("ask for free ones, for used ones, or for all", () => {
    const asked = (query: string) => homesInput(readHomesFilters(new URLSearchParams(query)));
    const newest = { sort: "lastUsed", order: "desc" };
    expect([asked(""), asked("show=free"), asked("show=used&search=x&sort=name&after=y&page=3")]).toEqual([
      { page: 1, limit: 50, ...newest },
      { page: 1, limit: 50, ...newest, free: true },
      { page: 3, limit: 50, sort: "name", order: "asc", free: false, search: "x", cursor: "y" },
    ]);
  });
});
