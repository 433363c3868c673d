import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listInput, readSessionFilters, type SessionFilters, writeSessionFilters } from "./session-filters";

const filters = fc.record({
  show: fc.constantFrom("live", "all", "pending", "running", "hibernated", "terminating", "terminated"),
  mine: fc.boolean(),
  search: fc.string({ maxLength: 100 }),
  page: fc.integer({ min: 1, max: 100_000 }),
}) satisfies fc.Arbitrary<SessionFilters>;

describe("the filters of the sessions list", () => {
  it("come back from the URL as they were put there", () => {
    fc.assert(
      fc.property(filters, (given) => {
        expect(readSessionFilters(new URLSearchParams(writeSessionFilters(given)))).toEqual(given);
      }),
    );
  });

  it("leave the URL bare when nothing was chosen", () => {
    expect(writeSessionFilters({ show: "live", mine: false, search: "", page: 1 })).toBe("");
  });

  it.each(["page=-1", "page=1.5", "page=x", "state=none", "owner=root"])("ignore %s", (query) => {
    expect(readSessionFilters(new URLSearchParams(query))).toEqual({ show: "live", mine: false, search: "", page: 1 });
  });

  it("ask for what is not terminated unless told otherwise", () => {
    expect(listInput(readSessionFilters(new URLSearchParams("owner=me")), "ada")).toEqual({ page: 1, limit: 25, live: true, user: "ada" });
    expect(listInput(readSessionFilters(new URLSearchParams("state=terminated&search=x&page=2")), "ada")).toEqual({
      page: 2,
      limit: 25,
      state: "terminated",
      search: "x",
    });
  });
});
