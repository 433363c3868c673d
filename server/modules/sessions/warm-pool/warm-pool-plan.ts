import type { AgentStatus } from "@berth/protocol/session-states";
import type { FleetAgent } from "../../agents/agents-service";
import { isOver, type StoredSession } from "../session-status";
import type { PoolHealth } from "./warm-pool-store";

/** As much of a pool's session as deciding takes. */
export interface Member extends StoredSession {
  readonly id: string;
  readonly templateVersion: number;
  readonly agentId: string | null;
  readonly failureMessage: string | null;
  readonly startedAt: Date | null;
  readonly cpuMillicores: number;
  readonly memoryBytes: bigint;
}

/**
 * `ready`: started and waiting. `away`: its agent can't be asked now. `stale`: of another version, or on an agent that is to have none.
 * `lost`: it was ready and is not any more. `ending`: it is being ended. `over`: only its row is left.
 */
export type MemberCondition = "ready" | "starting" | "away" | "stale" | "lost" | "ending" | "over";

const GIB = 2 ** 30;
const MOST_STARTING = 3;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 15 * 60_000;
/** One that waited for this long and died is replaced at once: what starts and stays up has nothing wrong with it. */
const SOUND_AFTER_MS = 5 * 60_000;
const WELL_AFTER_MS = 60_000;

export function memberCondition(member: Member, version: number, statusOf: ReadonlyMap<string, AgentStatus>): MemberCondition {
  if (isOver(member)) return "over";
  if (member.desired === "terminated") return "ending";
  if (member.desired === "hibernated") return "lost";
  const agent = member.agentId === null ? undefined : statusOf.get(member.agentId);
  if (member.templateVersion !== version || agent === undefined || agent === "draining") return "stale";
  if (agent === "offline") return "away";
  return member.observed === "running" ? "ready" : "starting";
}

export interface Refill<M extends Member> {
  /** Whose rows go. */
  readonly remove: readonly M[];
  readonly end: readonly M[];
  /** How many are started now, room provided. */
  readonly start: number;
  /** What is to be written of the pool's health; null: it stays as it is. */
  readonly health: PoolHealth | null;
}

/** What brings a template's pool to its size. Starts that fail are tried again after 5 s, 10 s, 20 s, … 15 min. */
export function planRefill<M extends Member>(
  members: readonly M[],
  pool: { readonly size: number; readonly version: number; readonly health: PoolHealth | null },
  statusOf: ReadonlyMap<string, AgentStatus>,
  now: Date,
): Refill<M> {
  const of = (...wanted: MemberCondition[]) => members.filter((one) => wanted.includes(memberCondition(one, pool.version, statusOf)));
  const [ready, starting, lost, over] = [of("ready"), of("starting"), of("lost"), of("over")];
  const since = (member: Member) => (member.startedAt === null ? 0 : now.getTime() - member.startedAt.getTime());
  const failed = [...over.filter((one) => one.failureCode !== null), ...lost].filter((one) => since(one) < SOUND_AFTER_MS);

  const health = pool.health?.version === pool.version ? pool.health : null;
  const failures = health?.failures ?? 0;
  const worse = failed[0] && {
    version: pool.version,
    failures: failures + 1,
    retryAt: new Date(now.getTime() + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)),
    problem: failed[0].failureMessage ?? "a session that was to wait ended by itself",
  };
  const recovered = failures > 0 && ready.some((one) => since(one) >= WELL_AFTER_MS);
  const waits = pool.size > 0 && failures === 0 && health?.problem != null && ready.length + starting.length >= pool.size;
  const well = recovered || waits ? { version: pool.version, failures: 0, retryAt: null, problem: null } : null;
  const retryAt = (worse ?? well ?? health)?.retryAt ?? null;

  const missing = pool.size - ready.length - starting.length;
  // What still starts goes first, and of what waits the newest: the oldest is taken next.
  const surplus = missing < 0 ? [...starting.toReversed(), ...ready.toReversed()].slice(0, -missing) : [];
  const held = retryAt !== null && retryAt > now;
  return {
    remove: over,
    end: [...lost, ...of("stale"), ...surplus],
    start: held ? 0 : Math.max(0, Math.min(missing, MOST_STARTING - starting.length)),
    health: worse ?? well,
  };
}

/** The agent as if these were not on it. */
export function agentWithout(agent: FleetAgent, members: readonly Pick<Member, "cpuMillicores" | "memoryBytes">[]): FleetAgent {
  const { capacity } = agent;
  const sum = (of: (member: (typeof members)[number]) => number) => members.reduce((total, member) => total + of(member), 0);
  return {
    ...agent,
    capacity: {
      ...capacity,
      currentSessions: Math.max(0, capacity.currentSessions - members.length),
      reservedCpu: Math.max(0, capacity.reservedCpu - sum((one) => one.cpuMillicores) / 1000),
      reservedMemory: Math.max(0, capacity.reservedMemory - sum((one) => Number(one.memoryBytes)) / GIB),
    },
  };
}

const holdsRoom = ({ desired, observed }: Member): boolean =>
  desired === "running" || observed === "starting" || observed === "running" || observed === "frozen";

export interface Eviction<M extends Member> {
  readonly agent: FleetAgent;
  readonly members: readonly M[];
}

/**
 * For each agent the fewest of its waiting sessions, longest there first, without which it would fit; best agent first. What is being
 * ended already goes first and costs nobody anything.
 */
export function evictions<M extends Member>(
  members: readonly M[],
  fleet: readonly FleetAgent[],
  fits: (agent: FleetAgent) => boolean,
): Eviction<M>[] {
  const found = fleet.flatMap((agent) => {
    const there = members.filter((one) => one.agentId === agent.id && holdsRoom(one));
    const inOrder = [...there.filter((one) => one.desired === "terminated"), ...there.filter((one) => one.desired !== "terminated")];
    const needed = inOrder.findIndex((_, index) => fits(agentWithout(agent, inOrder.slice(0, index + 1))));
    return needed < 0 ? [] : [{ agent: agentWithout(agent, inOrder.slice(0, needed + 1)), members: inOrder.slice(0, needed + 1) }];
  });
  const cost = ({ members: gone }: Eviction<M>) => gone.filter((one) => one.desired !== "terminated").length;
  return found.sort((one, other) => cost(one) - cost(other) || one.agent.name.localeCompare(other.agent.name));
}
