import { memo } from "react";
import type { Outputs } from "../../trpc/client";
import { Badge } from "../data/badge";
import { RowLink } from "../data/row-link";
import { AgentCapacity } from "./agent-capacity";
import { AgentStatus, AgentStatusWords, agentAddress } from "./agent-status";

/** What did not change is not drawn again: agents are heard of all the time. */
export const AgentCard = memo(function AgentCard({ agent }: { agent: Outputs["agents"]["list"]["agents"][number] }) {
  return (
    <li
      data-row={agent.id}
      className="relative flex min-w-0 flex-col gap-4 rounded-lg border border-line bg-surface p-4 transition-colors duration-150 hover:border-line-strong/60"
    >
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="truncate font-medium">
            <RowLink href={agentAddress(agent)} className="after:rounded-lg">
              {agent.agentId}
            </RowLink>
          </h2>
          <p className="truncate text-sm text-ink-faint">
            {agent.platform}
            {agent.region ? ` · ${agent.region}` : ""} · {agent.version}
          </p>
        </div>
        <AgentStatus agent={agent} />
      </div>
      <AgentStatusWords agent={agent} className="text-sm text-ink-soft wrap-anywhere" />
      <AgentCapacity agent={agent} />
      {agent.capabilities.length > 0 ? (
        <div className="flex flex-wrap gap-1">
          {agent.capabilities.map((capability) => (
            <Badge key={capability}>{capability}</Badge>
          ))}
        </div>
      ) : null}
    </li>
  );
});
