import type { AgentStatus } from "@berth/protocol/session-states";
import type { Bus } from "../../platform/bus";
import type { Clock, Timer } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { SessionsInbox } from "../sessions/sessions-inbox";
import type { WebhookOutbox } from "../webhooks/webhook-outbox";
import { agentPresence, agentStatus } from "./agent-status";
import { type AgentRow, findAgents, markTold } from "./agents-store";

const SWEEP_MS = 2_000;
/** After a start of ours agents have this long to come back before their sessions' timelines say that they were lost. */
const RETURN_MS = 30_000;

/** Notices that an agent's status changed by the passing of time alone, and tells everyone. */
export class AgentsJobs {
  private timer: Timer | null = null;
  private startedAt: Date | null = null;
  private readonly known = new Map<string, { readonly status: AgentStatus; readonly connectionId: string | null }>();

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
    this.timer = this.deps.clock.every(SWEEP_MS, () =>
      this.sweep().catch((error) => this.deps.log.warn({ err: error }, "the sweep for lost agents failed")),
    );
  }

  stop(): void {
    this.timer?.cancel();
  }

  async sweep(): Promise<void> {
    const now = this.deps.clock.now();
    const rows = await findAgents(this.deps.database);
    for (const row of rows) {
      const { status, reason } = agentStatus(row, now);
      const before = this.known.get(row.id);
      if (status === "offline" && before === undefined && this.startedAt && now.getTime() - this.startedAt.getTime() < RETURN_MS) continue;
      await this.tell(row, now);
      this.known.set(row.id, { status, connectionId: row.connectionId });
      if (before?.status === status) continue;
      if (status === "offline" && row.connectedAt)
        await this.deps.sessionsInbox.agentLost(row.id, `'${row.name}' is offline. ${reason ?? ""}`.trim());
      // One that came back by a new connection was heard of when it registered.
      if (before?.status === "offline" && before.connectionId === row.connectionId) await this.deps.sessionsInbox.agentReturned(row.id);
      if (before !== undefined) await this.deps.bus.publish({ kind: "agent", agentId: row.id });
    }
    for (const id of this.known.keys()) if (!rows.some((row) => row.id === id)) this.known.delete(id);
  }

  /** Outside, by webhooks: once for each change, whichever control plane sees it first. */
  private async tell(row: AgentRow, now: Date): Promise<void> {
    const presence = agentPresence(row, now);
    if (presence === null || presence === row.toldStatus || (presence === "offline" && row.toldStatus === null)) return;
    const { id, name, platform, region } = row;
    const { reason } = agentStatus(row, now);
    await this.deps.database.$transaction(async (tx) => {
      if (!(await markTold(tx, id, row.toldStatus, presence))) return;
      await this.deps.outbox.write(tx, { type: `agent.${presence}`, data: { agent: { id, name, platform, region }, reason } });
    });
  }
}
