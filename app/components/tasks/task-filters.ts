import type { TaskKind } from "../../../server/modules/tasks/tasks-schema";
import { type ListSort, readSort, sortTexts } from "../data/list-sort";
import { readPageNumber, writeQuery } from "../data/page-number";
import { isTaskKind } from "./task-words";

export const taskSorts = ["createdAt", "priority"] as const;
export type TaskSort = (typeof taskSorts)[number];

export const taskChoices = [
  { value: "all", label: "All" },
  { value: "queued", label: "Queued" },
  { value: "sent", label: "Sent" },
  { value: "acknowledged", label: "At work" },
  { value: "completed", label: "Completed" },
  { value: "failed", label: "Failed" },
  { value: "cancelled", label: "Cancelled" },
] as const;

export interface TaskFilters extends ListSort<TaskSort> {
  readonly show: (typeof taskChoices)[number]["value"];
  /** Empty: every kind. */
  readonly kind: TaskKind | "";
  /** An `agent_id`, whole; empty: every agent. */
  readonly agent: string;
  readonly page: number;
}

export const isFiltered = ({ show, kind, agent }: TaskFilters): boolean => show !== "all" || kind !== "" || agent !== "";

export function readTaskFilters(query: URLSearchParams): TaskFilters {
  const kind = query.get("kind") ?? "";
  return {
    show: taskChoices.find(({ value }) => value === query.get("state"))?.value ?? "all",
    kind: isTaskKind(kind) ? kind : "",
    agent: (query.get("agent") ?? "").slice(0, 63),
    ...readSort(query, taskSorts),
    page: readPageNumber(query),
  };
}

export const writeTaskFilters = ({ show, kind, agent, page, ...sort }: TaskFilters): string =>
  writeQuery({ state: show === "all" ? undefined : show, kind, agent, ...sortTexts(sort, taskSorts) }, page);

export const taskListInput = ({ show, kind, agent, page, sort, order }: TaskFilters) => ({
  page,
  sort,
  order,
  limit: 50,
  ...(show === "all" ? {} : { state: show }),
  ...(kind ? { kind } : {}),
  ...(agent ? { agentId: agent } : {}),
});
