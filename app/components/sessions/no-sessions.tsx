"use client";
import { MonitorPlay, Plus, Users } from "lucide-react";
import { Button, ButtonLink } from "../controls/button";
import { EmptyState } from "../feedback/empty-state";
import { isFiltered, type SessionFilters } from "./session-filters";

/** A list without a session: why, and what to do. */
export function NoSessions({ filters, onClear }: { filters: SessionFilters; onClear: () => void }) {
  if (filters.owner === "shared" && !isFiltered({ ...filters, owner: "all" })) {
    return (
      <EmptyState icon={<Users aria-hidden />} title="Nothing is shared with you">
        When somebody invites you to their desktop, you find it here for as long as the invitation holds.
      </EmptyState>
    );
  }
  if (isFiltered(filters) || filters.after) {
    return (
      <EmptyState icon={<MonitorPlay aria-hidden />} title="No session matches" action={<Button onClick={onClear}>Clear filters</Button>}>
        {filters.search
          ? `Nothing here is called “${filters.search}”.`
          : "There are sessions of other kinds perhaps: clear the filters to see them."}
      </EmptyState>
    );
  }
  return (
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
  );
}
