"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import { useTRPC } from "../../trpc/client";
import { Segmented } from "../controls/segmented";
import { Pager } from "../data/pager";
import { useUrlFilters } from "../data/use-url-filters";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { TaskRows } from "./task-rows";

const choices = [
  { value: "all", label: "All" },
  { value: "queued", label: "Queued" },
  { value: "acknowledged", label: "At work" },
  { value: "failed", label: "Failed" },
] as const;
type Show = (typeof choices)[number]["value"];
interface TaskFilters {
  readonly show: Show;
  readonly page: number;
}

const read = (query: URLSearchParams): TaskFilters => {
  const page = Number(query.get("page"));
  return {
    show: choices.find(({ value }) => value === query.get("state"))?.value ?? "all",
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
};
const write = ({ show, page }: TaskFilters): string =>
  new URLSearchParams({ ...(show === "all" ? {} : { state: show }), ...(page > 1 ? { page: String(page) } : {}) }).toString();

export function TasksList() {
  const trpc = useTRPC();
  const [filters, setFilters] = useUrlFilters(read, write);
  const tasks = useQuery(
    trpc.tasks.list.queryOptions(
      { page: filters.page, limit: 50, ...(filters.show === "all" ? {} : { state: filters.show }) },
      { placeholderData: keepPreviousData },
    ),
  );
  return (
    <div className="flex flex-col gap-4">
      <div>
        <Segmented label="Show" value={filters.show} options={choices} onChange={(show) => setFilters({ show, page: 1 })} />
      </div>
      {tasks.data ? (
        tasks.data.tasks.length > 0 ? (
          <>
            <TaskRows tasks={tasks.data.tasks} label="Tasks" />
            <Pager {...tasks.data.pagination} onPage={(page) => setFilters({ ...filters, page })} />
          </>
        ) : (
          <EmptyState icon={<ListChecks aria-hidden />} title={filters.show === "all" ? "No tasks yet" : "No such tasks"}>
            A task is one instruction to one agent: start, hibernate, wake or stop a session. It is carried out once, however often it has
            to be sent.
          </EmptyState>
        )
      ) : tasks.isError ? (
        <FailurePanel
          error={tasks.error}
          title="The tasks could not be read"
          onRetry={() => void tasks.refetch()}
          busy={tasks.isFetching}
        />
      ) : (
        <RowBones />
      )}
    </div>
  );
}
