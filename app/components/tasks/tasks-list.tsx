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
import { readTaskFilters, taskChoices, taskListInput, writeTaskFilters } from "./task-filters";
import { TaskRows } from "./task-rows";

export function TasksList() {
  const trpc = useTRPC();
  const [filters, setFilters] = useUrlFilters(readTaskFilters, writeTaskFilters);
  const tasks = useQuery(trpc.tasks.list.queryOptions(taskListInput(filters), { placeholderData: keepPreviousData }));
  return (
    <div className="flex flex-col gap-4">
      <div>
        <Segmented label="Show" value={filters.show} options={taskChoices} onChange={(show) => setFilters({ show, page: 1 })} />
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
