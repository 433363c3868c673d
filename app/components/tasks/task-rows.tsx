"use client";
import Link from "next/link";
import { formatSpan } from "../../format/time";
import type { Outputs } from "../../trpc/client";
import { RelativeTime } from "../data/relative-time";
import { StatusMark } from "../data/status-mark";
import { Cell, Head, Table } from "../data/table";
import { taskLook, taskWords } from "./task-words";

type Task = Outputs["tasks"]["list"]["tasks"][number];

export function TaskRows({ tasks, label }: { tasks: readonly Task[]; label: string }) {
  return (
    <Table
      label={label}
      head={
        <>
          <Head>Task</Head>
          <Head className="w-32">State</Head>
          <Head wide className="w-44">
            Agent
          </Head>
          <Head wide className="w-28">
            Took
          </Head>
          <Head wide className="w-32">
            Created
          </Head>
        </>
      }
    >
      {tasks.map((task) => (
        <tr key={task.id}>
          <Cell>
            <p className="truncate">
              <span className="font-medium">{taskWords[task.kind]}</span>{" "}
              {task.session ? (
                <Link
                  href={`/sessions/${task.session.id}`}
                  className="text-ink-soft underline decoration-line-strong underline-offset-2 hover:text-ink hover:decoration-current"
                >
                  {task.session.name}
                </Link>
              ) : null}
            </p>
            <p className="truncate text-sm text-ink-faint" title={task.errorMessage ?? undefined}>
              {task.errorMessage ?? task.progress?.message ?? (task.attempts > 1 ? `${task.attempts} attempts` : "")}
            </p>
          </Cell>
          <Cell>
            <StatusMark {...taskLook[task.state]} />
          </Cell>
          <Cell wide className="truncate text-ink-soft">
            {task.agentId}
          </Cell>
          <Cell wide className="tabular text-sm text-ink-soft">
            {task.finishedAt ? formatSpan(Date.parse(task.finishedAt) - Date.parse(task.createdAt)) : ""}
          </Cell>
          <Cell wide className="text-sm text-ink-soft">
            <RelativeTime at={task.createdAt} />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
