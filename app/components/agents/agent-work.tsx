"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { counted } from "../../format/quantity";
import { useTRPC } from "../../trpc/client";
import { ButtonLink } from "../controls/button";
import { Panel } from "../data/panel";
import { SessionRows } from "../sessions/session-rows";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import { TaskRows } from "../tasks/task-rows";

/** What runs on the agent, and what it was asked for. `id` is what the page's address has: the server read by it already. */
export function AgentWork({ id, name }: { id: string; name: string }) {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const sessions = useQuery(trpc.sessions.list.queryOptions({ agentId: id, live: true, limit: 25, page: 1 }));
  const tasks = useQuery(trpc.tasks.list.queryOptions({ agentId: id, limit: 10, page: 1 }));
  return (
    <div className="flex flex-col gap-6">
      <Panel title="Sessions">
        {sessions.data && sessions.data.sessions.length > 0 ? (
          <SessionRows sessions={sessions.data.sessions} label={`Sessions on ${name}`} showOwner />
        ) : (
          <p className="text-ink-soft">
            {sessions.data ? "No session is placed here." : sessions.isError ? "The sessions could not be read." : "…"}
          </p>
        )}
        {sessions.data && sessions.data.pagination.total > 25 ? (
          <Link href={`/sessions?agent=${encodeURIComponent(name)}`} className="text-sm text-accent hover:underline">
            All {counted(sessions.data.pagination.total, "session")}
          </Link>
        ) : null}
      </Panel>
      <Panel
        title="Last tasks"
        action={
          isAdmin(user) ? (
            <ButtonLink size="small" href={`/tasks/new?agent=${encodeURIComponent(name)}`} icon={<Plus aria-hidden className="size-3.5" />}>
              New task
            </ButtonLink>
          ) : null
        }
      >
        {tasks.data && tasks.data.tasks.length > 0 ? (
          <TaskRows tasks={tasks.data.tasks} label={`Last tasks of ${name}`} />
        ) : (
          <p className="text-ink-soft">
            {tasks.data ? "It was asked for nothing yet." : tasks.isError ? "The tasks could not be read." : "…"}
          </p>
        )}
        {tasks.data && tasks.data.pagination.total > 10 ? (
          <Link href={`/tasks?agent=${encodeURIComponent(name)}`} className="text-sm text-accent hover:underline">
            All its tasks
          </Link>
        ) : null}
      </Panel>
    </div>
  );
}
