import { type ListSort, readSort, sortTexts } from "../data/list-sort";

export const homeSorts = ["lastUsed", "name", "size"] as const;
export type HomeSort = (typeof homeSorts)[number];

/** What the list of homes shows, as the URL has it. */
export interface HomesFilters extends ListSort<HomeSort> {
  readonly show: "all" | "free" | "used";
  readonly search: string;
  readonly after: string;
  readonly page: number;
}

const shows: readonly HomesFilters["show"][] = ["all", "free", "used"];

export function readHomesFilters(query: URLSearchParams): HomesFilters {
  const after = (query.get("after") ?? "").slice(0, 1000);
  const page = Number(query.get("page"));
  return {
    show: shows.find((show) => show === query.get("show")) ?? "all",
    search: (query.get("search") ?? "").slice(0, 100),
    ...readSort(query, homeSorts),
    after,
    page: after && Number.isInteger(page) && page > 1 && page <= 100_000 ? page : after ? 2 : 1,
  };
}

/** The part of the URL after `?`, without what is the default. */
export function writeHomesFilters({ show, search, after, page, ...sort }: HomesFilters): string {
  const query = new URLSearchParams();
  if (show !== "all") query.set("show", show);
  for (const [name, text] of Object.entries({ search, ...sortTexts(sort, homeSorts) })) if (text) query.set(name, text);
  if (after) {
    query.set("after", after);
    query.set("page", String(page));
  }
  return query.toString();
}

export const homesInput = ({ show, search, after, page, sort, order }: HomesFilters) => ({
  page,
  limit: 50,
  sort,
  order,
  ...(show === "all" ? {} : { free: show === "free" }),
  ...(search ? { search } : {}),
  ...(after ? { cursor: after } : {}),
});
