import { DOCKER_TASKS, TASK_RUNS } from "@berth/protocol/agent-messages";
import type { CancelledTask, PolledTask } from "@berth/protocol/agent-tasks";
import { dockerKindSchema, type TaskCredentials, taskCredentialsSchema } from "@berth/protocol/docker-tasks";
import { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { Metrics } from "../../platform/metrics";
import { unseal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import { lackOf } from "../agents/agent-match";
import type { WorkTaker } from "../agents/agents-service";
import type { RegistriesService } from "../registries/registries-service";
import { withEnvironmentOpen, withoutEnvironment } from "./order-environment";
import { type Claim, claimTasks, countOpenOf, findDue, findToEnd, findUnplaced, type Placed, unclaimTask } from "./task-hand-out-store";
import type { TaskListener } from "./task-listener";
import type { TaskLogsService } from "./task-logs-service";
import { type TaskWay, taskSelectorSchema } from "./tasks-schema";
import { type HandedTaskRow, knownTask, type TaskRow } from "./tasks-store";

/** From sending until it is sent again where no acknowledgement came; doubled with each attempt, up to 16 times. */
export const SENT_LEASE_MS = 15_000;
/** The same where the way knows no acknowledgement: silence says nothing there. */
export const UNHEARD_LEASE_MS = 60_000;
/** In one round, and in one answer to an agent that asks. */
export const ROUND = 200;
const ANSWER = 50;

export interface TaskHandOutDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly listeners: readonly TaskListener[];
  readonly taskLogs: TaskLogsService;
  readonly keys: Pick<Keys, "taskCredentials" | "sessionEnvironment">;
  readonly registries: Pick<RegistriesService, "loginsFor">;
  readonly agents: { takers(ids?: readonly string[]): Promise<readonly WorkTaker[]> };
  readonly metrics?: Pick<Metrics, "taskSent">;
}

const payloadSchema = z.record(z.string(), z.unknown());
/** Whose agents may have to fetch an image. */
const PULLING: readonly string[] = ["session.start", "session.wake", "session.pull"];
const imageOfPayload = z.object({ image: z.string() });

/** Who gets which task now: the same for the channel, the stream, the heartbeat and the poll. */
export class TaskHandOut {
  constructor(private readonly deps: TaskHandOutDeps) {}

  /** Takes what is due for agents that can be reached from here, first in line first. What can't be sent is to be given back. */
  async take(way: "channel" | "stream", reaches: (agentId: string) => boolean): Promise<HandedTaskRow[]> {
    const { database, clock } = this.deps;
    const now = clock.now();
    const { agentIds, unplaced } = await findDue(database, now);
    const reached = agentIds.filter(reaches);
    const takers = unplaced
      ? (await this.deps.agents.takers()).filter(({ id, online }) => reaches(id) && (online || way === "stream"))
      : [];
    const picks = takers.length > 0 ? await this.choose(takers, way, now) : [];
    if (reached.length === 0 && picks.length === 0) return [];
    return this.claim({ way, agentIds: reached, picks, now, leaseMs: leaseOf(way), limit: ROUND }, takers);
  }

  /** The same for what has one of these agents already, which is known to be reached from here: asks nobody else's. */
  async takeOf(way: "channel" | "stream", agentIds: readonly string[]): Promise<HandedTaskRow[]> {
    if (agentIds.length === 0) return [];
    return this.claim({ way, agentIds, picks: [], now: this.deps.clock.now(), leaseMs: leaseOf(way), limit: ROUND }, []);
  }

  /** What is due for an agent that asks: its own from now on. */
  async answer(agentId: string, way: "heartbeat" | "poll"): Promise<PolledTask[]> {
    const now = this.deps.clock.now();
    const takers = await this.deps.agents.takers([agentId]);
    const picks = takers.length > 0 ? await this.choose(takers, way, now) : [];
    const rows = await this.claim({ way, agentIds: [agentId], picks, now, leaseMs: UNHEARD_LEASE_MS, limit: ANSWER }, takers);
    await this.announce(rows);
    return rows.map((row) => this.shown(row));
  }

  /** For an agent that asks: what it has and is to end, in the words of its answer. */
  async toEnd(agentId: string): Promise<{ cancelled?: CancelledTask[] }> {
    const rows = await findToEnd(this.deps.database, agentId, this.deps.clock.now());
    if (rows.length === 0) return {};
    return {
      cancelled: rows.map((row) => ({
        taskId: row.id,
        ...(isDocker(row) && row.generation !== null ? { generation: row.generation } : {}),
      })),
    };
  }

  giveBack(row: HandedTaskRow): Promise<unknown> {
    return unclaimTask(this.deps.database, row);
  }

  /** Tells who listens that these were handed out. */
  async announce(rows: readonly HandedTaskRow[]): Promise<void> {
    const { clock, metrics, bus } = this.deps;
    const events: BusEvent[] = [];
    for (const row of rows) {
      if (row.attempts === 1) {
        metrics?.taskSent(row.kind, (clock.now().getTime() - row.createdAt.getTime()) / 1000);
        events.push(...(await this.tellListeners(row)));
      }
      events.push({ kind: "task", taskId: row.id, agentId: row.agentId, sessionId: row.sessionId, only: "progress" });
    }
    await bus.publish(...events);
  }

  /** As the task contract has it. */
  shown(row: HandedTaskRow): PolledTask {
    return {
      taskId: row.id,
      taskType: row.kind,
      payload: this.payloadOf(row),
      ...this.credentialsOf(row),
      ...(row.timeoutSeconds === null ? {} : { timeout: row.timeoutSeconds }),
      ...(row.generation !== null && isDocker(row) ? { generation: row.generation } : {}),
      priority: row.priority,
      createdAt: row.createdAt.toISOString(),
    };
  }

  /**
   * What the agent gets, with the variables of a session's start. Of a master key that is gone they can't be read: the container is then made
   * without, and its registry of variables says which are to be set again.
   */
  payloadOf(row: HandedTaskRow): Record<string, unknown> {
    const payload = { ...this.orderOf(row), ...(row.registryLogin ? { registry_auth: row.registryLogin } : {}) };
    if (row.environmentSealed === null) return payload;
    try {
      const sealed = unseal(this.deps.keys.sessionEnvironment, row.id, row.environmentSealed);
      return { ...payload, environment: payloadSchema.parse(JSON.parse(sealed)) };
    } catch {
      this.deps.log.error({ taskId: row.id }, "a task's variables can't be read with this master key; it is sent without them");
      return payload;
    }
  }

  private orderOf(row: HandedTaskRow): Record<string, unknown> {
    const kept = payloadSchema.parse(row.payload);
    try {
      return withEnvironmentOpen(this.deps.keys.taskCredentials, row.id, kept);
    } catch {
      this.deps.log.error({ taskId: row.id }, "a container's variables can't be read with this master key; it is run without them");
      return withoutEnvironment(kept);
    }
  }

  /**
   * Once in each run: not with an offer, and not again to an agent that has acknowledged. Of a master key that is gone they can't be read: the
   * task then goes without, and its registry says what it misses.
   */
  credentialsOf(row: HandedTaskRow): { credentials?: TaskCredentials } {
    if (row.credentialsSealed === null || row.offered || row.acknowledgedAt !== null) return {};
    try {
      return {
        credentials: taskCredentialsSchema.parse(JSON.parse(unseal(this.deps.keys.taskCredentials, row.id, row.credentialsSealed))),
      };
    } catch {
      this.deps.log.error({ taskId: row.id }, "a task's credentials can't be read with this master key; it is sent without them");
      return {};
    }
  }

  private async claim(claim: Claim, takers: readonly WorkTaker[]): Promise<HandedTaskRow[]> {
    const rows = await claimTasks(this.deps.database, claim);
    for (const row of rows) {
      const lost = row.pastAgentIds.at(-1);
      const taker = takers.find(({ id }) => id === row.agentId);
      if (!taker || lost === undefined || lost === row.agentId || row.attempts === 1 || row.selector === null) continue;
      await this.deps.taskLogs.note(
        this.deps.database,
        row.id,
        "warn",
        `It was not acknowledged in time; it goes to agent ${taker.name} now`,
      );
    }
    return (await this.withRegistryLogins(rows)).sort(firstInLine);
  }

  /** Of sessions' containers and pulls: on the way to the agent alone, and not where the task is kept. */
  private async withRegistryLogins(rows: readonly HandedTaskRow[]): Promise<HandedTaskRow[]> {
    const images = new Map(
      rows.flatMap((row) => {
        const named = PULLING.includes(row.kind) ? imageOfPayload.safeParse(row.payload) : null;
        return named?.success ? [[row.id, named.data.image] as const] : [];
      }),
    );
    const logins = await this.deps.registries.loginsFor([...images.values()]);
    return rows.map((row) => {
      const login = logins.get(images.get(row.id) ?? "");
      return login ? { ...row, registryLogin: login } : row;
    });
  }

  /** For each task that waits for an agent: one that matches and has least to do, and none that had it before where there is another. */
  private async choose(takers: readonly WorkTaker[], way: TaskWay, now: Date): Promise<Placed[]> {
    const able = takers.filter(({ capabilities }) => capabilities.includes(DOCKER_TASKS));
    if (able.length === 0) return [];
    const rows = await findUnplaced(this.deps.database, now, ROUND);
    if (rows.length === 0) return [];
    const busy = await countOpenOf(
      this.deps.database,
      able.map(({ id }) => id),
    );
    return rows.flatMap((row) => {
      const { labels, capabilities } = taskSelectorSchema.parse(row.selector ?? {});
      const wish = { labels: Object.entries(labels), capabilities };
      const rank = ({ id }: WorkTaker) => (hadIt(row, id) ? 1_000_000 : 0) + (busy.get(id) ?? 0);
      const [best] = able.filter((agent) => lackOf(wish, agent).length === 0).sort((a, b) => rank(a) - rank(b));
      if (!best) return [];
      busy.set(best.id, (busy.get(best.id) ?? 0) + 1);
      return [{ id: row.id, agent: best.id, offer: way === "channel" && best.capabilities.includes(TASK_RUNS) }];
    });
  }

  private async tellListeners(row: HandedTaskRow): Promise<BusEvent[]> {
    const task = knownTask(row);
    const events: BusEvent[] = [];
    for (const listener of this.deps.listeners) {
      if (listener.sent && listener.kinds.includes(task.kind)) {
        events.push(...(await this.deps.database.$transaction((tx) => listener.sent?.(tx, task) ?? Promise.resolve([]))));
      }
    }
    return events;
  }
}

export const isDocker = ({ kind }: { readonly kind: string }): boolean => dockerKindSchema.safeParse(kind).success;
const hadIt = (row: TaskRow, agentId: string): boolean => row.agentId === agentId || row.pastAgentIds.includes(agentId);
const leaseOf = (way: "channel" | "stream"): number => (way === "channel" ? SENT_LEASE_MS : UNHEARD_LEASE_MS);
const firstInLine = (a: TaskRow, b: TaskRow): number => b.priority - a.priority || (a.sequence < b.sequence ? -1 : 1);
