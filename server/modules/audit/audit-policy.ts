import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

export const mayAudit = (actor: Actor, _action: "see"): Verdict => (actor.role === "admin" ? "allowed" : "refused");
