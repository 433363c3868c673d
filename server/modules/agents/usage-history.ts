import type { ResourceUsage } from "@berth/protocol/agent-messages";
import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { findReservations } from "./agents-store";
import { deleteUsageBefore, insertUsage } from "./usage-store";

const MINUTE_MS = 60_000;
const FLUSH_MS = 10_000;
const KEPT_MS = 24 * 3_600_000;
const PRUNE_MS = 10 * MINUTE_MS;

interface Sum {
  readonly agentId: string;
  readonly minute: number;
  cpu: number;
  memory: number;
  disk: number;
  readings: number;
  diskReadings: number;
}

/** What heartbeats say of the hosts, as one sample a minute for each agent: written together, kept for a day. */
export class UsageHistory {
  private readonly current = new Map<string, Sum>();
  private finished: Sum[] = [];
  private timers: Timer[] = [];

  constructor(private readonly deps: { readonly database: Database; readonly clock: Clock; readonly log: Log }) {}

  start(): void {
    const every = (ms: number, work: () => Promise<void>) =>
      this.deps.clock.every(ms, () =>
        work().catch((error: unknown) => this.deps.log.warn({ err: error }, "the history of the hosts’ usage could not be kept")),
      );
    this.timers = [every(FLUSH_MS, () => this.flush()), every(PRUNE_MS, () => this.prune())];
  }

  /** The minute that goes on is written as far as it came. */
  async stop(): Promise<void> {
    for (const timer of this.timers) timer.cancel();
    this.finished.push(...this.current.values());
    this.current.clear();
    await this.write();
  }

  heard(agentId: string, usage: ResourceUsage): void {
    const minute = this.minute();
    const known = this.current.get(agentId);
    if (known && known.minute !== minute) this.finished.push(known);
    const sum = known?.minute === minute ? known : { agentId, minute, cpu: 0, memory: 0, disk: 0, readings: 0, diskReadings: 0 };
    sum.cpu += usage.cpu;
    sum.memory += usage.memory;
    sum.readings += 1;
    if (usage.disk !== undefined) {
      sum.disk += usage.disk;
      sum.diskReadings += 1;
    }
    this.current.set(agentId, sum);
  }

  /** Writes the minutes that are over. */
  async flush(): Promise<void> {
    const minute = this.minute();
    for (const [agentId, sum] of this.current) {
      if (sum.minute === minute) continue;
      this.finished.push(sum);
      this.current.delete(agentId);
    }
    await this.write();
  }

  async prune(): Promise<void> {
    await deleteUsageBefore(this.deps.database, new Date(this.deps.clock.now().getTime() - KEPT_MS));
  }

  private async write(): Promise<void> {
    const sums = this.finished;
    if (sums.length === 0) return;
    this.finished = [];
    const reservations = await findReservations(this.deps.database);
    await insertUsage(
      this.deps.database,
      sums.map((sum) => ({
        agentId: sum.agentId,
        at: new Date(sum.minute * MINUTE_MS),
        cpu: sum.cpu / sum.readings,
        memory: sum.memory / sum.readings,
        disk: sum.diskReadings > 0 ? sum.disk / sum.diskReadings : null,
        sessions: reservations.get(sum.agentId)?.sessions ?? 0,
      })),
    );
  }

  private minute(): number {
    return Math.floor(this.deps.clock.now().getTime() / MINUTE_MS);
  }
}
