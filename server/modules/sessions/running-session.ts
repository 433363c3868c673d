import { BerthError } from "@berth/protocol/errors";
import type { SessionPhase } from "@berth/protocol/session-states";
import { agentStatus } from "../agents/agent-status";
import { sessionPhase } from "./session-status";
import type { SessionRow } from "./sessions-store";

type PlacedSession = SessionRow & { agent: NonNullable<SessionRow["agent"]> };

/** It is on its way to running. */
export const isComingUp = (phase: SessionPhase): boolean => phase === "Pending" || phase === "Starting" || phase === "Waking";

/** Whether it runs, or will without anyone's doing and its agent is known. Throws as `demandRunning` does where neither holds. */
export function demandRunningSoon(row: SessionRow, now: Date): asserts row is PlacedSession {
  if (row.agent?.connectionId && isComingUp(sessionPhase(row, agentStatus(row.agent, now).status === "offline"))) return;
  demandRunning(row, now);
}

/** Throws SESSION_NOT_RUNNING, SESSION_TERMINATING or AGENT_OFFLINE where no screen can be opened now. */
export function demandRunning(row: SessionRow, now: Date): asserts row is PlacedSession {
  const condition = row.agent && agentStatus(row.agent, now);
  const phase = sessionPhase(row, condition?.status === "offline");
  if (phase === "Terminating") throw new BerthError("SESSION_TERMINATING", `'${row.name}' is being terminated`);
  if (phase === "Unreachable" || (phase === "Running" && !row.agent?.connectionId)) {
    throw new BerthError(
      "AGENT_OFFLINE",
      `Agent '${row.agent?.name ?? "?"}' is not connected${condition?.reason ? ` (${condition.reason})` : ""}; '${row.name}' can't be reached`,
    );
  }
  if (phase !== "Running")
    throw new BerthError(
      "SESSION_NOT_RUNNING",
      `'${row.name}' is ${phase.toLowerCase()}, not running${phase === "Hibernated" ? "; wake it first" : ""}`,
    );
}
