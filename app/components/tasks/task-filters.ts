import type { TaskKind } from "../../../server/modules/tasks/tasks-schema";
import { readPageNumber, writeQuery } from "../data/page-number";
import { isTaskKind } from "./task-words";

export const taskChoices = [
  { value: "all", label: "All" },
  { value: "queued", label: "Queued" },
  { value: "sent", label: "Sent" },
  { value: "acknowledged", label: "At work" },
  { value: "completed", label: "Completed" },
  { value: "failed", label: "Failed" },
  { value: "cancelled", label: "Cancelled" },
] as const;

export interface TaskFilters {
  readonly show: (typeof taskChoices)[number]["value"];
  /** Empty: every kind. */
  readonly kind: TaskKind | "";
  /** An `agent_id`, whole; empty: every agent. */
  readonly agent: string;
  readonly page: number;
}

export const noTaskFilters: TaskFilters = { show: "all", kind: "", agent: "", page: 1 };
export const isFiltered = ({ show, kind, agent }: TaskFilters): boolean => show !== "all" || kind !== "" || agent !== "";

export function readTaskFilters(query: URLSearchParams): TaskFilters {
  const kind = query.get("kind") ?? "";
  return {
    show: taskChoices.find(({ value }) => value === query.get("state"))?.value ?? "all",
    kind: isTaskKind(kind) ? kind : "",
    agent: (query.get("agent") ?? "").slice(0, 63),
    page: readPageNumber(query),
  };
}

export const writeTaskFilters = ({ show, kind, agent, page }: TaskFilters): string =>
  writeQuery({ state: show === "all" ? undefined : show, kind, agent }, page);

export const taskListInput = ({ show, kind, agent, page }: TaskFilters) => ({
  page,
  limit: 50,
  ...(show === "all" ? {} : { state: show }),
  ...(kind ? { kind } : {}),
  ...(agent ? { agentId: agent } : {}),
});
