import { type TaskCredentials, taskCredentialsSchema } from "@berth/protocol/docker-tasks";
import { z } from "zod";
import { type Bus, type BusEvent, isUsageAlone } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { Metrics } from "../../platform/metrics";
import { unseal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import type { AgentGateway } from "./agent-gateway";
import type { TaskListener } from "./task-listener";
import { commandTypeOfKind } from "./tasks-schema";
import { claimDueTasks, findAgentsWithDueTasks, findOvertaken, knownTask, type TaskRow, unclaimTask } from "./tasks-store";

/** From sending until it is sent again where no acknowledgement came; doubled with each attempt, up to 16 times. */
export const SENT_LEASE_MS = 15_000;
/** The safety net under the bus. */
const POLL_MS = 5_000;

export interface DispatcherDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: AgentGateway;
  readonly listeners: readonly TaskListener[];
  readonly keys: Pick<Keys, "taskCredentials">;
  readonly metrics?: Pick<Metrics, "taskSent">;
}

const payloadSchema = z.record(z.string(), z.unknown());

/** Sends due tasks to the agents that are connected here: woken by the bus, and every five seconds whatever happens. */
export class TaskDispatcher {
  private timer: Timer | null = null;
  private unsubscribe: (() => void) | null = null;
  private running: Promise<void> | null = null;
  private again = false;

  constructor(private readonly deps: DispatcherDeps) {}

  start(): void {
    this.unsubscribe = this.deps.bus.subscribe((event) => {
      if ((event.kind === "task" || event.kind === "agent") && !isUsageAlone(event)) void this.wake();
    });
    this.timer = this.deps.clock.every(POLL_MS, () => this.wake());
    void this.wake();
  }

  /** Stops taking tasks; resolves when the round under way is over. */
  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.timer?.cancel();
    this.again = false;
    await this.running;
  }

  /** Resolves when all that was due at the call has been sent, or can't be. */
  wake(): Promise<void> {
    this.again = true;
    this.running ??= this.rounds().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async rounds(): Promise<void> {
    while (this.again) {
      this.again = false;
      try {
        while ((await this.round()) > 0);
      } catch (error) {
        this.deps.log.error({ err: error }, "tasks could not be dispatched; trying again at the next poll");
      }
    }
  }

  private async round(): Promise<number> {
    const { database, clock, gateway } = this.deps;
    const now = clock.now();
    const connected = (await findAgentsWithDueTasks(database, now)).filter((agentId) => gateway.isConnected(agentId));
    if (connected.length === 0) return 0;
    const claimed = await claimDueTasks(database, connected, now, SENT_LEASE_MS);
    const sent: TaskRow[] = [];
    for (const row of claimed.sort((a, b) => (a.sequence < b.sequence ? -1 : 1))) {
      if (this.send(row)) {
        sent.push(row);
        if (row.attempts === 1) this.deps.metrics?.taskSent(row.kind, (clock.now().getTime() - row.createdAt.getTime()) / 1000);
      } else await unclaimTask(database, row);
    }
    // Agents are at work from here on: what is left to say waits for no one.
    const overtaken = await findOvertaken(database, sent);
    const events: BusEvent[] = [];
    for (const row of sent) {
      // The first word to stop it went out once and may have been lost: its agent is told again, each time that it is asked again.
      if (overtaken.has(row.id) || row.cancelAskedAt !== null) gateway.send(row.agentId, { type: "command_cancel", command_id: row.id });
      events.push(...(row.attempts === 1 ? await this.announce(row) : []), {
        kind: "task",
        taskId: row.id,
        agentId: row.agentId,
        sessionId: row.sessionId,
      });
    }
    await this.deps.bus.publish(...events);
    return sent.length;
  }

  private send(row: TaskRow): boolean {
    return this.deps.gateway.send(row.agentId, {
      type: "command",
      command_id: row.id,
      command_type: commandTypeOfKind[knownTask(row).kind],
      session_id: row.sessionId,
      data: { ...payloadSchema.parse(row.payload), ...this.credentialsOf(row) },
    });
  }

  /** Of a master key that is gone they can't be read: the task then goes without, and its registry says what it misses. */
  private credentialsOf(row: TaskRow): { credentials?: TaskCredentials } {
    if (row.credentialsSealed === null) return {};
    try {
      return {
        credentials: taskCredentialsSchema.parse(JSON.parse(unseal(this.deps.keys.taskCredentials, row.id, row.credentialsSealed))),
      };
    } catch {
      this.deps.log.error({ taskId: row.id }, "a task's credentials can't be read with this master key; it is sent without them");
      return {};
    }
  }

  private async announce(row: TaskRow): Promise<BusEvent[]> {
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
