import type { AgentStatus } from "@berth/protocol/session-states";
import { type ListSort, readSort, sortTexts } from "../data/list-sort";
import { readPageNumber, writeQuery } from "../data/page-number";

export const agentSorts = ["name", "region", "lastHeartbeat"] as const;
export type AgentSort = (typeof agentSorts)[number];

/** What the URL says of the list of agents. What it says wrongly is left out. */
export interface AgentFilters extends ListSort<AgentSort> {
  readonly view: "cards" | "list";
  readonly show: "all" | "revoked" | AgentStatus;
  readonly search: string;
  readonly page: number;
}

const choices: readonly AgentFilters["show"][] = ["all", "online", "draining", "degraded", "offline", "revoked"];

export function readAgentFilters(query: URLSearchParams): AgentFilters {
  return {
    view: query.get("view") === "list" ? "list" : "cards",
    show: choices.find((choice) => choice === query.get("status")) ?? "all",
    search: (query.get("search") ?? "").slice(0, 100),
    ...readSort(query, agentSorts),
    page: readPageNumber(query),
  };
}

export const writeAgentFilters = ({ view, show, search, page, ...sort }: AgentFilters): string =>
  writeQuery(
    { view: view === "list" ? view : undefined, status: show === "all" ? undefined : show, search, ...sortTexts(sort, agentSorts) },
    page,
  );

export const agentListInput = ({ view, show, search, page, sort, order }: AgentFilters) => ({
  page,
  sort,
  order,
  limit: view === "list" ? 50 : 30,
  ...(show === "all" ? {} : show === "revoked" ? { revoked: true } : { status: show }),
  ...(search ? { search } : {}),
});
