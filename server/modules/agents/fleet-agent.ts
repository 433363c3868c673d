import { z } from "zod";
import { agentStatus } from "./agent-status";
import type { Agent } from "./agents-schema";
import type { Reservation } from "./agents-store";
import type { FleetRow } from "./fleet-store";

const GIB = 2 ** 30;

/** What placement and counts look at. */
export type FleetAgent = Pick<
  Agent,
  "id" | "name" | "platform" | "region" | "labels" | "capabilities" | "status" | "statusReason" | "capacity"
> & {
  /** False: it is heard of by requests alone, and runs no sessions. */
  readonly channel: boolean;
};

/** As this moment sees it. */
export function fleetAgent(row: FleetRow, reserved: Reservation | undefined, now: Date): FleetAgent {
  const { status, reason } = agentStatus(row, now);
  const { id, name, platform, region, capabilities } = row;
  return {
    id,
    name,
    platform,
    region,
    labels: labelsOf(row.labels),
    capabilities,
    status,
    statusReason: reason,
    channel: row.connectionId !== null,
    capacity: capacityOf(row, reserved),
  };
}

const labelsSchema = z.record(z.string(), z.string()).catch({});
export const labelsOf = (labels: unknown): Agent["labels"] => labelsSchema.parse(labels);

export const capacityOf = (
  row: Pick<FleetRow, "maxCpu" | "maxMemory" | "maxSessions">,
  reserved: Reservation | undefined,
): Agent["capacity"] => ({
  maxCpu: row.maxCpu,
  maxMemory: row.maxMemory,
  maxSessions: row.maxSessions,
  currentSessions: reserved?.sessions ?? 0,
  reservedCpu: (reserved?.cpuMillicores ?? 0) / 1000,
  reservedMemory: Math.round(((reserved?.memoryBytes ?? 0) / GIB) * 1000) / 1000,
});
