import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CatalogueFilters, catalogueInput, onShelf, readCatalogueFilters, writeCatalogueFilters } from "./catalogue-filters";

const filters = fc
  .record({
    shelf: fc.constantFrom("all", "favourites", "recent"),
    category: fc.string({ maxLength: 100 }),
    search: fc.string({ maxLength: 100 }),
    home: fc.oneof(fc.constant(""), fc.uuid()),
    after: fc.string({ maxLength: 200 }),
    page: fc.integer({ min: 2, max: 100_000 }),
  })
  .map((given) => ({ ...given, page: given.after ? given.page : 1 })) satisfies fc.Arbitrary<CatalogueFilters>;

describe("the filters of the catalogue", () => {
  it("come back from the URL as they were put there", () => {
    fc.assert(
      fc.property(filters, (given) => {
        expect(readCatalogueFilters(new URLSearchParams(writeCatalogueFilters(given)))).toEqual(given);
      }),
    );
  });

  it.each(["shelf=top", "home=../x", "page=7", "nothing=here"])("ignore %s", (query) => {
    expect(writeCatalogueFilters(readCatalogueFilters(new URLSearchParams(query)))).toBe("");
  });

  it("ask the control plane for what was chosen and nothing else", () => {
    const asked = (query: string) => catalogueInput(readCatalogueFilters(new URLSearchParams(query)));
    expect(asked("")).toEqual({ limit: 60, page: 1 });
    expect(asked("category=Web&search=fire&after=x&page=2&shelf=recent")).toEqual({
      limit: 60,
      page: 2,
      cursor: "x",
      category: "Web",
      search: "fire",
    });
  });

  it("find on a shelf what has the words in its name, description or tags, in its category", () => {
    const template = { name: "firefox-browser", displayName: "Firefox", category: "Web", description: "A browser", tags: ["gecko"] };
    expect(["fire", "GECKO", " browser ", "web", ""].map((search) => onShelf(template, { search, category: "" }))).toEqual(
      Array(5).fill(true),
    );
    expect(onShelf(template, { search: "chrome", category: "" })).toBe(false);
    expect(onShelf(template, { search: "fire", category: "Office" })).toBe(false);
  });
});
