import type { Metadata } from "next";
import { Forbidden } from "../../components/feedback/forbidden";
import { PageBody } from "../../components/shell/page-body";
import { PageHeader } from "../../components/shell/page-header";
import { TasksList } from "../../components/tasks/tasks-list";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";

export const metadata: Metadata = { title: "Tasks" };

export default async function TasksPage() {
  const user = await requireUser("/tasks");
  if (user.role === "user") return <Forbidden title="Tasks" needs="operators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.tasks.list.queryOptions({ page: 1, limit: 50 }));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader title="Tasks" lead="What agents were asked to do, and what became of it." />
        <TasksList />
      </PageBody>
    </Hydrate>
  );
}
