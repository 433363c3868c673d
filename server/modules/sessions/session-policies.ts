import { BerthError } from "@berth/protocol/errors";
import {
  changedPolicy,
  fieldsBeyond,
  type SessionPolicy,
  type SessionPolicyChange,
  sessionPolicySchema,
} from "@berth/protocol/session-policy";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, lock } from "../../platform/database";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import { effectivePolicy } from "./effective-policy";
import { sessionMissing } from "./sessions-service";
import { findDisplays, findSession, insertEvent } from "./sessions-store";
import { writePolicy } from "./sharing/shares-store";

/** The policy after a change. Throws AUTH_INSUFFICIENT_PERMISSIONS for what only an administrator may allow. */
export function policyFor(
  asker: Pick<Asker, "role">,
  change: SessionPolicyChange,
  current: SessionPolicy,
  ceiling: SessionPolicy,
): SessionPolicy {
  const beyond = fieldsBeyond(change, ceiling);
  if (beyond.length > 0 && asker.role !== "admin")
    throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `The template does not allow ${beyond.join(", ")}; ask an administrator`, {
      details: { fields: Object.fromEntries(beyond.map((field) => [`policy.${field}`, "not allowed by the template"])) },
    });
  return changedPolicy(current, change);
}

export interface SessionPoliciesDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
}

/** Changes what may leave and enter a session by its screen; open viewers hear of it by the bus (`ViewerRooms`). */
export class SessionPolicies {
  constructor(private readonly deps: SessionPoliciesDeps) {}

  async change(asker: Asker, id: string, change: SessionPolicyChange): Promise<void> {
    const event = await this.deps.database.$transaction(async (tx) => {
      await lock(tx, "session", id);
      const row = await findSession(tx, id);
      const version = row && (await findDisplays(tx, [row])).get(row.id);
      if (!row || !version) throw sessionMissing(id);
      const before = effectivePolicy(row, version);
      const after = policyFor(asker, change, before, sessionPolicySchema.parse(version.policy));
      await writePolicy(tx, id, after);
      const words = Object.entries(change).map(([field, allowed]) => `${field} ${allowed ? "on" : "off"}`);
      const message = `${asker.username} changed what the screen allows: ${words.join(", ")}`;
      await insertEvent(tx, { sessionId: id, at: this.deps.clock.now(), kind: "policy_changed", message, actorId: asker.userId });
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "sessions.set_policy",
        target: { kind: "session", id },
        details: { name: row.name, owner: row.user.username, ...after },
      });
      return { kind: "session" as const, sessionId: id, userId: row.userId, agentId: row.agentId };
    });
    await this.deps.bus.publish(event);
  }
}
