"use client";
import { useQuery } from "@tanstack/react-query";
import { Box, Brush, CircleStop, Download, type LucideIcon, ScrollText, Trash2 } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../../trpc/client";
import { Notice } from "../../feedback/notice";
import { Reading } from "../../feedback/reading";
import { RowBones } from "../../feedback/skeleton";
import { taskWords } from "../task-words";
import { TaskForm } from "./task-form";

type Kind = "docker.pull" | "docker.run" | "docker.stop" | "docker.remove" | "docker.logs" | "docker.prune";
const kinds: readonly { kind: Kind; icon: LucideIcon; words: string }[] = [
  { kind: "docker.run", icon: Box, words: "Starts a container from an image, with limits and without privileges." },
  { kind: "docker.pull", icon: Download, words: "Has an image there before it is needed." },
  { kind: "docker.logs", icon: ScrollText, words: "The last lines that a task’s container printed." },
  { kind: "docker.stop", icon: CircleStop, words: "Ends a task’s container; it stays and can be looked at." },
  { kind: "docker.remove", icon: Trash2, words: "Takes a task’s container away. Its volumes stay." },
  { kind: "docker.prune", icon: Brush, words: "Ended containers of tasks, and images that nothing names." },
];

interface NewTaskProps {
  /** The task that it begins with. */
  readonly from: string | null;
  readonly kind: string | null;
  readonly agent: string | null;
}

export function NewTask({ from, kind, agent }: NewTaskProps) {
  if (from) return <FromTask id={from} />;
  const chosen = kinds.find((one) => one.kind === kind)?.kind;
  if (chosen) return <TaskForm key={chosen} kind={chosen} agent={agent} from={null} />;
  return <KindChoice agent={agent} />;
}

function FromTask({ id }: { id: string }) {
  const trpc = useTRPC();
  // It is read once: what becomes of it meanwhile must not change what is typed.
  const query = useQuery(trpc.tasks.get.queryOptions({ id }, { staleTime: Number.POSITIVE_INFINITY }));
  return (
    <Reading query={query} title="The task to begin with could not be read" bones={<RowBones rows={3} />}>
      {(task) => {
        const kind = kinds.find((one) => one.kind === task.kind)?.kind;
        if (!kind) return <Notice>A task of a session is asked for by what is done with the session, not by hand.</Notice>;
        return <TaskForm kind={kind} agent={null} from={task} />;
      }}
    </Reading>
  );
}

function KindChoice({ agent }: { agent: string | null }) {
  return (
    <ul aria-label="Kinds of tasks" className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3">
      {kinds.map(({ kind, icon: Icon, words }) => (
        <li key={kind}>
          <Link
            href={`/tasks/new?${new URLSearchParams({ kind, ...(agent ? { agent } : {}) })}`}
            className="flex h-full items-start gap-3 rounded-lg border border-line bg-surface p-4 transition-colors duration-150 hover:border-line-strong hover:bg-hover"
          >
            <span className="flex size-8 shrink-0 items-center justify-center rounded-md bg-sunken text-ink-soft">
              <Icon aria-hidden className="size-4" />
            </span>
            <span className="min-w-0">
              <span className="block font-medium">{taskWords[kind]}</span>
              <span className="mt-0.5 block text-sm text-ink-soft">{words}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
