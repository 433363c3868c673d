import type { heartbeatRequestSchema } from "@berth/protocol/agent-heartbeat";
import type { FromAgent, FromAgentOf } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { ShownCredential } from "../../platform/shown-credential";
import type { HomesService } from "../homes/homes-service";
import type { IdentityService } from "../identity/identity-service";
import type { HealthInbox } from "../sessions/health/health-inbox";
import type { SessionsInbox } from "../sessions/sessions-inbox";
import type { SnapshotsService } from "../snapshots/snapshots-service";
import type { TasksInbox } from "../tasks/tasks-inbox";
import { findAgent, updateAgent } from "./agents-store";
import { withGiven } from "./given-labels";
import type { Heartbeats } from "./heartbeats";
import type { Presences } from "./presences";
import type { UsageHistory } from "./usage-history";

export interface AgentIdentity {
  /** The agent's UUID. */
  readonly agentId: string;
  /** Its `agent_id` on the wire. */
  readonly name: string;
}

export interface AgentsInboxDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly heartbeats: Heartbeats;
  readonly usageHistory: UsageHistory;
  readonly presences: Presences;
  readonly tasksInbox: TasksInbox;
  readonly sessionsInbox: SessionsInbox;
  readonly healthInbox: HealthInbox;
  readonly homes: HomesService;
  readonly snapshots: SnapshotsService;
  readonly identity: IdentityService;
}

/** What agents say, given to whom it concerns. The channel calls it, never twice at once for one agent. */
export class AgentsInbox {
  constructor(private readonly deps: AgentsInboxDeps) {}

  /** A certificate or a proof (see `IdentityService`); a name that isn't the credential's own is refused. */
  async authenticate(input: ShownCredential & { readonly agentName: string | null }): Promise<AgentIdentity> {
    const agent = await this.deps.identity.authenticate(input);
    if (input.agentName !== null && input.agentName !== agent.name) {
      throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `This credential is not that of agent '${input.agentName.slice(0, 63)}'`);
    }
    return agent;
  }

  async registered(
    agent: AgentIdentity,
    connectionId: string,
    message: FromAgentOf<"register">,
  ): Promise<{ heartbeatIntervalSeconds: number }> {
    demandOwnName(agent, message.agent_id);
    const arrival = { agentId: agent.agentId, connectionId, at: this.deps.clock.now(), message };
    return { heartbeatIntervalSeconds: await this.deps.presences.arrived(arrival) };
  }

  /** A heartbeat that came as a request. */
  async beat(agent: AgentIdentity, said: z.output<typeof heartbeatRequestSchema>): Promise<void> {
    const { resourceUsage, capabilities } = said;
    if (resourceUsage) this.deps.usageHistory.heard(agent.agentId, resourceUsage);
    const status = said.status === "degraded" ? "degraded" : "online";
    this.deps.heartbeats.heard(agent.agentId, {
      status,
      status_reason: said.statusReason,
      resource_usage: resourceUsage,
      timestamp: said.timestamp,
    });
    const row = capabilities && (await findAgent(this.deps.database, agent.agentId));
    if (!row) return;
    const known = withGiven(row, { capabilities }).capabilities ?? [];
    if (known.join() !== row.capabilities.join()) await updateAgent(this.deps.database, agent.agentId, { capabilities: known });
  }

  async received(agent: AgentIdentity, _connectionId: string, message: Exclude<FromAgent, { type: "register" }>): Promise<void> {
    if (message.type === "error") {
      this.deps.log.warn(
        { agent: agent.name, code: message.code, taskId: message.command_id, problem: message.message },
        "an agent could not take a message",
      );
      return;
    }
    demandOwnName(agent, message.agent_id);
    switch (message.type) {
      case "heartbeat":
        if (message.resource_usage) this.deps.usageHistory.heard(agent.agentId, message.resource_usage);
        return this.deps.heartbeats.heard(agent.agentId, message);
      case "command_ack":
        return this.deps.tasksInbox.acknowledged(agent.agentId, message);
      case "command_progress":
        return this.deps.tasksInbox.progressed(agent.agentId, message);
      case "command_log":
        return this.deps.tasksInbox.logged(agent.agentId, message);
      case "command_result":
        return this.deps.tasksInbox.finished(agent.agentId, message);
      case "session_observed":
        return this.deps.sessionsInbox.observed(agent.agentId, message);
      case "session_activity":
        return this.deps.sessionsInbox.active(agent.agentId, message);
      case "session_health":
        return this.deps.healthInbox.told(agent.agentId, message);
      case "inventory":
        await this.deps.homes.reported(agent.agentId, message.homes);
        await this.deps.snapshots.reported(agent.agentId, message.snapshots);
        if (message.kept_logs) await this.deps.sessionsInbox.keptLogs(agent.agentId, message.kept_logs);
        return this.deps.sessionsInbox.inventory(agent.agentId, message);
    }
  }

  /** Only the agent's current connection counts: an old one that ends late changes nothing. */
  async disconnected(agent: AgentIdentity, connectionId: string, reason: string): Promise<void> {
    const { agentId } = agent;
    await this.deps.presences.departed({ agentId, connectionId, at: this.deps.clock.now(), reason: reason.slice(0, 500) });
  }
}

function demandOwnName(agent: AgentIdentity, claimed: string): void {
  if (claimed !== agent.name) throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `'${agent.name}' may not speak for '${claimed}'`);
}
