"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { MonitorPlay, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button, ButtonLink } from "../controls/button";
import { SearchField } from "../controls/search-field";
import { Segmented } from "../controls/segmented";
import { Pager } from "../data/pager";
import { useUrlFilters } from "../data/use-url-filters";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { isOperator, useCurrentUser } from "../shell/user-context";
import { listInput, readSessionFilters, type SessionFilters, writeSessionFilters } from "./session-filters";
import { SessionRows } from "./session-rows";

const shown: readonly { value: SessionFilters["show"]; label: string }[] = [
  { value: "live", label: "Live" },
  { value: "running", label: "Running" },
  { value: "hibernated", label: "Hibernated" },
  { value: "terminated", label: "Ended" },
  { value: "all", label: "All" },
];

export function SessionsList() {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const [filters, setFilters] = useUrlFilters(readSessionFilters, writeSessionFilters);
  const sessions = useQuery(trpc.sessions.list.queryOptions(listInput(filters, user.username), { placeholderData: keepPreviousData }));
  const filtered = filters.search !== "" || filters.show !== "live" || filters.mine;

  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <SearchByText text={filters.search} onText={(search) => setFilters({ ...filters, search, page: 1 })} />
        <Segmented label="Show" value={filters.show} options={shown} onChange={(show) => setFilters({ ...filters, show, page: 1 })} />
        {isOperator(user) ? (
          <label className="flex h-8 items-center gap-2 text-sm text-ink-soft">
            <input
              type="checkbox"
              checked={filters.mine}
              onChange={(event) => setFilters({ ...filters, mine: event.target.checked, page: 1 })}
              className="size-4 accent-(--accent)"
            />
            Only mine
          </label>
        ) : null}
      </div>
      {sessions.data ? (
        sessions.data.sessions.length > 0 ? (
          <>
            <SessionRows sessions={sessions.data.sessions} label="Sessions" showOwner={isOperator(user)} />
            <Pager {...sessions.data.pagination} onPage={(page) => setFilters({ ...filters, page })} />
          </>
        ) : filtered ? (
          <EmptyState
            icon={<MonitorPlay aria-hidden />}
            title="No session matches"
            action={<Button onClick={() => setFilters({ show: "live", mine: false, search: "", page: 1 })}>Clear filters</Button>}
          >
            {filters.search
              ? `Nothing here is called “${filters.search}”.`
              : "There are sessions of other kinds perhaps: clear the filters to see them."}
          </EmptyState>
        ) : (
          <EmptyState
            icon={<MonitorPlay aria-hidden />}
            title="No sessions yet"
            action={
              <ButtonLink look="primary" href="/sessions/new" icon={<Plus aria-hidden className="size-4" />}>
                New session
              </ButtonLink>
            }
          >
            A session is a desktop or web app of your own, in a container. It starts in seconds, and its home keeps your files.
          </EmptyState>
        )
      ) : sessions.isError ? (
        <FailurePanel
          error={sessions.error}
          title="The sessions could not be read"
          onRetry={() => void sessions.refetch()}
          busy={sessions.isFetching}
        />
      ) : (
        <RowBones />
      )}
    </div>
  );
}

/** Waits until the typing pauses before it asks. */
function SearchByText({ text, onText }: { text: string; onText: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onText(typed), 200);
    return () => clearTimeout(timer);
  }, [typed, text, onText]);
  return <SearchField label="Search sessions" value={typed} onChange={setTyped} maxLength={100} className="w-full sm:w-64" />;
}
