"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleSlash, Pencil, RotateCw } from "lucide-react";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button, ButtonLink } from "../controls/button";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";
import type { TaskDetail } from "./task-steps";
import { isOver, mayNeedRegistry } from "./task-words";

const CancelTaskDialog = lazyInBrowser(() => import("./cancel-task-dialog").then((module) => module.CancelTaskDialog));
const RetryTaskDialog = lazyInBrowser(() => import("./retry-task-dialog").then((module) => module.RetryTaskDialog));

/** What an admin can do about a task that was given by hand. */
export function TaskActions({ task }: { task: TaskDetail }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [asking, setAsking] = useState<"cancel" | "retry" | null>(null);
  const close = () => setAsking(null);
  const settled = () => {
    close();
    return queryClient.invalidateQueries(trpc.tasks.pathFilter());
  };
  const cancel = useMutation(
    trpc.tasks.cancel.mutationOptions({ onError: (error) => toasts.failed("The task was not cancelled", error), onSettled: settled }),
  );
  const retry = useMutation(
    trpc.tasks.retry.mutationOptions({
      // What was sent may be a password: it goes with the page.
      gcTime: 0,
      onError: (error) => toasts.failed("The task was not tried again", error),
      onSettled: settled,
    }),
  );
  const over = isOver(task.state);
  return (
    <>
      {over ? null : (
        <Button
          busy={cancel.isPending}
          icon={<CircleSlash aria-hidden className="size-4" />}
          onClick={() => (task.state === "queued" ? cancel.mutate({ id: task.id }) : setAsking("cancel"))}
        >
          {task.state === "queued" ? "Cancel" : "Cancel…"}
        </Button>
      )}
      {over ? (
        <ButtonLink href={`/tasks/new?from=${task.id}`} icon={<Pencil aria-hidden className="size-4" />}>
          Run again with changes
        </ButtonLink>
      ) : null}
      {task.state === "failed" || task.state === "cancelled" ? (
        <Button
          look="primary"
          busy={retry.isPending}
          icon={<RotateCw aria-hidden className="size-4" />}
          onClick={() => (mayNeedRegistry(task.kind) ? setAsking("retry") : retry.mutate({ id: task.id }))}
        >
          {mayNeedRegistry(task.kind) ? "Try again…" : "Try again"}
        </Button>
      ) : null}
      {asking === "cancel" ? (
        <CancelTaskDialog task={task} busy={cancel.isPending} onCancel={(force) => cancel.mutate({ id: task.id, force })} onClose={close} />
      ) : null}
      {asking === "retry" ? (
        <RetryTaskDialog
          busy={retry.isPending}
          onRetry={(credentials) => retry.mutate({ id: task.id, ...(credentials ? { credentials } : {}) })}
          onClose={close}
        />
      ) : null}
    </>
  );
}
