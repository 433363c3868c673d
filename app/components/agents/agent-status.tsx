import type { AgentStatus as Status } from "@berth/protocol/session-states";
import { Ban, CircleCheck, CircleSlash, Droplets, TriangleAlert } from "lucide-react";
import type { Outputs } from "../../trpc/client";
import { Elapsed } from "../data/relative-time";
import { type StateTone, StatusMark } from "../data/status-mark";
import { drainProgress } from "./drain-words";

const looks: Readonly<Record<Status, { tone: StateTone; word: string; icon: typeof CircleCheck }>> = {
  online: { tone: "running", word: "Online", icon: CircleCheck },
  degraded: { tone: "warning", word: "Degraded", icon: TriangleAlert },
  draining: { tone: "moving", word: "Draining", icon: Droplets },
  offline: { tone: "failed", word: "Offline", icon: CircleSlash },
};
const revoked = { tone: "ended", word: "Revoked", icon: Ban } as const;

interface AgentCondition {
  readonly status: Status;
  readonly statusReason: string | null;
  readonly revokedAt: string | Date | null;
}

export function AgentStatus({ agent }: { agent: AgentCondition }) {
  const look = agent.revokedAt ? revoked : looks[agent.status];
  return <StatusMark {...look} title={agent.statusReason ?? undefined} />;
}

/** Where its page is: of several that had one name, that of the one which has it now. */
export const agentAddress = (agent: { readonly id: string; readonly agentId: string; readonly revokedAt: unknown }): string =>
  `/agents/${encodeURIComponent(agent.revokedAt ? agent.id : agent.agentId)}`;

/** Why an agent is not simply online, how far its drain is, and since when; nothing for one that is well. */
export function AgentStatusWords({ agent, className }: { agent: Outputs["agents"]["list"]["agents"][number]; className: string }) {
  const drain = drainProgress(agent);
  if (agent.status === "online" && agent.statusReason === null) return null;
  return (
    <p className={className}>
      {agent.status === "draining" && drain
        ? `${drain.left > 0 ? "Draining" : "Drained"}: ${drain.words}`
        : (agent.statusReason ?? "No reason is known")}
      {agent.statusSince ? (
        <>
          {" · for "}
          <Elapsed since={agent.statusSince} />
        </>
      ) : null}
    </p>
  );
}
