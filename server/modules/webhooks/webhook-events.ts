import type { AuditActor } from "../audit/audit-actor";
import type { WebhookEventType } from "./webhooks-schema";

export interface WebhookEvent {
  readonly type: WebhookEventType;
  /** What it is about, never a secret. */
  readonly data: Readonly<Record<string, unknown>>;
}

interface Deed {
  readonly action: string;
  readonly target?: { readonly kind: string; readonly id: string };
  readonly details?: Readonly<Record<string, unknown>>;
}

const madeUsers = new Set(["users.create", "users.create_service_account", "users.invite"]);
const templateEvents: Readonly<Record<string, WebhookEventType>> = {
  "templates.create": "template.created",
  "templates.update": "template.updated",
  "templates.roll_back": "template.updated",
  "templates.import": "template.updated",
};

/** What somebody did, as an event; null for what is none. Each change writes one audit entry, so each is told once. */
export function eventOfDeed(actor: AuditActor, { action, target, details = {} }: Deed): WebhookEvent | null {
  if (!target) return null;
  const { id } = target;
  const by = "name" in actor ? { kind: actor.kind, name: actor.name } : { kind: actor.kind };
  if (action === "sessions.create" || action === "sessions.delete") {
    const { name, owner, template = null, agent = null } = details;
    const type = action === "sessions.create" ? "session.created" : "session.deleted";
    return { type, data: { session: { id, name, user: owner, template, agent }, by } };
  }
  if (action === "agents.remove") return { type: "agent.revoked", data: { agent: { id, name: details.name }, by } };
  if (madeUsers.has(action))
    return { type: "user.created", data: { user: { id, username: details.username, role: details.role ?? "user" }, by } };
  if (action === "users.update" && details.disabled === true)
    return { type: "user.disabled", data: { user: { id, username: details.username, role: details.role }, by } };
  const type = templateEvents[action];
  return type ? { type, data: { template: { id, name: details.name, version: details.version ?? 1 }, by } } : null;
}
