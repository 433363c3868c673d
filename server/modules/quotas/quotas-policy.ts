import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

/** What everyone of a role may have is the administrators' business. One's own usage is one's own (`account.usage`). */
export const mayQuotas = (actor: Actor, _action: "see" | "set"): Verdict => (actor.role === "admin" ? "allowed" : "refused");
