import type { WebhookEventType } from "../../../server/modules/webhooks/webhooks-schema";

export interface EventGroup {
  readonly name: string;
  readonly events: readonly WebhookEventType[];
}

const words: Record<WebhookEventType, string> = {
  "session.created": "created",
  "session.running": "runs for the first time",
  "session.hibernated": "hibernated",
  "session.woken": "woken, and runs again",
  "session.terminated": "terminated",
  "session.failed": "failed",
  "session.deleted": "deleted",
  "agent.online": "online",
  "agent.offline": "offline",
  "agent.draining": "draining",
  "agent.revoked": "removed",
  "task.failed": "failed",
  "user.created": "created",
  "user.disabled": "disabled",
  "template.created": "created",
  "template.updated": "changed",
};
const names: Readonly<Record<string, string>> = {
  session: "A session is",
  agent: "An agent is",
  task: "A task has",
  user: "A person is",
  template: "A template is",
};

const all = Object.keys(words).filter((word): word is WebhookEventType => word in words);
export const eventGroups: readonly EventGroup[] = Object.entries(names).map(([noun, name]) => ({
  name,
  events: all.filter((type) => type.startsWith(`${noun}.`)),
}));
export const eventWord = (type: WebhookEventType): string => words[type];
