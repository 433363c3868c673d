"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { CursorPager } from "../data/cursor-pager";
import { Panel } from "../data/panel";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { SnapshotList } from "./snapshot-list";

/** All of one's own; an administrator's are everyone's. */
export function MySnapshots() {
  const trpc = useTRPC();
  const [place, setPlace] = useState({ after: "", page: 1 });
  const found = useQuery(
    trpc.snapshots.list.queryOptions(
      { limit: 25, page: place.page, ...(place.after ? { cursor: place.after } : {}) },
      { placeholderData: keepPreviousData },
    ),
  );
  return (
    <Panel title="Snapshots">
      {found.data ? (
        found.data.snapshots.length > 0 ? (
          <SnapshotList snapshots={found.data.snapshots} withSource />
        ) : (
          <p className="text-ink-soft">None yet. A snapshot is a copy of a home, taken on its session’s page.</p>
        )
      ) : found.isError ? (
        <FailurePanel
          error={found.error}
          title="The snapshots could not be read"
          onRetry={() => void found.refetch()}
          busy={found.isFetching}
        />
      ) : (
        <RowBones rows={2} />
      )}
      {found.data ? (
        <CursorPager pagination={found.data.pagination} after={place.after} shown={found.data.snapshots.length} onGo={setPlace} />
      ) : null}
    </Panel>
  );
}
