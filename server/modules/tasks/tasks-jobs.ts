import type { ToAgentOf } from "@berth/protocol/agent-messages";
import { type Bus, isUsageAlone } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { AgentGateway } from "./agent-gateway";
import { isDocker, ROUND, type TaskHandOut } from "./task-hand-out-service";
import type { TaskStreamGateway } from "./task-stream-gateway";
import { commandTypeOfKind, taskKindSchema } from "./tasks-schema";
import { findOvertaken, type HandedTaskRow } from "./tasks-store";

/** The safety net under the bus. */
const POLL_MS = 5_000;

export interface DispatcherDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: AgentGateway;
  readonly streams: TaskStreamGateway;
  readonly handOut: TaskHandOut;
}

/**
 * Sends due tasks to the agents that are connected here, by channel or stream: woken by the bus, and every five seconds whatever happens. A task
 * that has its agent is asked for by that agent alone; the fleet is looked at where it matters who else there is.
 */
export class TaskDispatcher {
  private timer: Timer | null = null;
  private unsubscribe: (() => void) | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private readonly named = new Set<string>();

  constructor(private readonly deps: DispatcherDeps) {}

  start(): void {
    this.unsubscribe = this.deps.bus.subscribe((event) => {
      if (event.kind === "task" && event.only === undefined) void this.hear(event);
      if (event.kind === "agent" && !isUsageAlone(event)) void this.wake();
      if (event.kind === "task_cancel") this.cancel(event.agentId, event.taskId, event.generation);
    });
    this.timer = this.deps.clock.every(POLL_MS, () => this.wake());
    void this.wake();
  }

  /** Stops taking tasks; resolves when the round under way is over. */
  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.timer?.cancel();
    this.again = false;
    this.named.clear();
    await this.running;
  }

  /** Resolves when all that was due at the call has been sent, or can't be. */
  wake(): Promise<void> {
    this.again = true;
    return this.run();
  }

  private hear({ agentId, sessionId }: { readonly agentId: string | null; readonly sessionId: string | null }): Promise<void> {
    if (agentId !== null) this.named.add(agentId);
    // The end of a session's task lets its next one go, which may be another agent's.
    if (agentId === null || sessionId !== null) this.again = true;
    return this.run();
  }

  private run(): Promise<void> {
    this.running ??= this.rounds().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async rounds(): Promise<void> {
    while (this.again || this.named.size > 0) {
      try {
        const agentIds = [...this.named];
        this.named.clear();
        if (agentIds.length > 0) {
          while ((await this.round(agentIds)) === ROUND);
          while ((await this.streamRound(agentIds)) === ROUND);
        }
        if (!this.again) continue;
        this.again = false;
        while ((await this.round()) > 0);
        while ((await this.streamRound()) > 0);
      } catch (error) {
        this.deps.log.error({ err: error }, "tasks could not be dispatched; trying again at the next poll");
      }
    }
  }

  private async round(agentIds: readonly string[] | null = null): Promise<number> {
    const { database, gateway, handOut } = this.deps;
    const reaches = (agentId: string) => gateway.isConnected(agentId);
    const claimed = await (agentIds ? handOut.takeOf("channel", agentIds.filter(reaches)) : handOut.take("channel", reaches));
    const sent = await this.sendAll(claimed, (row) => gateway.send(row.agentId, this.command(row)));
    // Agents are at work from here on: what is left to say waits for no one.
    const overtaken = await findOvertaken(database, sent);
    for (const row of sent) {
      // The first word to stop it went out once and may have been lost: its agent is told again, each time that it is asked again.
      if (overtaken.has(row.id) || row.cancelAskedAt !== null) this.cancel(row.agentId, row.id, isDocker(row) ? row.generation : null);
    }
    await handOut.announce(sent);
    return sent.length;
  }

  /** Who has a channel too is told by that. */
  private async streamRound(agentIds: readonly string[] | null = null): Promise<number> {
    const { gateway, streams, handOut } = this.deps;
    if (streams.openCount() === 0) return 0;
    const reaches = (agentId: string) => streams.isOpen(agentId) && !gateway.isConnected(agentId);
    const claimed = await (agentIds ? handOut.takeOf("stream", agentIds.filter(reaches)) : handOut.take("stream", reaches));
    const sent = await this.sendAll(claimed, (row) => {
      if (row.cancelAskedAt !== null) return streams.send(row.agentId, { type: "task_cancelled", taskId: row.id, ...runOf(row) });
      const { priority: _, createdAt: __, ...task } = handOut.shown(row);
      return streams.send(row.agentId, { type: "task_assigned", task });
    });
    await handOut.announce(sent);
    return sent.length;
  }

  private async sendAll(rows: readonly HandedTaskRow[], send: (row: HandedTaskRow) => boolean): Promise<HandedTaskRow[]> {
    const sent: HandedTaskRow[] = [];
    for (const row of rows) {
      if (send(row)) sent.push(row);
      else await this.deps.handOut.giveBack(row);
    }
    return sent;
  }

  private command(row: HandedTaskRow): ToAgentOf<"command"> {
    return {
      type: "command",
      command_id: row.id,
      command_type: commandTypeOfKind[taskKindSchema.parse(row.kind)],
      session_id: row.sessionId,
      data: { ...this.deps.handOut.payloadOf(row), ...this.deps.handOut.credentialsOf(row) },
      ...runOf(row),
      ...(row.timeoutSeconds === null ? {} : { timeout_seconds: row.timeoutSeconds }),
      ...(row.offered ? { offered: true as const } : {}),
    };
  }

  private cancel(agentId: string, taskId: string, generation: number | null): void {
    const run = generation === null ? {} : { generation };
    this.deps.gateway.send(agentId, { type: "command_cancel", command_id: taskId, ...run });
    this.deps.streams.send(agentId, { type: "task_cancelled", taskId, ...run });
  }
}

const runOf = (row: HandedTaskRow): { generation?: number } =>
  row.generation !== null && isDocker(row) ? { generation: row.generation } : {};
