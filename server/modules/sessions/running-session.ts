import { BerthError } from "@berth/protocol/errors";
import { agentStatus } from "../agents/agent-status";
import { sessionPhase } from "./session-status";
import type { SessionRow } from "./sessions-store";

/** Throws SESSION_NOT_RUNNING, SESSION_TERMINATING or AGENT_OFFLINE where no screen can be opened now. */
export function demandRunning(row: SessionRow, now: Date): asserts row is SessionRow & { agent: NonNullable<SessionRow["agent"]> } {
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
