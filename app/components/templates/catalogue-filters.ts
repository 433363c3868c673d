/** What the catalogue shows, as the URL has it. What the URL says wrongly is left out. */
export interface CatalogueFilters {
  readonly shelf: "all" | "favourites" | "recent";
  readonly category: string;
  readonly search: string;
  /** The home that the session is to start with; carried along to the form. */
  readonly home: string;
  /** Where the page begins: the cursor of the one before. */
  readonly after: string;
  readonly page: number;
}

const shelves: readonly CatalogueFilters["shelf"][] = ["all", "favourites", "recent"];
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const CATALOGUE_CARDS = 60;

export function readCatalogueFilters(query: URLSearchParams): CatalogueFilters {
  const text = (name: string, length: number) => (query.get(name) ?? "").slice(0, length);
  const after = text("after", 1000);
  const page = Number(query.get("page"));
  const home = text("home", 36);
  return {
    shelf: shelves.find((shelf) => shelf === query.get("shelf")) ?? "all",
    category: text("category", 100),
    search: text("search", 100),
    home: uuid.test(home) ? home : "",
    after,
    page: after && Number.isInteger(page) && page > 1 && page <= 100_000 ? page : after ? 2 : 1,
  };
}

/** The part of the URL after `?`, without what is the default. */
export function writeCatalogueFilters({ shelf, after, page, ...texts }: CatalogueFilters): string {
  const query = new URLSearchParams();
  if (shelf !== "all") query.set("shelf", shelf);
  for (const [name, value] of Object.entries(texts)) if (value) query.set(name, value);
  if (after) {
    query.set("after", after);
    query.set("page", String(page));
  }
  return query.toString();
}

export const catalogueInput = ({ category, search, after, page }: CatalogueFilters) => ({
  limit: CATALOGUE_CARDS,
  page,
  ...(after ? { cursor: after } : {}),
  ...(category ? { category } : {}),
  ...(search ? { search } : {}),
});

interface Mentioning {
  readonly name: string;
  readonly displayName: string;
  readonly category: string;
  readonly description: string;
  readonly tags: readonly string[];
}

/** What a shelf, which comes whole, has of a search: as the control plane searches. */
export function onShelf(template: Mentioning, { category, search }: Pick<CatalogueFilters, "category" | "search">): boolean {
  const wanted = search.trim().toLowerCase();
  if (category && template.category !== category) return false;
  return [template.name, template.displayName, template.category, template.description, ...template.tags]
    .join("\n")
    .toLowerCase()
    .includes(wanted);
}
