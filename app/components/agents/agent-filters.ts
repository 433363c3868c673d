import type { AgentStatus } from "@berth/protocol/session-states";
import { readPageNumber, writeQuery } from "../data/page-number";

/** What the URL says of the list of agents. What it says wrongly is left out. */
export interface AgentFilters {
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
    page: readPageNumber(query),
  };
}

export const writeAgentFilters = ({ view, show, search, page }: AgentFilters): string =>
  writeQuery({ view: view === "list" ? view : undefined, status: show === "all" ? undefined : show, search }, page);

export const agentListInput = ({ view, show, search, page }: AgentFilters) => ({
  page,
  limit: view === "list" ? 50 : 30,
  ...(show === "all" ? {} : show === "revoked" ? { revoked: true } : { status: show }),
  ...(search ? { search } : {}),
});
