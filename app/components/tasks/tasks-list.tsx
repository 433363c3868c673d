"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ListChecks, Plus } from "lucide-react";
import { useRef } from "react";
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
import { RowBones } from "../feedback/skeleton";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import { isFiltered, readTaskFilters, type TaskFilters, taskChoices, taskListInput, writeTaskFilters } from "./task-filters";
import { TaskRows } from "./task-rows";
import { isTaskKind, taskKinds, taskWords } from "./task-words";

export function TasksList() {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const [filters, setFilters] = useUrlFilters(readTaskFilters, writeTaskFilters);
  const tasks = useQuery(trpc.tasks.list.queryOptions(taskListInput(filters), { placeholderData: keepPreviousData }));
  const change = (part: Partial<TaskFilters>) => setFilters({ ...filters, ...part, page: 1 });
  const frame = useRef<HTMLDivElement>(null);
  useListKeys(frame);
  return (
    <div ref={frame} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <Segmented label="Show" value={filters.show} options={taskChoices} onChange={(show) => change({ show })} />
        <select
          aria-label="Kind"
          value={filters.kind}
          onChange={({ target: { value } }) => change({ kind: isTaskKind(value) ? value : "" })}
          className="h-9 w-full rounded-md border border-line-strong/70 bg-surface px-2.5 text-base sm:w-48"
        >
          <option value="">Every kind</option>
          {taskKinds.filter(isTaskKind).map((kind) => (
            <option key={kind} value={kind}>
              {taskWords[kind]}
            </option>
          ))}
        </select>
        <TypedSearch
          label="Agent, by full name"
          text={filters.agent}
          onText={(agent) => change({ agent: agent.slice(0, 63) })}
          className="w-full sm:w-52"
        />
        {isFiltered(filters) ? (
          <Button look="quiet" size="small" onClick={() => change({ show: "all", kind: "", agent: "" })}>
            Clear
          </Button>
        ) : null}
      </div>
      {tasks.data ? (
        tasks.data.tasks.length > 0 ? (
          <>
            <TaskRows tasks={tasks.data.tasks} label="Tasks" sorting={{ ...filters, onSort: (by) => change(sortBy(filters, by)) }} />
            <Pager {...tasks.data.pagination} onPage={(page) => setFilters({ ...filters, page })} />
          </>
        ) : (
          <EmptyState
            icon={<ListChecks aria-hidden />}
            title={isFiltered(filters) ? "No such tasks" : "No tasks yet"}
            action={
              isAdmin(user) && !isFiltered(filters) ? (
                <ButtonLink href="/tasks/new" icon={<Plus aria-hidden className="size-4" />}>
                  New task
                </ButtonLink>
              ) : null
            }
          >
            A task is one instruction to one agent: start or stop a session, pull an image, run a container. It is carried out once, however
            often it has to be sent.
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
