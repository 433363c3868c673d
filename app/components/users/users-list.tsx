"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useRef } from "react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { TypedSearch } from "../controls/typed-search";
import { sortBy } from "../data/list-sort";
import { Pager } from "../data/pager";
import { useListKeys } from "../data/use-list-keys";
import { useUrlFilters } from "../data/use-url-filters";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { PageHeader } from "../shell/page-header";
import { readUserFilters, userListInput, writeUserFilters } from "./user-filters";
import { UserRows } from "./user-rows";

const InviteDialog = lazyInBrowser(() => import("./invite-dialog").then((module) => module.InviteDialog));

export function UsersList() {
  const trpc = useTRPC();
  const [filters, setFilters] = useUrlFilters(readUserFilters, writeUserFilters);
  const users = useQuery(trpc.users.list.queryOptions(userListInput(filters), { placeholderData: keepPreviousData }));
  const { search } = filters;
  const frame = useRef<HTMLDivElement>(null);
  useListKeys(frame);
  return (
    <>
      <PageHeader
        title="Users"
        lead="Who may sign in, and as what. A user has own sessions; an operator runs the fleet; an administrator does everything, in the open."
        action={
          <Button
            look="primary"
            icon={<UserPlus aria-hidden className="size-4" />}
            onClick={() => setFilters({ ...filters, adding: true })}
          >
            Add user
          </Button>
        }
      />
      <TypedSearch
        label="Search users"
        text={search}
        className="w-full sm:w-72"
        onText={(text) => setFilters({ ...filters, search: text, page: 1 })}
      />
      {users.data ? (
        <div ref={frame} className="flex flex-col gap-4">
          {users.data.users.length > 0 ? (
            <UserRows
              users={users.data.users}
              sorting={{ ...filters, onSort: (by) => setFilters({ ...filters, ...sortBy(filters, by), page: 1 }) }}
            />
          ) : (
            <p className="text-ink-soft">Nobody’s name or address has “{search}” in it.</p>
          )}
          <Pager {...users.data.pagination} onPage={(page) => setFilters({ ...filters, page })} />
        </div>
      ) : users.isError ? (
        <FailurePanel
          error={users.error}
          title="The users could not be read"
          onRetry={() => void users.refetch()}
          busy={users.isFetching}
        />
      ) : (
        <RowBones />
      )}
      {filters.adding ? <InviteDialog onClose={() => setFilters({ ...filters, adding: false })} /> : null}
    </>
  );
}
