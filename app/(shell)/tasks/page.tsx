import { Plus } from "lucide-react";
import type { Metadata } from "next";
import { ButtonLink } from "../../components/controls/button";
import { Forbidden } from "../../components/feedback/forbidden";
import { PageBody } from "../../components/shell/page-body";
import { PageHeader } from "../../components/shell/page-header";
import { readTaskFilters, taskListInput } from "../../components/tasks/task-filters";
import { TasksList } from "../../components/tasks/tasks-list";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";
import { type PageQuery, readQuery } from "../page-query";

export const metadata: Metadata = { title: "Tasks" };

export default async function TasksPage({ searchParams }: { searchParams: PageQuery }) {
  const query = await readQuery(searchParams);
  const user = await requireUser(query.size > 0 ? `/tasks?${query}` : "/tasks");
  if (user.role === "user") return <Forbidden title="Tasks" needs="operators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.tasks.list.queryOptions(taskListInput(readTaskFilters(query))));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader
          title="Tasks"
          lead="What agents were asked to do, and what became of it."
          action={
            user.role === "admin" ? (
              <ButtonLink href="/tasks/new" look="primary" icon={<Plus aria-hidden className="size-4" />}>
                New task
              </ButtonLink>
            ) : null
          }
        />
        <TasksList />
      </PageBody>
    </Hydrate>
  );
}
