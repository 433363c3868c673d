import type { AgentStatus } from "@berth/protocol/session-states";
import type { Bus } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { SessionsInbox } from "../sessions/sessions-inbox";
import type { WebhookEvent } from "../webhooks/webhook-events";
import type { WebhookOutbox } from "../webhooks/webhook-outbox";
import { agentPresence, agentStatus, MISSED_INTERVALS } from "./agent-status";
import type { AgentRow } from "./agents-store";
import { findAgentsOfNote, markTold } from "./presence-store";

const SWEEP_MS = 2_000;
/** After a start of ours agents have this long to come back before anyone is told that they were lost: who was silent then was silent because we were. */
const RETURN_MS = 60_000;

/** Agents whose change is written in one transaction. */
const TOLD_TOGETHER = 500;

interface Known {
  readonly status: AgentStatus;
  readonly connectionId: string | null;
}

/** Notices that an agent's status changed by the passing of time alone, and tells everyone. */
export class AgentsJobs {
  private timer: Timer | null = null;
  private startedAt: Date | null = null;
  private underWay: Promise<void> | null = null;
  /** Of those that are not online; null: it was offline when we started, and may be about to come back. All others are, once there was a sweep. */
  private readonly known = new Map<string, Known | null>();
  private swept = false;

  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly bus: Bus;
      readonly clock: Clock;
      readonly log: Log;
      readonly sessionsInbox: SessionsInbox;
      readonly outbox: WebhookOutbox;
    },
  ) {}

  start(): void {
    this.startedAt = this.deps.clock.now();
    this.timer = this.deps.clock.every(SWEEP_MS, async () => {
      // One that takes longer than its turn is not overtaken.
      this.underWay ??= this.sweep()
        .catch((error) => this.deps.log.warn({ err: error }, "the sweep for lost agents failed"))
        .finally(() => {
          this.underWay = null;
        });
      await this.underWay;
    });
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    await this.underWay;
  }

  async sweep(): Promise<void> {
    const { database, clock, sessionsInbox, bus } = this.deps;
    const now = clock.now();
    const rows = await findAgentsOfNote(database, [...this.known.keys()], MISSED_INTERVALS, now);
    const there = new Set(rows.map(({ id }) => id));
    const startedAt = this.startedAt !== null && now.getTime() - this.startedAt.getTime() < RETURN_MS ? this.startedAt : null;
    const seen = rows.flatMap((row) => {
      const before = this.before(row.id);
      const { status, since } = agentStatus(row, now);
      // Many are still online by what was heard of them before we started, and turn offline only while they are on their way back.
      const early = status === "offline" && startedAt !== null && (since === null || since < startedAt);
      if (early) this.known.set(row.id, before);
      return early ? [] : [{ row, before, status }];
    });
    for (let at = 0; at < seen.length; at += TOLD_TOGETHER)
      await this.tell(
        seen.slice(at, at + TOLD_TOGETHER).map(({ row }) => row),
        now,
      );
    for (const { row, before, status } of seen) {
      if (status === "online") this.known.delete(row.id);
      else this.known.set(row.id, { status, connectionId: row.connectionId });
      if (before?.status === status) continue;
      const { reason } = agentStatus(row, now);
      if (status === "offline" && row.connectedAt)
        await sessionsInbox.agentLost(row.id, `'${row.name}' is offline. ${reason ?? ""}`.trim());
      // One that came back by a new connection was heard of when it registered.
      if (before?.status === "offline" && before.connectionId === row.connectionId) await sessionsInbox.agentsReturned([row.id]);
      if (before !== null) await bus.publish({ kind: "agent", agentId: row.id });
    }
    for (const id of this.known.keys()) if (!there.has(id)) this.known.delete(id);
    this.swept = true;
  }

  /** What was known of it at the last sweep; null: nothing yet. */
  private before(id: string): Known | null {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    return this.swept ? { status: "online", connectionId: null } : null;
  }

  /** Outside, by webhooks: once for each change, whichever control plane sees it first. */
  private async tell(rows: readonly AgentRow[], now: Date): Promise<void> {
    const news = rows.flatMap((row) => {
      const presence = agentPresence(row, now);
      const old = presence === null || presence === row.toldStatus || (presence === "offline" && row.toldStatus === null);
      return old ? [] : [{ row, presence }];
    });
    if (news.length === 0) return;
    await this.deps.database.$transaction(async (tx) => {
      const told = await markTold(
        tx,
        news.map(({ row, presence }) => ({ id: row.id, before: row.toldStatus, presence })),
      );
      const first = news.filter(({ row }) => told.has(row.id));
      await this.deps.outbox.writeAll(
        tx,
        first.map(({ row, presence }): WebhookEvent => {
          const { id, name, platform, region } = row;
          return { type: `agent.${presence}`, data: { agent: { id, name, platform, region }, reason: agentStatus(row, now).reason } };
        }),
      );
    });
  }
}
