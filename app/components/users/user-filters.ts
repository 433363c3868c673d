import { type ListSort, readSort, sortTexts } from "../data/list-sort";
import { readPageNumber, writeQuery } from "../data/page-number";

export const userSorts = ["username", "role", "lastLogin"] as const;
export type UserSort = (typeof userSorts)[number];

export interface UserFilters extends ListSort<UserSort> {
  readonly search: string;
  readonly page: number;
  /** The dialog that adds someone is open. */
  readonly adding: boolean;
}

export const readUserFilters = (query: URLSearchParams): UserFilters => ({
  search: (query.get("search") ?? "").slice(0, 100),
  ...readSort(query, userSorts),
  page: readPageNumber(query),
  adding: query.get("add") === "1",
});

export const writeUserFilters = ({ search, page, adding, ...sort }: UserFilters): string =>
  writeQuery({ search, ...sortTexts(sort, userSorts), add: adding ? "1" : undefined }, page);

export const userListInput = ({ search, page, sort, order }: UserFilters) => ({
  page,
  limit: 50,
  sort,
  order,
  ...(search ? { search } : {}),
});
