import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

export type SnapshotAction = "see" | "delete";

/** A snapshot holds a person's files: its owner's, and admins' to list and delete. To everyone else it isn't there. */
export function maySnapshots(actor: Actor, _action: SnapshotAction, snapshot: { readonly userId: string }): Verdict {
  return actor.role === "admin" || snapshot.userId === actor.userId ? "allowed" : "hidden";
}

/** Whose session it is, alone: a copy of another's home is nobody's to make. */
export function mayTakeSnapshot(actor: Actor, session: { readonly userId: string }): Verdict {
  if (session.userId === actor.userId) return "allowed";
  return actor.role === "user" ? "hidden" : "refused";
}
