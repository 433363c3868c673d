import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

export type HomeAction = "see" | "delete";

/** A home holds a person's files: its owner's, and admins'. To everyone else it isn't there. */
export function mayHomes(actor: Actor, _action: HomeAction, home: { readonly userId: string }): Verdict {
  return actor.role === "admin" || home.userId === actor.userId ? "allowed" : "hidden";
}
