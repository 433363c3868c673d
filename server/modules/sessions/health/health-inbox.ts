import type { FromAgentOf } from "@berth/protocol/agent-messages";
import type { HealthPolicy, ToldHealth } from "@berth/protocol/session-health";
import type { Bus, BusEvent } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import { type Database, lock } from "../../../platform/database";
import type { TemplatesService } from "../../templates/templates-service";
import { findSession, insertEvent } from "../sessions-store";
import { findHealth, findProbed, type HealthRow, writeHealth } from "./health-store";
import { planRestart, recentRestarts } from "./restart-plan";

export interface HealthInboxDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly templates: TemplatesService;
}

/** What agents say of how sessions answer their probes. An agent is believed for those that are placed on it, and of the generation that is so now. */
export class HealthInbox {
  constructor(private readonly deps: HealthInboxDeps) {}

  async told(agentId: string, message: FromAgentOf<"session_health">): Promise<void> {
    const news = new Map(message.sessions.map((one) => [one.session_id, one]));
    const ids = [...news.keys()].filter((id) => UUID.test(id));
    // After a reconnect all are told again: of most nothing is new, and no lock is asked for.
    const rows = await findProbed(this.deps.database, agentId, ids);
    const events: BusEvent[] = [];
    for (const row of rows) {
      const one = news.get(row.id);
      if (one && one.generation === row.generation && !isSame(row.health, one)) events.push(...(await this.take(agentId, one)));
    }
    await this.deps.bus.publish(...events);
  }

  private take(agentId: string, one: ToldHealth): Promise<BusEvent[]> {
    const { database, clock, templates } = this.deps;
    return database.$transaction(async (tx) => {
      await lock(tx, "session", one.session_id);
      const session = await findSession(tx, one.session_id);
      if (!session || session.agentId !== agentId || session.generation !== one.generation) return [];
      const before = await findHealth(tx, session.id);
      const same = before?.generation === one.generation ? before : null;
      // An agent that was started anew knows no better.
      if (same && one.health === "starting" && same.health !== "starting") return [];
      const now = clock.now();
      const { health: policy } = await templates.ofVersion(tx, session.template, session.templateVersion);
      const changed = same?.health !== one.health;
      await writeHealth(tx, session.id, {
        generation: one.generation,
        health: one.health,
        reason: one.reason,
        since: changed ? sinceOf(one, now) : same.since,
        probes: one.probes,
        ...(session.warmAt ? {} : nextRestart(policy, one, before, now)),
      });
      const turned = one.health === "unhealthy" ? changed : one.health === "healthy" && same?.health === "unhealthy";
      if (turned)
        await insertEvent(tx, {
          sessionId: session.id,
          at: now,
          kind: one.health === "unhealthy" ? "unhealthy" : "healthy_again",
          message: one.health === "unhealthy" ? `It is unhealthy: ${one.reason ?? "its probes fail"}`.slice(0, 500) : "It is healthy again",
          actorId: null,
        });
      return [{ kind: "inside", sessionId: session.id, userId: session.userId, about: "health" }];
    });
  }
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** What is said of restarts from now on. A generation that somebody else began starts the count anew. */
function nextRestart(policy: HealthPolicy, one: ToldHealth, before: HealthRow | null, now: Date) {
  const byPolicy = before !== null && (before.generation === one.generation || before.restartGeneration === one.generation);
  const restarts = byPolicy ? recentRestarts(before.restarts, now) : [];
  const calm = { restarts, restartAt: null, gaveUpAt: null };
  if (one.health !== "unhealthy" || policy.onUnhealthy !== "restart") return calm;
  const planned = before?.generation === one.generation ? before : null;
  if (planned?.restartAt || planned?.gaveUpAt) return { ...calm, restartAt: planned.restartAt, gaveUpAt: planned.gaveUpAt };
  const plan = planRestart(policy, restarts, now);
  return "at" in plan ? { ...calm, restartAt: plan.at } : { ...calm, gaveUpAt: now };
}

function isSame(row: HealthRow | null, one: ToldHealth): boolean {
  if (row?.generation !== one.generation || row.health !== one.health || row.reason !== one.reason) return false;
  return Array.isArray(row.probes) && key(row.probes) === key(one.probes);
}

/** A database gives fields in an order of its own. */
const key = (probes: readonly unknown[]): string =>
  JSON.stringify(probes.map((probe) => (typeof probe === "object" && probe !== null ? Object.entries(probe).sort() : probe)));

/** By the agent's clock, where it can be read and isn't ahead of ours. */
function sinceOf({ since }: ToldHealth, now: Date): Date {
  const at = new Date(since);
  return Number.isNaN(at.getTime()) || at > now ? now : at;
}
