import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

export interface TokenOwner {
  readonly id: string;
  readonly kind: "person" | "service";
}

/**
 * One's own tokens are one's own. Administrators see everyone's and end them, and make them for service accounts; never for another
 * person, whom they would then be. To others, who has which tokens looks as if nobody were there.
 */
export function mayTokens(actor: Actor, action: "see" | "create" | "revoke", owner: TokenOwner): Verdict {
  if (owner.id === actor.userId) return "allowed";
  if (actor.role !== "admin") return "hidden";
  return action === "create" && owner.kind !== "service" ? "refused" : "allowed";
}
