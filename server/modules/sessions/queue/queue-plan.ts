import type { BerthError } from "@berth/protocol/errors";
import type { FleetAgent } from "../../agents/agents-service";
import { couldHold, type PlacementRequest, tryPlace } from "../placement/placement";
import type { Placement } from "../sessions-schema";

/** Who has waited for longer keeps the agents that could hold them from whoever came later, so that small sessions never starve a large one. */
export const PATIENCE_MS = 10 * 60_000;
const GIB = 2 ** 30;

export interface Waiting {
  readonly sessionId: string;
  readonly since: Date;
  readonly request: PlacementRequest;
}

/** What there is for whoever comes now. */
export interface Room {
  /** The fleet once those who wait and fit are there. */
  readonly left: readonly FleetAgent[];
  /** UUIDs of agents that take nobody who comes later. */
  readonly kept: ReadonlySet<string>;
}

export interface QueuePlan extends Room {
  /** Who would go where now, in order of arrival. */
  readonly placed: readonly { readonly waiting: Waiting; readonly agent: FleetAgent; readonly placement: Placement }[];
  /** Whose named agent is no more: no room will ever come. */
  readonly lost: readonly { readonly waiting: Waiting; readonly error: BerthError }[];
  /** Who goes on waiting, in order of arrival. */
  readonly unplaced: readonly Waiting[];
}

/**
 * Goes through the queue, first come first: whoever fits is placed, and who doesn't lets those behind by until their patience ends.
 * A newcomer is placed in `left` without `kept`, and so takes nothing that is somebody's turn.
 */
export function planQueue(queue: readonly Waiting[], fleet: readonly FleetAgent[], now: Date): QueuePlan {
  const placed: QueuePlan["placed"][number][] = [];
  const lost: QueuePlan["lost"][number][] = [];
  const unplaced: Waiting[] = [];
  const kept = new Set<string>();
  let left = [...fleet];
  // Room only shrinks on the way: what fitted nowhere once need not be looked at again for others who ask the same.
  const hopeless = new Set<string>();
  for (const waiting of queue) {
    const { request } = waiting;
    const key = JSON.stringify(request);
    const outcome = hopeless.has(key) ? null : tryPlace(request, left, kept);
    if (outcome?.agent) {
      const { agent, placement } = outcome;
      placed.push({ waiting, agent, placement });
      left = left.map((one) => (one.id === agent.id ? withReserved(one, request) : one));
      continue;
    }
    if (outcome?.refusal.code === "AGENT_NOT_FOUND") lost.push({ waiting, error: outcome.refusal });
    else {
      hopeless.add(key);
      unplaced.push(waiting);
    }
    if (now.getTime() - waiting.since.getTime() >= PATIENCE_MS) for (const agent of couldHold(request, left)) kept.add(agent.id);
  }
  return { placed, lost, unplaced, left, kept };
}

function withReserved(agent: FleetAgent, request: PlacementRequest): FleetAgent {
  const { capacity } = agent;
  return {
    ...agent,
    capacity: {
      ...capacity,
      currentSessions: capacity.currentSessions + 1,
      reservedCpu: capacity.reservedCpu + request.cpuMillicores / 1000,
      reservedMemory: capacity.reservedMemory + request.memoryBytes / GIB,
    },
  };
}
