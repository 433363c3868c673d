import type { ProbeResult } from "@berth/protocol/session-health";
import { SESSION_HEALTH } from "@berth/protocol/session-health";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { agentStatus } from "../../agents/agent-status";
import type { TemplatesService } from "../../templates/templates-service";
import { isOver, sessionPhase } from "../session-status";
import { sessionMissing } from "../sessions-service";
import { findSession } from "../sessions-store";
import { findHealth } from "./health-store";
import type { HealthWord } from "./health-words";
import { healthView, probesView, type RestartsView, restartsView } from "./session-health";

/** Reads what is known of a session's health. Whoever calls has asked the policy. */
export class HealthService {
  constructor(private readonly deps: { readonly database: Database; readonly clock: Clock; readonly templates: TemplatesService }) {}

  /** Null where there is no such session. */
  async word(sessionId: string): Promise<HealthWord | null> {
    const row = await findSession(this.deps.database, sessionId);
    if (!row) return null;
    const offline = row.agent ? agentStatus(row.agent, this.deps.clock.now()).status === "offline" : !isOver(row);
    return healthView(sessionPhase(row, offline), row.generation, row.health).word;
  }

  /** Beside its health: what each probe answered and what was done about it. Throws SESSION_NOT_FOUND. */
  async told(sessionId: string): Promise<{ probes: ProbeResult[]; restarts: RestartsView; probed: boolean }> {
    const { database, clock, templates } = this.deps;
    const row = await findSession(database, sessionId);
    if (!row) throw sessionMissing(sessionId);
    const [health, template] = await Promise.all([
      findHealth(database, sessionId),
      database.$transaction((tx) => templates.ofVersion(tx, row.template, row.templateVersion)),
    ]);
    const probed = template.health.probes.length > 0 && row.agent?.capabilities.includes(SESSION_HEALTH) === true;
    const current = health?.generation === row.generation && row.observed === "running" ? health : null;
    return { probes: probesView(current), restarts: restartsView(template.health, health, clock.now()), probed };
  }
}
