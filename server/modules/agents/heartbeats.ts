import type { FromAgentOf, ResourceUsage } from "@berth/protocol/agent-messages";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import { type HeartbeatWrite, writeHeartbeats } from "./presence-store";

const FLUSH_MS = 1_000;
/** Percent points that are worth telling whoever looks. */
const NOTABLE = 2;

interface Known {
  readonly usage: ResourceUsage | null;
  readonly degradedReason: string | null;
}

/** Heartbeats of all agents, written once a second in one statement. Tells the bus only of what changed. */
export class Heartbeats {
  private pending = new Map<string, HeartbeatWrite>();
  private readonly told = new Map<string, Known>();
  private timer: Timer | null = null;

  constructor(private readonly deps: { readonly database: Database; readonly bus: Bus; readonly clock: Clock; readonly log: Log }) {}

  start(): void {
    this.timer = this.deps.clock.every(FLUSH_MS, () =>
      this.flush().catch((error) => this.deps.log.warn({ err: error }, "heartbeats could not be written")),
    );
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    await this.flush();
  }

  heard(
    agentId: string,
    message: Pick<FromAgentOf<"heartbeat">, "status" | "status_reason" | "resource_usage"> & { timestamp?: string | undefined },
  ): void {
    const degradedReason = message.status === "degraded" ? (message.status_reason ?? "The agent gives no reason") : null;
    const at = this.deps.clock.now();
    const clockSkewMs = skewOf(message.timestamp, at);
    this.pending.set(agentId, { agentId, at, resourceUsage: message.resource_usage ?? null, degradedReason, clockSkewMs });
  }

  async flush(): Promise<void> {
    const writes = [...this.pending.values()];
    if (writes.length === 0) return;
    this.pending = new Map();
    await writeHeartbeats(this.deps.database, writes);
    await this.deps.bus.publish(...writes.flatMap((write) => this.news(write)));
  }

  private news(write: HeartbeatWrite): BusEvent[] {
    const { agentId, degradedReason, resourceUsage: usage } = write;
    const before = this.told.get(agentId);
    const sameHealth = before !== undefined && before.degradedReason === degradedReason;
    const sameUsage = usage === null || (before !== undefined && before.usage !== null && near(before.usage, usage));
    if (sameHealth && sameUsage) return [];
    this.told.set(agentId, { usage: usage ?? before?.usage ?? null, degradedReason });
    return [{ kind: "agent", agentId, ...(sameHealth ? { only: "usage" } : {}) }];
  }
}

const MAX_SKEW_MS = 2 ** 31 - 1;

/** How far the agent's clock is ahead, the way of the message included. Null for a time that can't be read. */
function skewOf(timestamp: string | undefined, now: Date): number | null {
  const skew = timestamp === undefined ? Number.NaN : Date.parse(timestamp) - now.getTime();
  return Number.isNaN(skew) ? null : Math.max(-MAX_SKEW_MS, Math.min(MAX_SKEW_MS, skew));
}

const near = (a: ResourceUsage, b: ResourceUsage): boolean =>
  Math.abs(a.cpu - b.cpu) < NOTABLE && Math.abs(a.memory - b.memory) < NOTABLE && Math.abs((a.disk ?? 0) - (b.disk ?? 0)) < NOTABLE;
