import type { BusEvent } from "../../platform/bus";
import type { Actor } from "../users/users-policy";
import { WARM_POOL_OWNER } from "../users/warm-pool-owner";
import type { LiveEvent } from "./live-schema";

/** What a person may hear of an event, or null. `ownerOfSession` is known for events of sessions' tasks. */
export function heardBy(actor: Actor, event: BusEvent, ownerOfSession: string | null): LiveEvent | null {
  if ((event.kind === "session" || event.kind === "home" || event.kind === "inside") && event.userId === WARM_POOL_OWNER) return null;
  const staff = actor.role !== "user";
  switch (event.kind) {
    case "session":
      return staff || event.userId === actor.userId ? { kind: "session", id: event.sessionId } : null;
    case "task":
      return staff || (ownerOfSession !== null && ownerOfSession === actor.userId)
        ? { kind: "task", id: event.taskId, sessionId: event.sessionId }
        : null;
    case "agent":
    case "agent_revoked":
      return staff ? { kind: "agent", id: event.agentId } : null;
    case "template":
      return { kind: "template", id: event.templateId };
    case "user":
      return actor.role === "admin" || event.userId === actor.userId ? { kind: "user", id: event.userId } : null;
    case "home":
      return actor.role === "admin" || event.userId === actor.userId ? { kind: "home", id: event.homeId } : null;
    case "viewers":
      return actor.role === "admin" || event.userId === actor.userId || event.audience.includes(actor.userId)
        ? { kind: "viewers", id: event.sessionId }
        : null;
    case "inside":
      return staff || event.userId === actor.userId ? { kind: "inside", id: event.sessionId, about: event.about } : null;
    case "queue":
      return { kind: "queue" };
    case "access":
    case "logout":
    // The task's own event follows when something comes of it.
    case "task_cancel":
      return null;
  }
}
