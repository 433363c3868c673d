import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, lock } from "../../platform/database";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { StrandedSessions } from "../sessions/orphans/stranded-sessions";
import type { AgentGateway } from "../tasks/agent-gateway";
import type { TasksInbox } from "../tasks/tasks-inbox";
import type { Asker } from "../users/users-schema";
import { agentMissing } from "./agent-missing";
import { findGone, findRevoked, forgetRevoked, hasOpenEnds, markRevoked } from "./agent-revocation-store";
import { findAgent } from "./agents-store";

/** For so long the tasks that ended with their agent can still be read. */
const TOLD_MS = 24 * 3_600_000;

export interface RevocationDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly gateway: AgentGateway;
  readonly tasksInbox: TasksInbox;
  readonly stranded: StrandedSessions;
}

/**
 * Takes an agent's access back, in two steps: first it may do nothing any more, at every control plane; then what was asked of it ends and
 * its sessions say so. A crash in between leaves the second step to `sweep`.
 */
export class AgentRevocation {
  constructor(private readonly deps: RevocationDeps) {}

  /** Whatever it holds. Of one that was revoked before nothing changes. Throws AGENT_NOT_FOUND. */
  async revoke(asker: Asker, ref: string): Promise<void> {
    const { database, bus, clock, gateway, audit } = this.deps;
    const agent = await database.$transaction(async (tx) => {
      // No session is being placed on it meanwhile.
      await lock(tx, "agent", "placement");
      const found = await findAgent(tx, ref);
      if (!found) throw agentMissing(ref);
      const revokedAt = clock.now();
      if (!(await markRevoked(tx, found.id, revokedAt, "its access was revoked"))) return null;
      await audit.record(tx, actorOf(asker), {
        action: "agents.remove",
        target: { kind: "agent", id: found.id },
        details: { name: found.name },
      });
      return { id: found.id, name: found.name, revokedAt };
    });
    if (!agent) return;
    gateway.disconnect(agent.id, "its access was revoked");
    await bus.publish({ kind: "agent_revoked", agentId: agent.id }, { kind: "agent", agentId: agent.id });
    await this.windUp(agent);
    await this.forget(agent.id);
  }

  /** Which of these agents may not come in any more. */
  async gone(agentIds: readonly string[]): Promise<string[]> {
    return agentIds.length === 0 ? [] : findGone(this.deps.database, agentIds);
  }

  /** Ends what was left open when a control plane stopped half-way, and forgets agents of which nothing is left. */
  async sweep(): Promise<void> {
    for (const agent of await findRevoked(this.deps.database)) {
      if (await hasOpenEnds(this.deps.database, agent.id)) await this.windUp(agent);
      await this.forget(agent.id);
    }
  }

  private async windUp(agent: { readonly id: string; readonly name: string; readonly revokedAt: Date }): Promise<void> {
    await this.deps.tasksInbox.failAll(agent.id, { code: "AGENT_REVOKED", message: `Its agent '${agent.name}' was revoked` });
    await this.deps.stranded.leftBy(agent);
    await this.deps.bus.publish({ kind: "agent", agentId: agent.id });
  }

  private async forget(id: string): Promise<void> {
    await forgetRevoked(this.deps.database, id, new Date(this.deps.clock.now().getTime() - TOLD_MS));
  }
}
