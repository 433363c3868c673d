import type { SessionEventKind } from "../../../server/modules/sessions/sessions-schema";

export interface TimelineEvent {
  readonly id: string;
  readonly at: string;
  readonly kind: SessionEventKind;
  readonly message: string;
  readonly actor: string | null;
}

export interface TimelineStep extends TimelineEvent {
  /** Milliseconds since the step before it in the same start; null for the first, and for what is no step of a start. */
  readonly took: number | null;
  readonly tone: "plain" | "good" | "warning" | "failed";
}

export interface Start {
  /** From the click to here; null while it is under way. */
  readonly totalMs: number | null;
  readonly endedBy: "first_frame" | "running" | "failed" | null;
}

/** The events that begin a start, and the steps that belong to one. */
const beginnings: ReadonlySet<SessionEventKind> = new Set(["requested", "wake_requested", "version_replaced"]);
const startSteps: ReadonlySet<SessionEventKind> = new Set([
  "queued",
  "placed",
  "claimed",
  "command_sent",
  "image_pulling",
  "image_pulled",
  "home_copied",
  "container_created",
  "container_started",
  "display_ready",
  "running",
  "first_frame",
]);
const tones: Partial<Record<SessionEventKind, TimelineStep["tone"]>> = {
  running: "good",
  first_frame: "good",
  display_ready: "good",
  agent_returned: "good",
  adopted: "good",
  failed: "failed",
  version_updated: "good",
  version_rolled_back: "warning",
  update_failed: "failed",
  container_lost: "failed",
  viewer_failed: "warning",
  resize_failed: "warning",
  agent_lost: "warning",
  agent_revoked: "warning",
  force_terminated: "warning",
};

export const eventWords: Readonly<Record<SessionEventKind, string>> = {
  requested: "Requested",
  queued: "Waiting for room",
  placed: "Placed",
  claimed: "Claimed from the warm pool",
  resized: "Limits changed",
  resize_failed: "Limits not changed",
  command_sent: "Sent to the agent",
  image_pulling: "Pulling the image",
  image_pulled: "Image ready",
  home_copied: "Home copied from its snapshot",
  container_created: "Container created",
  container_started: "Container started",
  display_ready: "Display ready",
  running: "Running",
  viewer_opened: "Screen opened",
  policy_changed: "Policy changed",
  viewer_closed: "Screen closed",
  viewer_failed: "Screen could not be opened",
  first_frame: "First frame",
  hibernate_requested: "Hibernation requested",
  hibernated: "Hibernated",
  wake_requested: "Wake requested",
  terminate_requested: "Termination requested",
  force_terminated: "Terminated by force",
  terminated: "Terminated",
  failed: "Failed",
  container_lost: "Container lost",
  agent_lost: "Agent lost",
  agent_revoked: "Agent revoked",
  agent_returned: "Agent returned",
  adopted: "Adopted",
  idle_hibernated: "Hibernated when idle",
  unhealthy: "Unhealthy",
  healthy_again: "Healthy again",
  health_restarted: "Restarted for being unhealthy",
  logs_read: "Log read",
  files_opened: "Files opened",
  environment_changed: "Environment changed",
  terminal_opened: "Terminal opened",
  terminal_closed: "Terminal closed",
  port_opened: "Port opened",
  config_reloaded: "Configuration read again",
  config_reload_failed: "Configuration not read again",
  update_requested: "Update requested",
  version_replaced: "Image replaced",
  version_updated: "Updated",
  version_rolled_back: "Rolled back",
  update_failed: "Update failed",
  update_cancelled: "Update cancelled",
};

/** Events in the order in which they happened, with how long each step of a start took. */
export function timelineSteps(events: readonly TimelineEvent[]): TimelineStep[] {
  const ordered = inOrder(events);
  let previous: number | null = null;
  return ordered.map((event) => {
    const at = Date.parse(event.at);
    let took: number | null = null;
    if (beginnings.has(event.kind)) previous = at;
    else if (startSteps.has(event.kind) && previous !== null) {
      took = Math.max(0, at - previous);
      previous = at;
    } else if (event.kind === "failed" || event.kind === "terminated") previous = null;
    return { ...event, took, tone: tones[event.kind] ?? "plain" };
  });
}

/** The last start alone: what is shown while a session comes up. */
export function lastStart(events: readonly TimelineEvent[]): { steps: TimelineStep[]; start: Start } {
  const steps = timelineSteps(events);
  const from = steps.findLastIndex((step) => beginnings.has(step.kind));
  if (from < 0) return { steps: [], start: { totalMs: null, endedBy: null } };
  const since = steps.slice(from);
  const mine = since.filter((step, index) => index === 0 || startSteps.has(step.kind) || step.kind === "failed");
  const end =
    mine.find((step) => step.kind === "first_frame") ??
    mine.find((step) => step.kind === "running") ??
    mine.find((step) => step.kind === "failed");
  const first = mine[0];
  if (!end || !first) return { steps: mine, start: { totalMs: null, endedBy: null } };
  const endedBy = end.kind === "first_frame" || end.kind === "running" ? end.kind : "failed";
  return { steps: mine, start: { totalMs: Date.parse(end.at) - Date.parse(first.at), endedBy } };
}

/** Ids grow with time where moments are equal. */
function inOrder(events: readonly TimelineEvent[]): TimelineEvent[] {
  return [...events].sort((one, other) => Date.parse(one.at) - Date.parse(other.at) || compareIds(one.id, other.id));
}

function compareIds(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}
