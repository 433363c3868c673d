/** What the memory driver knows of a session, and how it tells of it. */
import { BerthError, type ErrorCode } from "@berth/protocol/errors";
import { parseCpu, parseMemory } from "@berth/protocol/quantities";
import { probesOf } from "../../health/probe-plan";
import type { SeenSession, SessionFacts, StartRequest, UsageReading } from "../driver";
import type { MemoryDisplay } from "./memory-display";
import type { MemoryLog } from "./memory-log";

export interface MemorySession {
  readonly sessionId: string;
  generation: number;
  observed: "starting" | "running" | "frozen" | "stopped" | "failed";
  readonly containerId: string;
  readonly containerName: string;
  spec: StartRequest["spec"];
  readonly display: MemoryDisplay;
  readonly log: MemoryLog;
  startedAt: Date;
  reason: string | null;
  errorCode: ErrorCode | null;
  death: NodeJS.Timeout | null;
}

export function factsOf(session: MemorySession): SessionFacts {
  return {
    sessionId: session.sessionId,
    generation: session.generation,
    observed: session.observed,
    containerId: session.containerId,
    containerName: session.containerName,
    address: "127.0.0.1",
    displayPort: session.spec.display.port,
    startedAt: session.startedAt,
    hibernateModes: ["stop", "freeze"],
  };
}

export function seen(session: MemorySession): SeenSession {
  return {
    sessionId: session.sessionId,
    generation: session.generation,
    observed: session.observed,
    containerId: session.containerId,
    containerName: session.containerName,
    address: "127.0.0.1",
    name: session.spec.name,
    image: session.spec.image,
    reason: session.reason,
    errorCode: session.errorCode,
    probes: probesOf(session.spec),
  };
}

export const superseded = (session: MemorySession, generation: number) =>
  new BerthError(
    "COMMAND_SUPERSEDED",
    `Session ${session.sessionId} is at generation ${session.generation} here, the command is of ${generation}`,
  );

/** A session that keeps a tenth of a core busy since it was started. */
export function usageOf({ startedAt, spec }: MemorySession): UsageReading {
  const at = new Date();
  return {
    at,
    cpuNanoseconds: (at.getTime() - startedAt.getTime()) * 1e5,
    cores: (parseCpu(spec.resources.cpu) ?? 0) / 1000,
    memory: { usedBytes: 64 * 1024 * 1024, limitBytes: parseMemory(spec.resources.memory) ?? null },
    network: { receivedBytes: 1024, sentBytes: 2048 },
    disk: { readBytes: 4096, writtenBytes: 8192 },
    pids: { current: 3, limit: spec.pids_limit },
  };
}
