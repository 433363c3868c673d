import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

/** Operators and admins see every task; a person sees those of their own sessions. `ownerId` is null where no session is behind it. */
export function mayTasks(actor: Actor, _action: "see", task: { readonly ownerId: string | null }): Verdict {
  return actor.role !== "user" || task.ownerId === actor.userId ? "allowed" : "hidden";
}
