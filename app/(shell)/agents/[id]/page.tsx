import type { Metadata } from "next";
import { AgentPage } from "../../../components/agents/agent-page";
import { Forbidden } from "../../../components/feedback/forbidden";
import { PageBody } from "../../../components/shell/page-body";
import { prefetchOrNotFound, requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

interface Props {
  params: Promise<{ id: string }>;
}

export const metadata: Metadata = { title: "Agent" };

export default async function OneAgentPage({ params }: Props) {
  const id = decodeURIComponent((await params).id);
  const user = await requireUser(`/agents/${encodeURIComponent(id)}`);
  if (user.role === "user") return <Forbidden title="Agent" needs="operators" />;
  const { trpc, queryClient } = serverQueries();
  await Promise.all([
    prefetchOrNotFound(() => queryClient.fetchQuery({ ...trpc.agents.get.queryOptions({ id }), retry: false })),
    queryClient.prefetchQuery(trpc.sessions.list.queryOptions({ agentId: id, live: true, limit: 25, page: 1 })),
    queryClient.prefetchQuery(trpc.tasks.list.queryOptions({ agentId: id, limit: 10, page: 1 })),
  ]);
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <AgentPage id={id} />
      </PageBody>
    </Hydrate>
  );
}
