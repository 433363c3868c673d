import type { Metadata } from "next";
import { Forbidden } from "../../../components/feedback/forbidden";
import { PageBody } from "../../../components/shell/page-body";
import { PageHeader } from "../../../components/shell/page-header";
import { NewTask } from "../../../components/tasks/new/new-task";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";
import { type PageQuery, readQuery } from "../../page-query";

export const metadata: Metadata = { title: "New task" };

export default async function NewTaskPage({ searchParams }: { searchParams: PageQuery }) {
  const query = await readQuery(searchParams);
  const user = await requireUser(query.size > 0 ? `/tasks/new?${query}` : "/tasks/new");
  if (user.role !== "admin") return <Forbidden title="New task" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  const from = query.get("from");
  if (from) await queryClient.prefetchQuery(trpc.tasks.get.queryOptions({ id: from }));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader
          title="New task"
          crumbs={[{ href: "/tasks", label: "Tasks" }]}
          lead="One instruction for the container engine of one agent."
        />
        <NewTask from={from} kind={query.get("kind")} agent={query.get("agent")} />
      </PageBody>
    </Hydrate>
  );
}
