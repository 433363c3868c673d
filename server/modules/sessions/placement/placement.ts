import { BerthError, type ErrorCode } from "@berth/protocol/errors";
import type { PlacementStrategy } from "@berth/protocol/placement-strategy";
import type { Platform } from "@berth/protocol/session-states";
import { lackOf } from "../../agents/agent-match";
import { NO_CHANNEL } from "../../agents/agent-status";
import type { FleetAgent } from "../../agents/agents-service";
import type { Placement } from "../sessions-schema";

export interface PlacementRequest {
  readonly platform?: Platform | undefined;
  readonly region?: string | undefined;
  /** The agent that was asked for, by name or UUID. */
  readonly agent?: string | undefined;
  /** UUID of the agent that holds the home. */
  readonly homeAgentId?: string | undefined;
  /** Labels that the agent must have, all of them; the same key twice with different values fits nowhere. */
  readonly labels?: readonly (readonly [key: string, value: string])[];
  readonly capabilities?: readonly string[];
  /** Default: `spread`. */
  readonly strategy?: PlacementStrategy | undefined;
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
}

/** Where a session may go. `refusal` is what `place` throws; `tooLarge`: agents match, and none of them could hold it if it were empty. */
export type Outcome =
  | { readonly agent: FleetAgent; readonly placement: Placement; readonly refusal: null }
  | { readonly agent: null; readonly placement: Placement; readonly refusal: BerthError; readonly tooLarge: boolean };

interface Look {
  readonly agent: FleetAgent;
  /** Null: it can take the session. */
  readonly refusal: { readonly code: ErrorCode; readonly reason: string } | null;
  /** The fullest of cores, memory and slots once the session is there, 0 to 1. */
  readonly load: number;
  /** It is one of those that were asked for, whatever state it is in. */
  readonly matches: boolean;
  /** Even with nothing else on it. */
  readonly tooSmall: boolean;
}

const GIB = 2 ** 30;
const MAX_KEPT = 50;
/** In a message; `details.considered` has them all. */
const MAX_SAID = 10;

const nobody: ReadonlySet<string> = new Set();

/**
 * Chooses the least loaded agent that fits, or the fullest where the strategy is `pack`, and says of every agent why it was or wasn't chosen.
 * Throws NO_AGENTS_AVAILABLE, AGENT_CAPACITY_EXCEEDED, or for one that was asked for (or holds the home) AGENT_NOT_FOUND, AGENT_OFFLINE or
 * AGENT_DRAINING; each with `details.considered`.
 */
export function place(request: PlacementRequest, agents: readonly FleetAgent[]): { agent: FleetAgent; placement: Placement } {
  const outcome = tryPlace(request, agents);
  if (outcome.agent === null) throw outcome.refusal;
  return outcome;
}

/** The same without throwing. `kept`: UUIDs of agents whose room is for others. */
export function tryPlace(request: PlacementRequest, agents: readonly FleetAgent[], kept: ReadonlySet<string> = nobody): Outcome {
  const looks = agents.map((agent) => look(request, agent, kept));
  const order = request.strategy === "pack" ? -1 : 1;
  const fitting = looks
    .filter((one) => one.refusal === null)
    .sort((a, b) => order * (a.load - b.load) || a.agent.name.localeCompare(b.agent.name));
  const best = fitting[0];
  const considered = looks.map((one) => ({
    agent: one.agent.name,
    chosen: one === best,
    reason: one.refusal?.reason ?? chosenReason(one, best, request),
  }));
  if (best) return { agent: best.agent, placement: { chosen: best.agent.name, considered, omitted: 0 }, refusal: null };
  const matching = looks.filter((one) => one.matches);
  return {
    agent: null,
    placement: { chosen: null, considered, omitted: 0 },
    refusal: refusal(request, looks, considered),
    tooLarge: matching.length > 0 && matching.every((one) => one.tooSmall),
  };
}

/** Agents that are there now and could hold it, if they had the room: those whose room is kept for one that has waited long. */
export const couldHold = (request: PlacementRequest, agents: readonly FleetAgent[]): FleetAgent[] =>
  agents.filter((agent) => {
    const { matches, tooSmall } = look(request, agent, nobody);
    return matches && !tooSmall && unusable(agent) === null;
  });

/** What a session keeps of how it was placed: of a large fleet, the chosen agent and the first others. */
export function keptPlacement({ chosen, considered }: Placement): Placement {
  const first = considered.filter((one) => one.chosen);
  const others = considered.filter((one) => !one.chosen);
  const kept = [...first, ...others.slice(0, MAX_KEPT - first.length)];
  return { chosen, considered: kept, omitted: considered.length - kept.length };
}

function look(request: PlacementRequest, agent: FleetAgent, kept: ReadonlySet<string>): Look {
  const { maxCpu, maxMemory, maxSessions, currentSessions, reservedCpu, reservedMemory } = agent.capacity;
  const cpu = reservedCpu + request.cpuMillicores / 1000;
  const memory = reservedMemory + request.memoryBytes / GIB;
  const slots = currentSessions + 1;
  const full = [
    over(cpu, maxCpu) && `needs ${request.cpuMillicores / 1000} cores, ${left(maxCpu, reservedCpu)} of ${maxCpu} are free`,
    over(memory, maxMemory) &&
      `needs ${round(request.memoryBytes / GIB)} GiB of memory, ${left(maxMemory, reservedMemory)} of ${maxMemory} are free`,
    over(slots, maxSessions) && `all ${maxSessions} session slots are taken`,
  ].filter((problem) => typeof problem === "string");
  const load = Math.max(
    ...[
      [cpu, maxCpu],
      [memory, maxMemory],
      [slots, maxSessions],
    ].map(([used, max]) => (used && max ? used / max : 0)),
  );
  const mismatch = notAskedFor(request, agent) ?? lacking(request, agent);
  const size = { cpu: request.cpuMillicores / 1000, memory: request.memoryBytes / GIB };
  return {
    agent,
    load,
    matches: mismatch === null,
    tooSmall: over(size.cpu, maxCpu) || over(size.memory, maxMemory) || over(1, maxSessions),
    refusal:
      mismatch ??
      unusable(agent) ??
      (kept.has(agent.id) ? { code: "AGENT_CAPACITY_EXCEEDED", reason: "keeps its room for a session that has waited longer" } : null) ??
      (full.length > 0 ? { code: "AGENT_CAPACITY_EXCEEDED", reason: full.join("; ") } : null),
  };
}

function notAskedFor(request: PlacementRequest, agent: FleetAgent): Look["refusal"] {
  const no = (reason: string) => ({ code: "NO_AGENTS_AVAILABLE", reason }) as const;
  if (request.homeAgentId !== undefined && agent.id !== request.homeAgentId) return no("the home is on another agent");
  if (request.agent !== undefined && agent.name !== request.agent && agent.id !== request.agent) return no("another agent was asked for");
  if (request.platform !== undefined && agent.platform !== request.platform)
    return no(`is a ${agent.platform} agent, ${request.platform} was asked for`);
  if (request.region !== undefined && agent.region !== request.region)
    return no(`is in region ${agent.region ?? "none"}, ${request.region} was asked for`);
  return null;
}

/** All that it lacks, in one reason. */
function lacking(request: PlacementRequest, agent: FleetAgent): Look["refusal"] {
  const lacks = lackOf(request, agent);
  return lacks.length === 0 ? null : { code: "NO_AGENTS_AVAILABLE", reason: `lacks ${lacks.join(" and ")}` };
}

function unusable(agent: FleetAgent): Look["refusal"] {
  if (agent.status === "draining") return { code: "AGENT_DRAINING", reason: "is draining" };
  if (agent.status === "online") return agent.channel ? null : { code: "AGENT_OFFLINE", reason: `can't take it: ${NO_CHANNEL}` };
  return { code: "AGENT_OFFLINE", reason: `is ${agent.status}${agent.statusReason ? `: ${agent.statusReason}` : ""}` };
}

function refusal(request: PlacementRequest, looks: readonly Look[], considered: Placement["considered"]): BerthError {
  const asked = request.homeAgentId ?? request.agent;
  const details = { considered };
  if (asked !== undefined) {
    const target = looks.find(({ agent }) => agent.id === asked || agent.name === asked);
    if (!target && request.homeAgentId !== undefined)
      return new BerthError("AGENT_NOT_FOUND", "The agent that holds the home was revoked or removed", { details });
    if (!target) return new BerthError("AGENT_NOT_FOUND", `No agent with ID '${asked}' exists`, { details });
    const why = target.refusal?.reason ?? "can't take it";
    const home = request.homeAgentId === undefined ? "" : " (it holds the home)";
    return new BerthError(target.refusal?.code ?? "NO_AGENTS_AVAILABLE", `Agent '${target.agent.name}'${home} ${why}`, { details });
  }
  const full = looks.filter((one) => one.refusal?.code === "AGENT_CAPACITY_EXCEEDED");
  if (full.length > 0) {
    const said = full
      .slice(0, MAX_SAID)
      .map((one) => `'${one.agent.name}' ${one.refusal?.reason}`)
      .concat(full.length > MAX_SAID ? [`and ${full.length - MAX_SAID} more`] : [])
      .join("; ");
    return new BerthError("AGENT_CAPACITY_EXCEEDED", `No agent has room for this session: ${said}`, { details });
  }
  const which = request.platform ? ` for platform '${request.platform}'` : "";
  const draining = looks.length > 0 && looks.every((one) => one.refusal?.code === "AGENT_DRAINING");
  if (draining) return new BerthError("AGENT_DRAINING", "Every agent is draining and takes no new sessions", { details });
  return new BerthError("NO_AGENTS_AVAILABLE", `No online agents available${which}${having(request)}`, { details });
}

function having({ labels = [], capabilities = [] }: PlacementRequest): string {
  const wanted = [...labels.map(([key, value]) => `label ${key}=${value}`), ...capabilities.map((one) => `capability ${one}`)];
  return wanted.length === 0 ? "" : ` with ${wanted.join(", ")}`;
}

function chosenReason(one: Look, best: Look | undefined, request: PlacementRequest): string {
  const load = `${Math.round(one.load * 100)} % full with this session`;
  const pack = request.strategy === "pack";
  if (one !== best) return `fits, but is ${pack ? "emptier" : "fuller"} or later by name: ${load}`;
  if (request.homeAgentId !== undefined) return `holds the home; ${load}`;
  return request.agent === undefined ? `${pack ? "fullest" : "least loaded"} that fits: ${load}` : `was asked for; ${load}`;
}

const over = (used: number, max: number | null): boolean => max !== null && used > max + 1e-9;
const round = (value: number): number => Math.round(value * 100) / 100;
const left = (max: number | null, used: number): number => round(Math.max(0, (max ?? 0) - used));
