"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useRef } from "react";
import { useTRPC } from "../../trpc/client";
import { keepColumns } from "../data/column-cookie";
import { CursorPager } from "../data/cursor-pager";
import { sortBy } from "../data/list-sort";
import { useColumns } from "../data/use-columns";
import { useListKeys } from "../data/use-list-keys";
import { useUrlFilters } from "../data/use-url-filters";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { lazyInBrowser, lazyPart } from "../lazy-part";
import { isOperator, useCurrentUser } from "../shell/user-context";
import { SESSION_COLUMNS_COOKIE, type SessionColumn, sessionColumns, usualColumns } from "./session-columns";
import { listInput, noFilters, readSessionFilters, type SessionFilters, type SortKey, writeSessionFilters } from "./session-filters";
import { type ListedSession, type RowChoice, SessionRows } from "./session-rows";
import { SessionToolbar } from "./session-toolbar";
import { useBulk } from "./use-bulk";
import { useSelection } from "./use-selection";

const SessionCards = lazyPart(() => import("./session-cards").then((module) => module.SessionCards), <RowBones />);
const NoSessions = lazyPart(() => import("./no-sessions").then((module) => module.NoSessions));
const BulkBar = lazyInBrowser(() => import("./bulk-bar").then((module) => module.BulkBar));
const none: readonly ListedSession[] = [];

/** `columnsCookie`: as the server had it. */
export function SessionsList({ columnsCookie }: { columnsCookie: string | undefined }) {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const [filters, setFilters] = useUrlFilters(readSessionFilters, writeSessionFilters);
  const list = useQuery(trpc.sessions.list.queryOptions(listInput(filters, user.username), { placeholderData: keepPreviousData }));
  const sessions = list.data?.sessions ?? none;
  const { selected, toggle, drop, clear, all } = useSelection(sessions);
  const bulk = useBulk(drop);
  const frame = useRef<HTMLDivElement>(null);
  const clearAll = useCallback(() => {
    clear();
    bulk.forget();
  }, [clear, bulk.forget]);
  useListKeys(frame, { toggle, clear: clearAll });

  const { failures } = bulk;
  const choice = useMemo<RowChoice>(
    () => ({ selected, toggle, clear: clearAll, all, failures }),
    [selected, toggle, clearAll, all, failures],
  );
  const change = useCallback(
    (next: Partial<SessionFilters>) => {
      clearAll();
      setFilters({ ...filters, after: "", page: 1, ...next });
    },
    [filters, setFilters, clearAll],
  );
  const onSort = (by: SortKey) => change(sortBy(filters, by));
  const showOwner = isOperator(user) || filters.owner === "shared";
  const columns = useColumns(SESSION_COLUMNS_COOKIE, sessionColumns, columnsCookie) ?? usualColumns(showOwner);
  const onColumns = (next: readonly SessionColumn[] | null) => keepColumns(SESSION_COLUMNS_COOKIE, next);
  const chosen = sessions.filter(({ id }) => selected.has(id));

  return (
    <div ref={frame} className="flex flex-col gap-4">
      <SessionToolbar filters={filters} onChange={change} sessions={sessions} columns={columns} onColumns={onColumns} />
      {list.data ? (
        sessions.length > 0 ? (
          <>
            {filters.view === "grid" ? (
              <SessionCards sessions={sessions} label="Sessions" showOwner={showOwner} choice={choice} />
            ) : (
              <SessionRows
                sessions={sessions}
                label="Sessions"
                showOwner={showOwner}
                columns={columns}
                choice={choice}
                sorting={{ ...filters, onSort }}
              />
            )}
            {selected.size > 0 || bulk.busy ? (
              <BulkBar chosen={chosen} busy={bulk.busy} onRun={(action, some) => void bulk.run(action, some)} onClear={clearAll} />
            ) : null}
          </>
        ) : (
          <NoSessions filters={filters} onClear={() => change({ ...noFilters, view: filters.view })} />
        )
      ) : list.isError ? (
        <FailurePanel
          error={list.error}
          title="The sessions could not be read"
          onRetry={() => void list.refetch()}
          busy={list.isFetching}
        />
      ) : (
        <RowBones />
      )}
      {list.data ? (
        <CursorPager pagination={list.data.pagination} after={filters.after} shown={sessions.length} onGo={(place) => change(place)} />
      ) : null}
    </div>
  );
}
