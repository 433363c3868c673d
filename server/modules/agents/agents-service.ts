import { resourceUsageSchema } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { observedStateSchema } from "@berth/protocol/session-states";
import { z } from "zod";
import { type Bus, isUsageAlone } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, lock, type Tx } from "../../platform/database";
import { KeptBriefly } from "../../platform/kept-briefly";
import { pagination } from "../../platform/paging";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { IdentityService } from "../identity/identity-service";
import { isOver, sessionState } from "../sessions/session-status";
import type { AgentGateway } from "../tasks/agent-gateway";
import type { TasksService } from "../tasks/tasks-service";
import type { Asker } from "../users/users-schema";
import { agentMissing, agentRevoked } from "./agent-missing";
import { agentStatus } from "./agent-status";
import type {
  Agent,
  AgentDetail,
  agentStatsOutput,
  approveAgentInput,
  listAgentsInput,
  listAgentsOutput,
  orphanInput,
  setAgentStatusInput,
} from "./agents-schema";
import {
  type AgentRow,
  approveAgent,
  countPlacedSessions,
  deleteOrphan,
  findAgent,
  findAgentPage,
  findOrphan,
  findOrphans,
  findReservations,
  findSessionsById,
  findSessionsOn,
  type Reservation,
  updateAgent,
} from "./agents-store";
import { capacityOf, type FleetAgent, fleetAgent, labelsOf } from "./fleet-agent";
import { findRoom } from "./fleet-store";

export interface AgentsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly tasks: TasksService;
  readonly gateway: AgentGateway;
  readonly identity: Pick<IdentityService, "newestCertificate">;
}

/** An agent as one looks for somebody to do a task. */
export interface WorkTaker {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly online: boolean;
}

export type { FleetAgent };

export class AgentsService {
  /** Dashboards and monitors ask for it all the time, and it reads every agent. */
  private readonly figures: KeptBriefly<z.output<typeof agentStatsOutput>>;

  constructor(private readonly deps: AgentsDeps) {
    this.figures = new KeptBriefly(deps.clock);
    deps.bus.beforehand((event) => {
      const counted = event.kind === "session" || event.kind === "agent" || event.kind === "agent_revoked";
      if (counted && !isUsageAlone(event)) this.figures.drop();
    });
  }

  async list(input: z.output<typeof listAgentsInput>): Promise<z.output<typeof listAgentsOutput>> {
    const { database, clock } = this.deps;
    const { status, platform, region, capability, revoked } = input;
    // A status follows from the moment: it is no column.
    const ids =
      status && !revoked ? (await this.fleet(database)).filter((agent) => agent.status === status).map(({ id }) => id) : undefined;
    const filter = { revoked, ids, platform, region, capability, search: input.search?.trim() };
    const { rows, nextCursor, counted } = await findAgentPage(database, filter, input);
    const reservations = await findReservations(
      database,
      rows.map(({ id }) => id),
    );
    const now = clock.now();
    return { agents: rows.map((row) => agentView(row, reservations.get(row.id), now)), pagination: pagination(input, counted, nextCursor) };
  }

  /** Every agent with what is reserved on it, as this moment sees it. Placement looks at the same. */
  async fleet(db: Tx | Database): Promise<FleetAgent[]> {
    const now = this.deps.clock.now();
    return (await findRoom(db)).map((row) => fleetAgent(row, row.reserved, now));
  }

  /** Agents that take work, of all or of these: approved, not revoked and not draining. `online`: by its channel. */
  async takers(ids?: readonly string[]): Promise<WorkTaker[]> {
    const now = this.deps.clock.now();
    const rows = await findRoom(this.deps.database, ids);
    return rows
      .filter(({ approvedAt, revokedAt, draining }) => approvedAt !== null && revokedAt === null && !draining)
      .map((row) => {
        const { id, name, capabilities } = row;
        return { id, name, capabilities, labels: labelsOf(row.labels), online: agentStatus(row, now).status === "online" };
      });
  }

  /** The agent alone: by UUID or `agent_id`. Throws AGENT_NOT_FOUND. */
  async known(ref: string): Promise<Pick<AgentRow, "id" | "name" | "capabilities" | "revokedAt">> {
    const row = await findAgent(this.deps.database, ref);
    if (!row) throw agentMissing(ref);
    return row;
  }

  /** By UUID or `agent_id`. */
  async get(ref: string): Promise<AgentDetail> {
    const { database, clock } = this.deps;
    const row = await findAgent(database, ref);
    if (!row) throw agentMissing(ref);
    const [reservations, sessions, orphans] = await Promise.all([
      findReservations(database, [row.id]),
      findSessionsOn(database, row.id),
      findOrphans(database, row.id),
    ]);
    const claimed = new Map(
      (
        await findSessionsById(
          database,
          orphans.map((orphan) => orphan.sessionId),
        )
      ).map((session) => [session.id, session]),
    );
    const now = clock.now();
    return {
      ...agentView(row, reservations.get(row.id), now),
      identity: {
        keyFingerprint: row.keyFingerprint,
        certificate: await this.deps.identity.newestCertificate(row.id),
        clockSkewMs: row.clockSkewMs,
      },
      nodeApiUrl: row.nodeApiUrl,
      uptimeSeconds:
        row.connectionId && row.connectedAt ? Math.max(0, Math.floor((now.getTime() - row.connectedAt.getTime()) / 1000)) : null,
      sessions: sessions.map((session) => ({
        id: session.id,
        name: session.name,
        user: session.user.username,
        template: session.template.name,
        state: sessionState(session),
      })),
      orphans: orphans.map((orphan) => {
        const session = claimed.get(orphan.sessionId);
        return {
          containerId: orphan.containerId,
          sessionId: orphan.sessionId,
          generation: orphan.generation,
          name: orphan.name,
          image: orphan.image,
          observed: observedStateSchema.parse(orphan.observed),
          firstSeenAt: orphan.firstSeenAt,
          adoptable: row.revokedAt === null && session !== undefined && (isOver(session) || session.agentId !== row.id),
        };
      }),
    };
  }

  stats(): Promise<z.output<typeof agentStatsOutput>> {
    return this.figures.of("all", () => this.readFigures());
  }

  private async readFigures(): Promise<z.output<typeof agentStatsOutput>> {
    const { database, clock } = this.deps;
    const [agents, currentSessions] = await Promise.all([findRoom(database), countPlacedSessions(database)]);
    const now = clock.now();
    const statuses = agents.map((agent) => agentStatus(agent, now).status);
    const count = (status: Agent["status"]) => statuses.filter((one) => one === status).length;
    const maxSessions = agents.reduce((total, agent) => total + (agent.maxSessions ?? 0), 0);
    return {
      totalAgents: agents.length,
      onlineAgents: count("online"),
      offlineAgents: count("offline"),
      drainingAgents: count("draining"),
      degradedAgents: count("degraded"),
      byPlatform: {
        docker: agents.filter((agent) => agent.platform === "docker").length,
        kubernetes: agents.filter((agent) => agent.platform === "kubernetes").length,
      },
      totalCapacity: { maxSessions, currentSessions },
      utilization: {
        percentage: maxSessions === 0 ? 0 : Math.round((currentSessions / maxSessions) * 1000) / 10,
        sessionsAvailable: Math.max(0, maxSessions - currentSessions),
      },
    };
  }

  /** Lets an agent in whose key was looked at. Throws AGENT_APPROVAL_CONFLICT where it has another, or doesn't wait. */
  async approve(asker: Asker, input: z.output<typeof approveAgentInput>): Promise<void> {
    const agentId = await this.deps.database.$transaction(async (tx) => {
      const found = await findAgent(tx, input.id);
      if (!found) throw agentMissing(input.id);
      if (!(await approveAgent(tx, found.id, input.keyFingerprint, this.deps.clock.now()))) {
        const why = found.approvedAt ? "was approved already" : "shows another key than the one that you approved; look at it again";
        throw new BerthError("AGENT_APPROVAL_CONFLICT", `'${found.name}' ${why}`);
      }
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "agents.approve",
        target: { kind: "agent", id: found.id },
        details: { name: found.name, keyFingerprint: input.keyFingerprint },
      });
      return found.id;
    });
    await this.deps.bus.publish({ kind: "agent", agentId });
  }

  /** `draining`: no new sessions. What becomes of those that are there is the caller's business. */
  async setStatus(asker: Asker, input: z.output<typeof setAgentStatusInput>): Promise<Agent> {
    const row = await this.deps.database.$transaction(async (tx) => {
      // No session is being placed on it meanwhile: what is counted is what there is to wait for.
      await lock(tx, "agent", "placement");
      const found = await findAgent(tx, input.id);
      if (!found) throw agentMissing(input.id);
      if (found.revokedAt) throw agentRevoked(found.name);
      const draining = input.status === "draining";
      await this.deps.audit.record(tx, actorOf(asker), {
        action: draining ? "agents.drain" : "agents.undrain",
        target: { kind: "agent", id: found.id },
        details: { name: found.name, ...(draining ? { sessions: input.sessions } : {}) },
      });
      // Asked for again, a drain that goes on counts from where it began.
      if (draining && found.draining) return found;
      const held = draining ? ((await findReservations(tx)).get(found.id)?.sessions ?? 0) : null;
      return updateAgent(tx, found.id, { draining, drainStartedAt: draining ? this.deps.clock.now() : null, drainSessions: held });
    });
    await this.deps.bus.publish({ kind: "agent", agentId: row.id });
    return this.one(row);
  }

  /** Asks the agent to remove a container that no session claims; of a revoked one, which nobody asks any more, it is only forgotten. */
  async removeOrphan(asker: Asker, input: z.output<typeof orphanInput>): Promise<void> {
    const events = await this.deps.database.$transaction(async (tx) => {
      const agent = await findAgent(tx, input.id);
      if (!agent) throw agentMissing(input.id);
      const orphan = await findOrphan(tx, agent.id, input.containerId);
      if (!orphan) throw new BerthError("ORPHAN_NOT_FOUND", `'${agent.name}' has no orphan '${input.containerId}'`);
      const asked = agent.revokedAt
        ? []
        : [
            await this.deps.tasks.enqueue(tx, {
              kind: "orphan.remove",
              agentId: agent.id,
              data: { container_id: orphan.containerId },
              createdById: asker.userId,
            }),
          ];
      await deleteOrphan(tx, agent.id, orphan.containerId);
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "agents.remove_orphan",
        target: { kind: "agent", id: agent.id },
        details: { name: agent.name, containerId: orphan.containerId },
      });
      return [...asked, { kind: "agent", agentId: agent.id } as const];
    });
    await this.deps.bus.publish(...events);
  }

  private async one(row: AgentRow): Promise<Agent> {
    return agentView(row, (await findReservations(this.deps.database)).get(row.id), this.deps.clock.now());
  }
}

const metadataSchema = z.record(z.string(), z.unknown()).catch({});
const keptUsage = resourceUsageSchema.nullable().catch(null);
export function agentView(row: AgentRow, reserved: Reservation | undefined, now: Date): Agent {
  const condition = agentStatus(row, now);
  return {
    id: row.id,
    agentId: row.name,
    name: row.name,
    platform: row.platform,
    region: row.region,
    version: row.version,
    status: condition.status,
    statusSince: condition.since,
    statusReason: condition.reason,
    capacity: capacityOf(row, reserved),
    awaitsApproval: row.approvedAt === null,
    revokedAt: row.revokedAt,
    drain: row.draining && row.drainStartedAt ? { startedAt: row.drainStartedAt, sessions: row.drainSessions ?? 0 } : null,
    capabilities: row.capabilities,
    labels: labelsOf(row.labels),
    metadata: metadataSchema.parse(row.metadata),
    resourceUsage: keptUsage.parse(row.resourceUsage),
    websocketConnId: row.connectionId,
    connectedAt: row.connectedAt,
    lastHeartbeat: row.lastHeartbeatAt,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
