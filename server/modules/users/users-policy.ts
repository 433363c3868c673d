import type { Verdict } from "../../platform/verdict";
import type { UserRole } from "./users-schema";

/** Who is asking, as far as any policy cares. */
export interface Actor {
  readonly userId: string;
  readonly role: UserRole;
}

export type UserAction =
  | "list"
  | "see"
  | "create"
  | "invite"
  | "update"
  | "endLogins"
  | "resetSecondFactor"
  | "changeOwnPassword"
  | "changeOwnAccount";

/** People are administered by admins alone; one's own account is one's own. */
export function mayUsers(actor: Actor, action: UserAction): Verdict {
  if (action === "changeOwnPassword" || action === "changeOwnAccount") return "allowed";
  return actor.role === "admin" ? "allowed" : "refused";
}
