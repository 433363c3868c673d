import { Plus } from "lucide-react";
import type { Metadata } from "next";
import { agentListInput, readAgentFilters } from "../../components/agents/agent-filters";
import { AgentsList } from "../../components/agents/agents-list";
import { ButtonLink } from "../../components/controls/button";
import { Forbidden } from "../../components/feedback/forbidden";
import { PageBody } from "../../components/shell/page-body";
import { PageHeader } from "../../components/shell/page-header";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";
import { type PageQuery, readQuery } from "../page-query";

export const metadata: Metadata = { title: "Agents" };

export default async function AgentsPage({ searchParams }: { searchParams: PageQuery }) {
  const query = await readQuery(searchParams);
  const user = await requireUser(query.size > 0 ? `/agents?${query}` : "/agents");
  if (user.role === "user") return <Forbidden title="Agents" needs="operators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.agents.list.queryOptions(agentListInput(readAgentFilters(query))));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader
          title="Agents"
          lead="The hosts that run sessions. Each dials out to Berth; nothing on them listens to the world."
          action={
            user.role === "admin" ? (
              <ButtonLink look="primary" href="/agents/add" icon={<Plus aria-hidden className="size-4" />}>
                Add agent
              </ButtonLink>
            ) : null
          }
        />
        <AgentsList />
      </PageBody>
    </Hydrate>
  );
}
