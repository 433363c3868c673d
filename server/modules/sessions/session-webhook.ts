import type { WebhookEvent } from "../webhooks/webhook-events";
import { isOver, type StoredSession } from "./session-status";
import type { SessionEventKind } from "./sessions-schema";

interface Told extends StoredSession {
  readonly id: string;
  readonly name: string;
  readonly startedAt: Date | null;
  readonly failureMessage: string | null;
  readonly user: { readonly username: string };
  readonly template: { readonly name: string };
  readonly agent: { readonly name: string } | null;
}

/** What is told outside of one step of a session's life; null for what is only on its way. */
export function sessionWebhook(before: Told, after: Told, timeline: SessionEventKind | null): WebhookEvent | null {
  const session = {
    id: after.id,
    name: after.name,
    user: after.user.username,
    template: after.template.name,
    agent: after.agent?.name ?? null,
  };
  if ((timeline === "failed" || timeline === "container_lost") && after.observed === "failed")
    return { type: "session.failed", data: { session, error: { code: after.failureCode, message: after.failureMessage } } };
  if (isOver(after) && !isOver(before)) return { type: "session.terminated", data: { session } };
  if (timeline === "running") return { type: before.startedAt === null ? "session.running" : "session.woken", data: { session } };
  return timeline === "hibernated" ? { type: "session.hibernated", data: { session } } : null;
}
