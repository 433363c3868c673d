/** The driver's view in the words of the wire. */
import { type FromAgentOf, MAX_KEPT_LOGS_TOLD, type Observation } from "@berth/protocol/agent-messages";
import type { DriverInventory, SeenSession } from "./drivers/driver";

export function observationOf(session: SeenSession, at: Date): Observation {
  return {
    session_id: session.sessionId,
    generation: session.generation,
    observed: session.observed,
    container_id: session.containerId,
    pod_name: session.containerName,
    pod_ip: session.address,
    reason: session.reason?.slice(0, 1000) ?? null,
    error_code: session.errorCode,
    timestamp: at.toISOString(),
  };
}

/** Reasons are kept short here, so that a full host fits into one message. */
const INVENTORY_REASON = 200;

/**
 * Everything that the engine holds, and the sessions that are being started and have no container yet: what isn't in an inventory
 * doesn't exist for the control plane.
 */
export function inventoryMessage(
  agentName: string,
  found: DriverInventory,
  starting: ReadonlyMap<string, number>,
  at: Date,
): FromAgentOf<"inventory"> {
  const sessions: FromAgentOf<"inventory">["sessions"] = found.sessions
    .filter((session) => !starting.has(session.sessionId))
    .map((session) => ({
      ...observationOf({ ...session, reason: session.reason?.slice(0, INVENTORY_REASON) ?? null }, at),
      ...(session.name ? { name: session.name.slice(0, 253) } : {}),
      ...(session.image ? { image: session.image.slice(0, 512) } : {}),
    }));
  for (const [sessionId, generation] of starting) {
    const made = found.sessions.find((session) => session.sessionId === sessionId && session.generation === generation);
    sessions.push({
      session_id: sessionId,
      generation,
      observed: "starting",
      container_id: made?.containerId ?? null,
      pod_name: made?.containerName ?? null,
      pod_ip: made?.address ?? null,
      reason: null,
      error_code: null,
      timestamp: at.toISOString(),
    });
  }
  return {
    type: "inventory",
    agent_id: agentName,
    timestamp: at.toISOString(),
    sessions: sessions.slice(0, 5000),
    homes: found.homes
      .slice(0, 20_000)
      .map(({ volume, size }) => ({ volume, ...(size ? { size_bytes: size.bytes, measured_at: size.at.toISOString() } : {}) })),
    snapshots: found.snapshots.slice(0, 20_000),
    kept_logs: found.keptLogs.slice(0, MAX_KEPT_LOGS_TOLD),
  };
}
