import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

export type TemplateAction = "see" | "write" | "writeCompatible";

/** Everyone starts sessions from templates; what runs on the hosts, and with which rights, is for admins to say. */
export function mayTemplates(actor: Actor, action: TemplateAction): Verdict {
  if (action === "see") return "allowed";
  return actor.role === "admin" ? "allowed" : "refused";
}
