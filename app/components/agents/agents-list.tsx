"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus, Server } from "lucide-react";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { ButtonLink } from "../controls/button";
import { Pager } from "../data/pager";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { CardBones } from "../feedback/skeleton";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import { AgentCard } from "./agent-card";

export function AgentsList() {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const [page, setPage] = useState(1);
  const agents = useQuery(trpc.agents.list.queryOptions({ page, limit: 30 }));
  if (agents.data) {
    if (agents.data.agents.length === 0) {
      return (
        <EmptyState
          icon={<Server aria-hidden />}
          title="No agents yet"
          action={
            isAdmin(user) ? (
              <ButtonLink look="primary" href="/agents/add" icon={<Plus aria-hidden className="size-4" />}>
                Add agent
              </ButtonLink>
            ) : null
          }
        >
          An agent is the program on a host that runs sessions. It dials out to Berth, so nothing on the host has to listen. Adding one
          takes a single command.
        </EmptyState>
      );
    }
    return (
      <div className="flex flex-col gap-4">
        <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3">
          {agents.data.agents.map((agent) => (
            <AgentCard key={agent.id} agent={agent} />
          ))}
        </ul>
        <Pager {...agents.data.pagination} onPage={setPage} />
      </div>
    );
  }
  if (agents.isError)
    return (
      <FailurePanel
        error={agents.error}
        title="The agents could not be read"
        onRetry={() => void agents.refetch()}
        busy={agents.isFetching}
      />
    );
  return <CardBones cards={3} />;
}
