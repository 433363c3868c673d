"use client";
import { memo } from "react";
import { formatPercent } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { RelativeTime } from "../data/relative-time";
import { RowLink } from "../data/row-link";
import { SortHead, type Sorting } from "../data/sort-head";
import { Cell, Head, Table } from "../data/table";
import { usageNow } from "./agent-capacity";
import type { AgentSort } from "./agent-filters";
import { AgentStatus, AgentStatusWords, agentAddress } from "./agent-status";

type Agent = Outputs["agents"]["list"]["agents"][number];

export function AgentRows({ agents, sorting }: { agents: readonly Agent[]; sorting: Sorting<AgentSort> }) {
  return (
    <Table
      label="Agents"
      head={
        <>
          <SortHead by="name" sorting={sorting}>
            Name
          </SortHead>
          <Head className="w-32">State</Head>
          <SortHead by="region" sorting={sorting} wide className="w-32">
            Region
          </SortHead>
          <Head wide className="w-28 text-right">
            Sessions
          </Head>
          <Head wide className="w-36 text-right">
            CPU reserved
          </Head>
          <Head wide className="w-28 text-right">
            CPU used
          </Head>
          <SortHead by="lastHeartbeat" sorting={sorting} wide className="w-32">
            Last heard
          </SortHead>
        </>
      }
    >
      {agents.map((agent) => (
        <AgentRow key={agent.id} agent={agent} />
      ))}
    </Table>
  );
}

const limited = (value: number, limit: number | null) => (limit === null ? String(value) : `${value} / ${limit}`);

const AgentRow = memo(function AgentRow({ agent }: { agent: Agent }) {
  const { capacity } = agent;
  const usage = usageNow(agent);
  return (
    <tr data-row={agent.id} className="relative transition-colors duration-150 hover:bg-sunken/60">
      <Cell>
        <RowLink href={agentAddress(agent)}>{agent.agentId}</RowLink>
        <AgentStatusWords agent={agent} className="truncate text-sm text-ink-faint" />
      </Cell>
      <Cell>
        <AgentStatus agent={agent} />
      </Cell>
      <Cell wide className="truncate text-ink-soft">
        {agent.region ?? "none"}
      </Cell>
      <Cell wide className="tabular text-right">
        {limited(capacity.currentSessions, capacity.maxSessions)}
      </Cell>
      <Cell wide className="tabular text-right">
        {limited(Math.round(capacity.reservedCpu * 100) / 100, capacity.maxCpu)}
      </Cell>
      <Cell wide className="tabular text-right text-ink-soft">
        {usage ? formatPercent(usage.cpu / 100) : "–"}
      </Cell>
      <Cell wide className="text-sm text-ink-soft">
        <RelativeTime at={agent.lastHeartbeat} />
      </Cell>
    </tr>
  );
});
