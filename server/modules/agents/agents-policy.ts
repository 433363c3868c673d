import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

export type AgentAction = "see" | "label" | "drain" | "remove" | "orphans" | "enrol" | "approve" | "address";

const operatorMay: Record<AgentAction, boolean> = {
  see: true,
  label: true,
  drain: true,
  remove: true,
  orphans: true,
  enrol: false,
  approve: false,
  address: false,
};

/** Hosts are the operators' business; who may join the fleet is the admins'. */
export function mayAgents(actor: Actor, action: AgentAction): Verdict {
  if (actor.role === "admin") return "allowed";
  return actor.role === "operator" && operatorMay[action] ? "allowed" : "refused";
}
