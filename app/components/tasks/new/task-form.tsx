"use client";
import type { DockerKind } from "@berth/protocol/docker-tasks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState } from "react";
import { fieldProblems, readFailure } from "../../../errors/read-failure";
import { useTRPC } from "../../../trpc/client";
import { Button, ButtonLink } from "../../controls/button";
import { Card, Panel } from "../../data/panel";
import { FailurePanel } from "../../feedback/failure-panel";
import { Notice } from "../../feedback/notice";
import { useToasts } from "../../feedback/toasts";
import type { TaskDetail } from "../task-steps";
import { taskWords } from "../task-words";
import { AdvancedFields } from "./advanced-fields";
import type { FormParts } from "./form-parts";
import { KindFields } from "./kind-fields";
import { TargetFields } from "./target-fields";
import { draftOfTask, emptyDraft, type TaskDraft } from "./task-draft";

/** The schemas weigh a quarter of the page, and nothing is held against them before somebody begins to type. */
const loadChecks = () => import("./check-task-draft");
type Checks = Awaited<ReturnType<typeof loadChecks>>;

interface TaskFormProps {
  readonly kind: DockerKind;
  /** The agent to begin with. */
  readonly agent: string | null;
  /** The task to begin with. */
  readonly from: TaskDetail | null;
}

/** Credentials live in this form's state alone, and go with it. */
export function TaskForm({ kind, agent, from }: TaskFormProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const [draft, setDraft] = useState<TaskDraft>(() => (from ? draftOfTask(from) : { ...emptyDraft, agent: agent ?? "" }));
  /** Fields that were left once; a problem is shown no sooner. */
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const [checks, setChecks] = useState<Checks | null>(null);
  const toasts = useToasts();
  /** The same until something is changed: asked again after an answer that was lost, there is still one task. */
  const key = useRef<string | null>(null);
  const made = {
    // What was sent may hold a password.
    gcTime: 0,
    onSuccess: ({ taskId }: { taskId: string }) => {
      void queryClient.invalidateQueries(trpc.tasks.list.pathFilter());
      router.push(`/tasks/${taskId}`);
    },
  };
  const create = useMutation(trpc.tasks.create.mutationOptions(made));
  const createForAny = useMutation(trpc.tasks.createForAny.mutationOptions(made));
  const error = create.error ?? createForAny.error;
  const refused = error && checks ? checks.fieldsOfRefusal(fieldProblems(readFailure(error)), draft) : {};
  const problems = checks?.checkTaskDraft(kind, draft).problems;
  const parts: FormParts = {
    draft,
    edit: (change) => {
      key.current = null;
      setDraft((current) => ({ ...current, ...change }));
    },
    leave: (field) => setLeft((current) => new Set(current).add(field)),
    problem: (field) => (all || left.has(field) ? problems?.[field] : undefined) ?? refused[field],
  };
  const begin = async () => {
    const loaded = await loadChecks();
    setChecks(loaded);
    return loaded;
  };
  const submit = async () => {
    const { order } = (await begin()).checkTaskDraft(kind, draft);
    setAll(true);
    if (!order) {
      // What is wrong may be folded away.
      for (const fold of document.querySelectorAll("form details")) fold.toggleAttribute("open", true);
      requestAnimationFrame(() => document.querySelector<HTMLElement>("form [aria-invalid=true]")?.focus());
      return;
    }
    key.current ??= newKey();
    create.reset();
    createForAny.reset();
    if (order.to === "agent") create.mutate({ ...order.input, idempotencyKey: key.current });
    else createForAny.mutate({ ...order.input, idempotencyKey: key.current });
  };
  const wrong = all ? Object.keys(problems ?? {}).length : 0;
  const gone = create.isSuccess || createForAny.isSuccess;
  return (
    <form
      method="post"
      onFocus={checks ? undefined : () => void begin().catch(() => {})}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        submit().catch((error: unknown) => toasts.failed("The form could not be checked", error));
      }}
      noValidate
      autoComplete="off"
      className="flex max-w-3xl flex-col gap-6"
    >
      {from ? (
        <Notice>
          As the earlier task asked for it.{" "}
          {draft.hidden.length > 0 ? "Values of environment variables are shown nowhere: type them again. " : ""}
          Credentials are to be given anew.
        </Notice>
      ) : null}
      <Panel
        title={taskWords[kind]}
        action={
          from ? null : (
            <ButtonLink look="quiet" size="small" href={agent ? `/tasks/new?agent=${encodeURIComponent(agent)}` : "/tasks/new"}>
              Another kind
            </ButtonLink>
          )
        }
      >
        <Card className="flex flex-col gap-5 p-4">
          <KindFields kind={kind} parts={parts} />
        </Card>
      </Panel>
      <Panel title="Who is to do it">
        <Card className="flex flex-col gap-4 p-4">
          <TargetFields parts={parts} />
        </Card>
      </Panel>
      <AdvancedFields parts={parts} timeout={kind === "docker.pull" ? 3600 : 300} />
      {error ? <FailurePanel error={error} title="The task was not made" /> : null}
      {wrong > 0 ? (
        <p role="alert" className="text-failed">
          {wrong === 1 ? "One field is wrong" : `${wrong} fields are wrong`}; no task was made.
        </p>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" busy={create.isPending || createForAny.isPending || gone}>
          {taskWords[kind]}
        </Button>
        <ButtonLink href="/tasks">Cancel</ButtonLink>
      </div>
    </form>
  );
}

/** `randomUUID` is there in secure contexts alone. */
const newKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
