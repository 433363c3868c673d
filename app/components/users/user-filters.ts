import { readPageNumber, writeQuery } from "../data/page-number";

export interface UserFilters {
  readonly search: string;
  readonly page: number;
  /** The dialog that adds someone is open. */
  readonly adding: boolean;
}

export const readUserFilters = (query: URLSearchParams): UserFilters => ({
  search: (query.get("search") ?? "").slice(0, 100),
  page: readPageNumber(query),
  adding: query.get("add") === "1",
});

export const writeUserFilters = ({ search, page, adding }: UserFilters): string =>
  writeQuery({ search, add: adding ? "1" : undefined }, page);

export const userListInput = ({ search, page }: UserFilters) => ({ page, limit: 50, ...(search ? { search } : {}) });
