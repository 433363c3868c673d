import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

/** Whoever sets one decides what every session may be made of. */
export const mayRegistries = (actor: Actor, _action: "see" | "change"): Verdict => (actor.role === "admin" ? "allowed" : "refused");
