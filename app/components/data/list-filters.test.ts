import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAgentFilters, writeAgentFilters } from "../agents/agent-filters";
import { readAuditFilters, writeAuditFilters } from "../audit/audit-filters";
import { readTaskFilters, writeTaskFilters } from "../tasks/task-filters";
import { readUserFilters, writeUserFilters } from "../users/user-filters";
import { sortBy } from "./list-sort";

const words = fc.string({ maxLength: 100 });
const either = fc.constantFrom("asc" as const, "desc" as const);
const page = fc.integer({ min: 1, max: 100_000 });

/** What a person chose is what the same address shows again. */
function keeps<Filters>(read: (query: URLSearchParams) => Filters, write: (filters: Filters) => string, chosen: fc.Arbitrary<Filters>) {
  fc.assert(
    fc.property(chosen, (filters) => {
      expect(read(new URLSearchParams(write(filters)))).toEqual(filters);
    }),
  );
}

describe("the address of a list", () => {
  it("keeps every choice of its filters", () => {
    const show = fc.constantFrom("all" as const, "online" as const, "offline" as const, "draining" as const, "degraded" as const);
    keeps(
      readAgentFilters,
      writeAgentFilters,
      fc.record({
        view: fc.constantFrom("cards" as const, "list" as const),
        show,
        search: words,
        sort: fc.constantFrom("name" as const, "region" as const, "lastHeartbeat" as const),
        order: either,
        page,
      }),
    );
    keeps(
      readTaskFilters,
      writeTaskFilters,
      fc.record({
        show: fc.constantFrom("all" as const, "queued" as const, "failed" as const, "cancelled" as const),
        kind: fc.constantFrom("" as const, "docker.run" as const, "session.start" as const),
        agent: fc.string({ maxLength: 63 }),
        sort: fc.constantFrom("createdAt" as const, "priority" as const),
        order: either,
        page,
      }),
    );
    const day = fc.constantFrom("", "2026-02-28", "2024-02-29");
    const result = fc.constantFrom("" as const, "refused" as const, "failed" as const);
    const said = { action: words, actor: words, result, targetKind: words, targetId: words, address: words, from: day, to: day };
    keeps(readAuditFilters, writeAuditFilters, fc.record({ ...said, page: fc.constant(1), after: fc.constant("") }));
    keeps(readAuditFilters, writeAuditFilters, fc.record({ ...said, page, after: fc.constant("WyJh") }));
    keeps(
      readUserFilters,
      writeUserFilters,
      fc.record({
        search: words,
        page,
        adding: fc.boolean(),
        sort: fc.constantFrom("username" as const, "role" as const, "lastLogin" as const),
        order: either,
      }),
    );
  });

  it("says nothing of what is the default", () => {
    expect(writeAgentFilters({ view: "cards", show: "all", search: "", sort: "name", order: "asc", page: 1 })).toBe("");
    expect(writeTaskFilters({ show: "all", kind: "", agent: "", sort: "createdAt", order: "desc", page: 1 })).toBe("");
    expect(writeUserFilters({ search: "", page: 1, adding: false, sort: "username", order: "asc" })).toBe("");
  });

  it("is read as the default where it says something else", () => {
    const odd = new URLSearchParams({ page: "-3", status: "well", view: "pie", state: "odd", kind: "docker.fly" });
    expect(readAgentFilters(odd)).toEqual({ view: "cards", show: "all", search: "", sort: "name", order: "asc", page: 1 });
    expect(readTaskFilters(odd)).toEqual({ show: "all", kind: "", agent: "", sort: "createdAt", order: "desc", page: 1 });
  });

  it("sorts a column first as one looks for it, and by another press the other way round", () => {
    const pressed = sortBy({ sort: "username", order: "desc" }, "lastLogin");
    expect(pressed).toEqual({ sort: "lastLogin", order: "desc" });
    expect(sortBy(pressed, "lastLogin")).toEqual({ sort: "lastLogin", order: "asc" });
    expect(sortBy(pressed, "username")).toEqual({ sort: "username", order: "asc" });
    expect(readUserFilters(new URLSearchParams("sort=lastLogin"))).toMatchObject(pressed);
    expect(readUserFilters(new URLSearchParams("sort=age&order=up"))).toMatchObject({ sort: "username", order: "asc" });
  });
});
