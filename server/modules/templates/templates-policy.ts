import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";

/** `inspect`: its versions and who wrote them, its file, its use. */
export type TemplateAction = "see" | "inspect" | "write" | "writeCompatible";

/** Everyone starts sessions from templates; staff sees what became of them; what runs on the hosts, and with which rights, is for admins to say. */
export function mayTemplates(actor: Actor, action: TemplateAction): Verdict {
  if (action === "see") return "allowed";
  if (action === "inspect") return actor.role === "user" ? "refused" : "allowed";
  return actor.role === "admin" ? "allowed" : "refused";
}
