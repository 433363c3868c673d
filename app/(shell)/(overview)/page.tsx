import type { Metadata } from "next";
import { Overview } from "../../components/overview/overview";
import { PageBody } from "../../components/shell/page-body";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";

export const metadata: Metadata = { title: "Overview" };

export default async function OverviewPage() {
  const user = await requireUser("/");
  const { trpc, queryClient } = serverQueries();
  await Promise.all([
    queryClient.prefetchQuery(trpc.system.status.queryOptions()),
    queryClient.prefetchQuery(trpc.sessions.list.queryOptions({ user: user.username, live: true, limit: 5, page: 1 })),
    queryClient.prefetchQuery(trpc.templates.list.queryOptions({ limit: 6, page: 1 })),
    queryClient.prefetchQuery(trpc.templates.shelves.queryOptions()),
    ...(user.role === "user"
      ? []
      : [
          queryClient.prefetchQuery(trpc.sessions.counts.queryOptions()),
          queryClient.prefetchQuery(trpc.agents.stats.queryOptions()),
          queryClient.prefetchQuery(trpc.tasks.list.queryOptions({ state: "failed", limit: 1, page: 1 })),
        ]),
  ]);
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <Overview />
      </PageBody>
    </Hydrate>
  );
}
