"use client";
import Link from "next/link";
import { memo } from "react";
import { formatSpan } from "../../format/time";
import type { Outputs } from "../../trpc/client";
import { RelativeTime } from "../data/relative-time";
import { rowLinkClass } from "../data/row-link";
import { SortHead, type Sorting } from "../data/sort-head";
import { StatusMark } from "../data/status-mark";
import { Cell, Head, Table } from "../data/table";
import type { TaskSort } from "./task-filters";
import { TaskProgress } from "./task-progress";
import { isOver, taskLook, taskWords } from "./task-words";

type Task = Outputs["tasks"]["list"]["tasks"][number];

interface TaskRowsProps {
  tasks: readonly Task[];
  label: string;
  sorting?: Sorting<TaskSort>;
}

export function TaskRows({ tasks, label, sorting }: TaskRowsProps) {
  return (
    <Table
      label={label}
      head={
        <>
          <Head>Task</Head>
          <Head className="w-32">State</Head>
          <Head wide className="w-40">
            Agent
          </Head>
          <SortHead by="priority" sorting={sorting} wide className="w-26 text-right">
            Priority
          </SortHead>
          <Head wide className="w-22 text-right">
            Attempts
          </Head>
          <Head wide className="w-24">
            Took
          </Head>
          <SortHead by="createdAt" sorting={sorting} wide className="w-28">
            Created
          </SortHead>
        </>
      }
    >
      {tasks.map((task) => (
        <TaskRow key={task.id} task={task} />
      ))}
    </Table>
  );
}

const priorityWords = (priority: number): string => (priority > 0 ? `+${priority}` : `${priority}`.replace("-", "−"));

const TaskRow = memo(function TaskRow({ task }: { task: Task }) {
  const underWay = !isOver(task.state) && task.progress !== null;
  const said = task.errorMessage ?? (underWay ? task.progress?.message : null);
  return (
    <tr data-row={task.id} className="relative transition-colors duration-150 hover:bg-sunken/60">
      <Cell>
        <p className="truncate">
          <Link href={`/tasks/${task.id}`} data-row-link className={rowLinkClass}>
            {taskWords[task.kind]}
          </Link>{" "}
          {task.session ? (
            <Link
              href={`/sessions/${task.session.id}`}
              className="relative z-1 text-ink-soft underline decoration-line-strong underline-offset-2 hover:text-ink hover:decoration-current"
            >
              {task.session.name}
            </Link>
          ) : (
            <span className="font-mono text-sm text-ink-soft" title={task.subject ?? undefined}>
              {task.subject}
            </span>
          )}
        </p>
        <p className="truncate text-sm text-ink-faint" title={task.errorMessage ?? undefined}>
          <span className="md:hidden">{[task.agentId, said ? "· " : null].filter(Boolean).join(" ")}</span>
          {said}
        </p>
        {underWay && task.progress ? (
          <div className="mt-1">
            <TaskProgress progress={task.progress} small />
          </div>
        ) : null}
      </Cell>
      <Cell>
        <StatusMark {...taskLook[task.state]} />
      </Cell>
      <Cell wide className="truncate text-ink-soft">
        <span title={task.agentId ?? undefined}>{task.agentId ?? "whichever fits"}</span>
      </Cell>
      <Cell wide className={`tabular text-right text-sm ${task.priority === 0 ? "text-ink-faint" : ""}`}>
        {priorityWords(task.priority)}
      </Cell>
      <Cell wide className={`tabular text-right text-sm ${task.attempts > 1 ? "" : "text-ink-faint"}`}>
        {task.attempts}
      </Cell>
      <Cell wide className="tabular text-sm text-ink-soft">
        {task.finishedAt ? formatSpan(Date.parse(task.finishedAt) - Date.parse(task.createdAt)) : ""}
      </Cell>
      <Cell wide className="text-sm text-ink-soft">
        <RelativeTime at={task.createdAt} />
      </Cell>
    </tr>
  );
});
