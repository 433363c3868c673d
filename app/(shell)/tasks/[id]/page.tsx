import type { Metadata } from "next";
import { Forbidden } from "../../../components/feedback/forbidden";
import { PageBody } from "../../../components/shell/page-body";
import { TaskPage } from "../../../components/tasks/task-page";
import { prefetchOrNotFound, requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

interface Props {
  params: Promise<{ id: string }>;
}

export const metadata: Metadata = { title: "Task" };

export default async function OneTaskPage({ params }: Props) {
  const { id } = await params;
  const user = await requireUser(`/tasks/${id}`);
  if (user.role === "user") return <Forbidden title="Task" needs="operators" />;
  const { trpc, queryClient } = serverQueries();
  await prefetchOrNotFound(() => queryClient.fetchQuery({ ...trpc.tasks.get.queryOptions({ id }), retry: false }));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <TaskPage key={id} id={id} />
      </PageBody>
    </Hydrate>
  );
}
