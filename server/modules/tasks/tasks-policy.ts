import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

/** What is done on a host by hand, with its engine, is the admins' alone. */
export const mayOrderTasks = (actor: Actor): Verdict => (actor.role === "admin" ? "allowed" : "refused");

/** Operators and admins see every task; a person sees those of their own sessions. `ownerId` is null where no session is behind it. */
export function mayTasks(actor: Actor, _action: "see", task: { readonly ownerId: string | null }): Verdict {
  return actor.role !== "user" || task.ownerId === actor.userId ? "allowed" : "hidden";
}
