import type { WebhookEventType } from "../../../server/modules/webhooks/webhooks-schema";

export interface EventGroup {
  readonly name: string;
  readonly events: readonly WebhookEventType[];
}

const words: Record<WebhookEventType, string> = {
  "session.created": "created",
  "session.running": "running",
  "session.hibernated": "hibernated",
  "session.woken": "running again",
  "session.terminated": "terminated",
  "session.failed": "failed",
  "session.deleted": "deleted",
  "agent.online": "online",
  "agent.offline": "offline",
  "agent.draining": "draining",
  "agent.revoked": "removed",
  "task.failed": "failed",
  "user.created": "added",
  "user.disabled": "disabled",
  "template.created": "created",
  "template.updated": "changed",
};
const names: Readonly<Record<string, string>> = {
  session: "Sessions",
  agent: "Agents",
  task: "Tasks",
  user: "People",
  template: "Templates",
};

const all = Object.keys(words).filter((word): word is WebhookEventType => word in words);
export const eventGroups: readonly EventGroup[] = Object.entries(names).map(([noun, name]) => ({
  name,
  events: all.filter((type) => type.startsWith(`${noun}.`)),
}));
export const eventWord = (type: WebhookEventType): string => words[type];
