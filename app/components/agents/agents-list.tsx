"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { LayoutGrid, List, Plus, Server } from "lucide-react";
import { useDeferredValue, useRef } from "react";
import { useTRPC } from "../../trpc/client";
import { Button, ButtonLink } from "../controls/button";
import { Segmented } from "../controls/segmented";
import { TypedSearch } from "../controls/typed-search";
import { sortBy } from "../data/list-sort";
import { Pager } from "../data/pager";
import { useListKeys } from "../data/use-list-keys";
import { useUrlFilters } from "../data/use-url-filters";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { CardBones, RowBones } from "../feedback/skeleton";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import { AgentCard } from "./agent-card";
import { type AgentFilters, agentListInput, readAgentFilters, writeAgentFilters } from "./agent-filters";
import { AgentRows } from "./agent-rows";

const shown: readonly { value: AgentFilters["show"]; label: string }[] = [
  { value: "all", label: "All" },
  { value: "online", label: "Online" },
  { value: "draining", label: "Draining" },
  { value: "degraded", label: "Degraded" },
  { value: "offline", label: "Offline" },
  { value: "revoked", label: "Revoked" },
];
const views = [
  { value: "cards", label: "Cards", icon: <LayoutGrid aria-hidden className="size-3.5" /> },
  { value: "list", label: "List", icon: <List aria-hidden className="size-3.5" /> },
] as const;

export function AgentsList() {
  const trpc = useTRPC();
  const [filters, setFilters] = useUrlFilters(readAgentFilters, writeAgentFilters);
  const agents = useQuery(trpc.agents.list.queryOptions(agentListInput(filters), { placeholderData: keepPreviousData }));
  // Drawn in slices between frames.
  const rows = useDeferredValue(agents.data?.agents);
  const frame = useRef<HTMLDivElement>(null);
  useListKeys(frame);
  const filtered = filters.show !== "all" || filters.search !== "";
  const none = agents.data?.agents.length === 0;
  if (none && !filtered && agents.data?.pagination.total === 0) return <NoAgents />;
  return (
    <div ref={frame} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <TypedSearch label="Search agents" text={filters.search} onText={(search) => setFilters({ ...filters, search, page: 1 })} />
        <Segmented label="State" value={filters.show} options={shown} onChange={(show) => setFilters({ ...filters, show, page: 1 })} />
        <div className="sm:ml-auto">
          <Segmented label="View" value={filters.view} options={views} onChange={(view) => setFilters({ ...filters, view, page: 1 })} />
        </div>
      </div>
      {rows && agents.data ? (
        none ? (
          <EmptyState
            icon={<Server aria-hidden />}
            title="No agent matches"
            action={<Button onClick={() => setFilters({ ...filters, show: "all", search: "", page: 1 })}>Clear filters</Button>}
          >
            {filters.search ? `No name or region has “${filters.search}” in it.` : `None is ${filters.show} now.`}
          </EmptyState>
        ) : (
          <>
            {filters.view === "list" ? (
              <AgentRows
                agents={rows}
                sorting={{ ...filters, onSort: (by) => setFilters({ ...filters, ...sortBy(filters, by), page: 1 }) }}
              />
            ) : (
              <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3">
                {rows.map((agent) => (
                  <AgentCard key={agent.id} agent={agent} />
                ))}
              </ul>
            )}
            <Pager {...agents.data.pagination} onPage={(page) => setFilters({ ...filters, page })} />
          </>
        )
      ) : agents.isError ? (
        <FailurePanel
          error={agents.error}
          title="The agents could not be read"
          onRetry={() => void agents.refetch()}
          busy={agents.isFetching}
        />
      ) : filters.view === "list" ? (
        <RowBones />
      ) : (
        <CardBones cards={3} />
      )}
    </div>
  );
}

function NoAgents() {
  const user = useCurrentUser();
  return (
    <EmptyState
      icon={<Server aria-hidden />}
      title="No agents yet"
      action={
        isAdmin(user) ? (
          <ButtonLink look="primary" href="/agents/add" icon={<Plus aria-hidden className="size-4" />}>
            Add agent
          </ButtonLink>
        ) : null
      }
    >
      An agent is the program on a host that runs sessions. It dials out to Berth, so nothing on the host has to listen. Adding one takes a
      single command.
    </EmptyState>
  );
}
