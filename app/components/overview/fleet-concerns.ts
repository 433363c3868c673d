import { counted } from "../../format/quantity";

export interface Concern {
  readonly tone: "failed" | "warning";
  readonly words: string;
  readonly href: string;
}

interface Counts {
  readonly failed: number;
  readonly unreachable: number;
}
interface AgentStats {
  readonly totalAgents: number;
  readonly onlineAgents: number;
  readonly offlineAgents: number;
  readonly degradedAgents: number;
  readonly drainingAgents: number;
  readonly totalCapacity: { readonly maxSessions: number };
  readonly utilization: { readonly sessionsAvailable: number };
}

/** What an operator should look at, the worst first. Nothing is a good answer. */
export function fleetConcerns(counts: Counts, agents: AgentStats): Concern[] {
  const concerns: Concern[] = [];
  const add = (holds: boolean, tone: Concern["tone"], words: string, href: string) => {
    if (holds) concerns.push({ tone, words, href });
  };
  add(agents.totalAgents > 0 && agents.onlineAgents === 0, "failed", "No agent is online, so no session can start.", "/agents");
  add(
    agents.onlineAgents > 0 && agents.offlineAgents > 0,
    "failed",
    `${counted(agents.offlineAgents, "agent")} offline.`,
    "/agents?status=offline",
  );
  add(agents.degradedAgents > 0, "warning", `${counted(agents.degradedAgents, "agent")} degraded.`, "/agents?status=degraded");
  add(counts.unreachable > 0, "warning", `${counted(counts.unreachable, "session")} unreachable.`, "/sessions");
  add(counts.failed > 0, "warning", `${counted(counts.failed, "session")} failed.`, "/sessions?state=all");
  add(
    agents.onlineAgents > 0 && agents.totalCapacity.maxSessions > 0 && agents.utilization.sessionsAvailable <= 0,
    "warning",
    "The fleet is full: no room for another session.",
    "/agents",
  );
  return concerns;
}
