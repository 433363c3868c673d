import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

/** What they are told is everyone's doings, and where it goes is the network's business: administrators' alone. */
export const mayWebhooks = (actor: Actor, _action: "see" | "change"): Verdict => (actor.role === "admin" ? "allowed" : "refused");
