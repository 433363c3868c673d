import type { heartbeatRequestSchema } from "@berth/protocol/agent-heartbeat";
import type { FromAgent, FromAgentOf } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Log } from "../../platform/log";
import type { ShownCredential } from "../../platform/shown-credential";
import type { HomesService } from "../homes/homes-service";
import type { IdentityService } from "../identity/identity-service";
import type { SessionsInbox } from "../sessions/sessions-inbox";
import type { TasksInbox } from "../tasks/tasks-inbox";
import type { TasksService } from "../tasks/tasks-service";
import { agentStatus } from "./agent-status";
import { closeConnection, findAgent, updateAgent } from "./agents-store";
import { withGiven } from "./given-labels";
import type { Heartbeats } from "./heartbeats";
import type { UsageHistory } from "./usage-history";

export interface AgentIdentity {
  /** The agent's UUID. */
  readonly agentId: string;
  /** Its `agent_id` on the wire. */
  readonly name: string;
}

export interface AgentsInboxDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly heartbeats: Heartbeats;
  readonly usageHistory: UsageHistory;
  readonly tasks: TasksService;
  readonly tasksInbox: TasksInbox;
  readonly sessionsInbox: SessionsInbox;
  readonly homes: HomesService;
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
    const now = this.deps.clock.now();
    const before = await findAgent(this.deps.database, agent.agentId);
    const row = await updateAgent(this.deps.database, agent.agentId, {
      platform: message.platform,
      region: message.region,
      version: message.version,
      ...(before ? withGiven(before, message) : {}),
      metadata: JSON.parse(JSON.stringify(message.metadata)),
      maxCpu: message.capacity.max_cpu ?? null,
      maxMemory: message.capacity.max_memory ?? null,
      maxSessions: message.capacity.max_sessions ?? null,
      connectionId,
      connectedAt: now,
      disconnectedAt: null,
      disconnectReason: null,
      lastHeartbeatAt: now,
      degradedReason: null,
    });
    await this.deps.tasks.resendAll(agent.agentId);
    if (before && agentStatus(before, now).status === "offline") await this.deps.sessionsInbox.agentReturned(agent.agentId);
    // Not awaited: the channel counts the agent as connected once this returns, and only then has the dispatcher something to send to it.
    this.deps.bus
      .publish({ kind: "agent", agentId: agent.agentId })
      .catch((error: unknown) => this.deps.log.warn({ err: error }, "nobody was told that an agent connected"));
    return { heartbeatIntervalSeconds: row.heartbeatIntervalSeconds };
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
      case "inventory":
        await this.deps.homes.reported(agent.agentId, message.homes);
        return this.deps.sessionsInbox.inventory(agent.agentId, message);
    }
  }

  /** Only the agent's current connection counts: an old one that ends late changes nothing. */
  async disconnected(agent: AgentIdentity, connectionId: string, reason: string): Promise<void> {
    const current = await closeConnection(this.deps.database, agent.agentId, connectionId, this.deps.clock.now(), reason.slice(0, 500));
    if (current) await this.deps.bus.publish({ kind: "agent", agentId: agent.agentId });
  }
}

function demandOwnName(agent: AgentIdentity, claimed: string): void {
  if (claimed !== agent.name) throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `'${agent.name}' may not speak for '${claimed}'`);
}
