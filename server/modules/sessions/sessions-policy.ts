import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

/** `screen`: see or use what the session shows. `createForOther` and `screen` of another's ask more: see `openViewer`. */
export type SessionAction = "see" | "create" | "hibernate" | "wake" | "terminate" | "forceTerminate" | "delete" | "screen";

const forOthers: Record<"operator", Record<SessionAction, boolean>> = {
  operator: { see: true, create: false, hibernate: true, wake: true, terminate: true, forceTerminate: false, delete: true, screen: false },
};

/** Own sessions: everything but force. Another's: hidden from users, lifecycle for operators, everything for admins. */
export function maySessions(actor: Actor, action: SessionAction, session: { readonly userId: string }): Verdict {
  if (actor.role === "admin") return "allowed";
  if (session.userId === actor.userId) return action === "forceTerminate" ? "refused" : "allowed";
  if (actor.role === "operator") return forOthers.operator[action] ? "allowed" : "refused";
  return action === "create" ? "refused" : "hidden";
}
