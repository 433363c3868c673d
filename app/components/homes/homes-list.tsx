"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { HardDrive } from "lucide-react";
import { useState } from "react";
import { counted, formatBytes } from "../../format/quantity";
import { useTRPC } from "../../trpc/client";
import { Button, ButtonLink } from "../controls/button";
import { SearchByText } from "../controls/search-by-text";
import { Segmented } from "../controls/segmented";
import { CursorPager } from "../data/cursor-pager";
import { sortBy } from "../data/list-sort";
import { SortHead, type Sorting } from "../data/sort-head";
import { Head, Table } from "../data/table";
import { useUrlFilters } from "../data/use-url-filters";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";
import { type Home, HomeRow } from "./home-row";
import { type HomeSort, type HomesFilters, homesInput, readHomesFilters, writeHomesFilters } from "./homes-filters";

const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));

const shows = [
  { value: "all", label: "All" },
  { value: "free", label: "Free" },
  { value: "used", label: "In use" },
] as const;

export function HomesList() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [filters, setFilters] = useUrlFilters(readHomesFilters, writeHomesFilters);
  const [deleting, setDeleting] = useState<Home | null>(null);
  const homes = useQuery(trpc.homes.list.queryOptions(homesInput(filters), { placeholderData: keepPreviousData }));
  const remove = useMutation(
    trpc.homes.delete.mutationOptions({
      onSuccess: () => setDeleting(null),
      onError: (error) => toasts.failed("The home could not be deleted", error),
      onSettled: () => queryClient.invalidateQueries(trpc.homes.list.pathFilter()),
    }),
  );
  const change = (next: Partial<HomesFilters>) => setFilters({ ...filters, after: "", page: 1, ...next });
  const filtered = filters.search !== "" || filters.show !== "all" || filters.after !== "";
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <SearchByText label="Search homes" text={filters.search} onText={(search) => change({ search })} />
        <Segmented label="Show" value={filters.show} options={shows} onChange={(show) => change({ show })} />
      </div>
      {homes.data ? (
        homes.data.homes.length > 0 ? (
          <Table label="Homes" head={<Heads {...filters} onSort={(by) => change(sortBy(filters, by))} />}>
            {homes.data.homes.map((home) => (
              <HomeRow key={home.id} home={home} onDelete={setDeleting} />
            ))}
          </Table>
        ) : filtered ? (
          <EmptyState
            icon={<HardDrive aria-hidden />}
            title="No home matches"
            action={<Button onClick={() => change({ show: "all", search: "" })}>Clear filters</Button>}
          >
            {filters.search ? `No home, agent or owner here is called “${filters.search}”.` : "There are homes of the other kind perhaps."}
          </EmptyState>
        ) : (
          <EmptyState
            icon={<HardDrive aria-hidden />}
            title="No homes yet"
            action={<ButtonLink href="/sessions/new">New session</ButtonLink>}
          >
            A home holds the files of a session. It is kept when the session ends, and a new session can go on with it.
          </EmptyState>
        )
      ) : homes.isError ? (
        <FailurePanel
          error={homes.error}
          title="The homes could not be read"
          onRetry={() => void homes.refetch()}
          busy={homes.isFetching}
        />
      ) : (
        <RowBones rows={3} />
      )}
      {homes.data ? (
        <CursorPager
          pagination={homes.data.pagination}
          after={filters.after}
          shown={homes.data.homes.length}
          onGo={(place) => change(place)}
        />
      ) : null}
      {deleting ? (
        <ConfirmDialog
          open
          onClose={() => setDeleting(null)}
          title={`Delete the home ${deleting.name}?`}
          action="Delete home"
          typedName={deleting.name}
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id: deleting.id })}
        >
          <p>
            Every file in it is lost{deleting.sizeBytes === null ? "" : ` (${formatBytes(deleting.sizeBytes)})`}, on agent{" "}
            {deleting.agentId}. This can’t be undone.
          </p>
          <p className="mt-2">
            {deleting.sessions > 0
              ? `${counted(deleting.sessions, "session")} had it, the last one ${deleting.lastSession?.name}. ${deleting.sessions === 1 ? "It has" : "They have"} ended and ${deleting.sessions === 1 ? "stays" : "stay"} in the list, without files.`
              : "No session in the list has it."}
          </p>
        </ConfirmDialog>
      ) : null}
    </div>
  );
}

function Heads(sorting: Sorting<HomeSort>) {
  return (
    <>
      <SortHead by="name" sorting={sorting}>
        Home
      </SortHead>
      <Head wide className="w-36">
        Agent
      </Head>
      <SortHead by="size" sorting={sorting} wide className="w-28">
        Size
      </SortHead>
      <SortHead by="lastUsed" sorting={sorting} wide className="w-32">
        Last used
      </SortHead>
      <Head className="w-24 sm:w-44">
        <span className="sr-only">Actions</span>
      </Head>
    </>
  );
}
