import { readPageNumber, writeQuery } from "../data/page-number";

export const taskChoices = [
  { value: "all", label: "All" },
  { value: "queued", label: "Queued" },
  { value: "acknowledged", label: "At work" },
  { value: "failed", label: "Failed" },
] as const;

export interface TaskFilters {
  readonly show: (typeof taskChoices)[number]["value"];
  readonly page: number;
}

export const readTaskFilters = (query: URLSearchParams): TaskFilters => ({
  show: taskChoices.find(({ value }) => value === query.get("state"))?.value ?? "all",
  page: readPageNumber(query),
});

export const writeTaskFilters = ({ show, page }: TaskFilters): string => writeQuery({ state: show === "all" ? undefined : show }, page);

export const taskListInput = ({ show, page }: TaskFilters) => ({ page, limit: 50, ...(show === "all" ? {} : { state: show }) });
