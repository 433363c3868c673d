"use client";
import { useQuery } from "@tanstack/react-query";
import { formatPercent } from "../../format/quantity";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Badge } from "../data/badge";
import { CopyText } from "../data/copy-text";
import { Fact, Facts } from "../data/facts";
import { InSight } from "../data/in-sight";
import { Card, Panel } from "../data/panel";
import { Elapsed, RelativeTime } from "../data/relative-time";
import { Notice } from "../feedback/notice";
import { Reading } from "../feedback/reading";
import { Bone, RowBones } from "../feedback/skeleton";
import { lazyInBrowser, lazyPart } from "../lazy-part";
import { PageHeader } from "../shell/page-header";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import { AgentActions } from "./agent-actions";
import { AgentCapacity, usageNow } from "./agent-capacity";
import { AgentIdentityFacts } from "./agent-identity";
import { AgentPageBones } from "./agent-page-bones";
import { AgentStatus } from "./agent-status";
import { CapacityLegend } from "./capacity-bar";
import { DrainPanel } from "./drain-panel";

const AgentUsage = lazyInBrowser(() => import("./agent-usage").then((module) => module.AgentUsage), <UsageBones />);
const AgentWork = lazyInBrowser(() => import("./agent-work").then((module) => module.AgentWork), <WorkBones />);
const ApprovalNotice = lazyPart(() => import("./approval-notice").then((module) => module.ApprovalNotice));
const AgentEvents = lazyInBrowser(() => import("./agent-events").then((module) => module.AgentEvents), <EventBones />);
const NodeEvents = lazyInBrowser(() => import("./node-events").then((module) => module.NodeEvents), <NodeBones />);
const RevokedNotice = lazyPart(() => import("./revoked-notice").then((module) => module.RevokedNotice));
const Orphans = lazyPart(() => import("./orphans").then((module) => module.Orphans));

const crumbs = [{ href: "/agents", label: "Agents" }];

export function AgentPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.agents.get.queryOptions({ id }));
  return (
    <Reading
      query={query}
      title="The agent could not be read"
      header={<PageHeader title={id} crumbs={crumbs} />}
      bones={<AgentPageBones />}
    >
      {(agent) => <ReadAgent agent={agent} id={id} />}
    </Reading>
  );
}

/** `id` is what the address has: the server read by it already. */
function ReadAgent({ agent, id }: { agent: Outputs["agents"]["get"]; id: string }) {
  const usage = usageNow(agent);
  const user = useCurrentUser();
  return (
    <>
      <PageHeader
        title={agent.agentId}
        crumbs={crumbs}
        mark={<AgentStatus agent={agent} />}
        action={agent.revokedAt ? undefined : <AgentActions agent={agent} />}
      />
      {agent.awaitsApproval ? <ApprovalNotice agent={agent} /> : null}
      {agent.revokedAt ? (
        <RevokedNotice agent={agent} />
      ) : agent.statusReason === null || agent.status === "draining" || agent.awaitsApproval ? null : (
        <Notice tone={agent.status === "online" ? "info" : "warning"}>
          {agent.statusReason ?? "No reason is known"}
          {agent.statusSince ? (
            <>
              {" · for "}
              <Elapsed since={agent.statusSince} />
            </>
          ) : null}
        </Notice>
      )}
      <DrainPanel agent={agent} />
      <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
        <Panel title="Capacity">
          <Card className="flex flex-1 flex-col justify-between gap-4 p-4">
            <AgentCapacity agent={agent} />
            <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line pt-3">
              <CapacityLegend used={usage !== null} />
              {usage?.disk === undefined ? null : (
                <span className="tabular text-xs text-ink-faint">Disk {formatPercent(usage.disk / 100)} full</span>
              )}
            </div>
          </Card>
        </Panel>
        <Panel title="Identity">
          <Card className="p-4">
            <Facts columns>
              <Fact name="Platform">{agent.platform}</Fact>
              <Fact name="Version">{agent.version}</Fact>
              <Fact name="Region">{agent.region ?? "none"}</Fact>
              <Fact name="Connected">{agent.connectedAt ? <RelativeTime at={agent.connectedAt} /> : "no"}</Fact>
              <Fact name="Last heartbeat">
                <RelativeTime at={agent.lastHeartbeat} />
              </Fact>
              <Fact name="Joined">
                <RelativeTime at={agent.createdAt} />
              </Fact>
              <Fact name="Id">
                <CopyText text={agent.id} shown={agent.id.slice(0, 8)} label="agent id" />
              </Fact>
              <AgentIdentityFacts {...agent.identity} />
              <Fact name="Can" wide>
                {agent.capabilities.length > 0 ? (
                  <span className="flex flex-wrap gap-1">
                    {agent.capabilities.map((capability) => (
                      <Badge key={capability}>{capability}</Badge>
                    ))}
                  </span>
                ) : (
                  "what every agent can"
                )}
              </Fact>
            </Facts>
          </Card>
        </Panel>
      </div>
      {agent.orphans.length > 0 ? <Orphans agent={agent} /> : null}
      {agent.revokedAt ? null : (
        <InSight bones={<UsageBones />}>
          <AgentUsage agentId={agent.agentId} />
        </InSight>
      )}
      <InSight bones={<WorkBones />}>
        <AgentWork id={id} name={agent.agentId} />
      </InSight>
      {agent.connectedAt && agent.capabilities.includes("node_api") ? (
        <InSight bones={<NodeBones />}>
          <NodeEvents id={agent.id} />
        </InSight>
      ) : null}
      {isAdmin(user) ? (
        <InSight bones={<EventBones />}>
          <AgentEvents id={agent.id} />
        </InSight>
      ) : null}
    </>
  );
}

function UsageBones() {
  return (
    <Panel title="Usage">
      <div className="grid grid-cols-1 gap-3 lg:grid-cols-2">
        {["cpu", "memory", "disk", "sessions"].map((chart) => (
          <Bone key={chart} className="h-50" />
        ))}
      </div>
    </Panel>
  );
}

function EventBones() {
  return (
    <Panel title="Events">
      <RowBones rows={3} />
    </Panel>
  );
}

function NodeBones() {
  return (
    <Panel title="On the node">
      <RowBones rows={3} />
    </Panel>
  );
}

function WorkBones() {
  return (
    <Panel title="Sessions">
      <RowBones rows={3} />
    </Panel>
  );
}
