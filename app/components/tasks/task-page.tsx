"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { formatSpan } from "../../format/time";
import { useTRPC } from "../../trpc/client";
import { Badge } from "../data/badge";
import { CopyText } from "../data/copy-text";
import { Fact, Facts } from "../data/facts";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { StatusMark } from "../data/status-mark";
import { Notice } from "../feedback/notice";
import { Reading } from "../feedback/reading";
import { PageHeader } from "../shell/page-header";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import { imageWords, textAt } from "./record-reading";
import { TaskActions } from "./task-actions";
import { TaskLog } from "./task-log";
import { TaskPageBones } from "./task-page-bones";
import { TaskPayload } from "./task-payload";
import { TaskProgress } from "./task-progress";
import { TaskResult } from "./task-result";
import type { TaskDetail } from "./task-steps";
import { TaskTimeline } from "./task-timeline";
import { isByHand, isOver, taskAdvice, taskLook, taskWords } from "./task-words";

const crumbs = [{ href: "/tasks", label: "Tasks" }];
const linkClass = "underline decoration-line-strong underline-offset-2 hover:decoration-current";

export function TaskPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.tasks.get.queryOptions({ id }));
  return (
    <Reading
      query={query}
      title="The task could not be read"
      header={<PageHeader title="Task" crumbs={crumbs} />}
      bones={<TaskPageBones />}
    >
      {(task) => <ReadTask task={task} />}
    </Reading>
  );
}

function ReadTask({ task }: { task: TaskDetail }) {
  const user = useCurrentUser();
  const subject = task.payload && (textAt(task.payload, "name") ?? imageWords(task.payload));
  const { state } = task;
  const advice = task.errorCode === null ? undefined : taskAdvice[task.errorCode];
  return (
    <>
      <PageHeader
        title={taskWords[task.kind]}
        crumbs={crumbs}
        mark={<StatusMark {...taskLook[state]} />}
        lead={subject ? <span className="font-mono text-sm wrap-anywhere">{subject}</span> : undefined}
        action={isAdmin(user) && isByHand(task.kind) ? <TaskActions task={task} /> : null}
      />
      {task.errorMessage ? (
        <Notice tone={state === "failed" ? "failed" : "warning"}>
          <p className="font-medium">{task.errorMessage}</p>
          {advice && state === "failed" ? <p className="mt-1">{advice}</p> : null}
          <p className="mt-1 font-mono text-xs text-ink-soft">{task.errorCode}</p>
        </Notice>
      ) : null}
      {task.progress && !isOver(state) ? (
        <Card className="p-4">
          <TaskProgress progress={task.progress} />
        </Card>
      ) : null}
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-6">
          {task.result ? (
            <Panel title="Result">
              <TaskResult kind={task.kind} result={task.result} />
            </Panel>
          ) : null}
          <TaskLog task={task} />
          <Panel title={task.payload ? "What was asked for" : "What it is for"}>
            <Card className="p-4">
              {task.payload ? (
                <TaskPayload payload={task.payload} />
              ) : task.session ? (
                <p>
                  The session{" "}
                  <Link href={`/sessions/${task.session.id}`} className={linkClass}>
                    {task.session.name}
                  </Link>
                  {". Its own page says what comes of it, and is where it is changed."}
                </p>
              ) : (
                <p className="text-ink-soft">Something that Berth itself looks after; nobody has to do anything about it.</p>
              )}
            </Card>
          </Panel>
        </div>
        <div className="flex min-w-0 flex-col gap-6">
          <Panel title="Timeline">
            <Card className="p-4">
              <TaskTimeline task={task} />
            </Card>
          </Panel>
          <Panel title="Order">
            <Card className="p-4">
              <OrderFacts task={task} />
            </Card>
          </Panel>
        </div>
      </div>
    </>
  );
}

function OrderFacts({ task }: { task: TaskDetail }) {
  const { selector } = task;
  const wanted = selector ? [...Object.entries(selector.labels).map(([key, value]) => `${key}=${value}`), ...selector.capabilities] : [];
  const byHand = isByHand(task.kind);
  return (
    <Facts>
      <Fact name="Agent">
        {task.agentId ? (
          <Link href={`/agents/${encodeURIComponent(task.agentId)}`} className={linkClass}>
            {task.agentId}
          </Link>
        ) : (
          "whichever fits"
        )}
      </Fact>
      {selector ? (
        <Fact name="For an agent that has">
          {wanted.length === 0 ? (
            "nothing special"
          ) : (
            <span className="flex flex-wrap gap-1">
              {wanted.map((word) => (
                <Badge key={word}>{word}</Badge>
              ))}
            </span>
          )}
        </Fact>
      ) : null}
      <Fact name="Priority">{`${task.priority}`.replace("-", "−")}</Fact>
      <Fact name="Attempts">
        {task.attempts}
        {byHand && task.generation !== null ? (
          <span className="text-ink-soft"> in {task.generation === 1 ? "one run" : `${task.generation} runs`}</span>
        ) : null}
      </Fact>
      {task.retries > 0 ? (
        <Fact name="Tries again by itself">
          {task.retried} of {task.retries} times
        </Fact>
      ) : null}
      {task.notBefore ? (
        <Fact name="Not before">
          <RelativeTime at={task.notBefore} />
        </Fact>
      ) : null}
      {task.timeoutSeconds === null ? null : (
        <Fact name="Time limit of a run">
          {formatSpan(task.timeoutSeconds * 1000).replace(/\.0+ s$/, " s")}
          {task.deadlineAt && !isOver(task.state) ? (
            <span className="text-ink-soft">
              {", ends "}
              <RelativeTime at={task.deadlineAt} />
            </span>
          ) : null}
        </Fact>
      )}
      {task.idempotencyKey ? (
        <Fact name="Idempotency key">
          <code className="font-mono text-xs">{task.idempotencyKey}</code>
        </Fact>
      ) : null}
      <Fact name="Id">
        <CopyText text={task.id} shown={task.id.slice(0, 8)} label="task id" />
      </Fact>
    </Facts>
  );
}
