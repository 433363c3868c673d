import type { DockerKind } from "@berth/protocol/docker-tasks";
import type { ErrorCode } from "@berth/protocol/errors";
import { CircleCheck, CircleDashed, CircleSlash, CircleX, LoaderCircle, type LucideIcon } from "lucide-react";
import type { TaskKind, TaskState, TaskWay } from "../../../server/modules/tasks/tasks-schema";
import type { StateTone } from "../data/status-mark";

export const taskWords: Readonly<Record<TaskKind, string>> = {
  "session.start": "Start session",
  "session.hibernate": "Hibernate session",
  "session.resize": "Change a session’s limits",
  "session.pull": "Pull a session’s image",
  "session.wake": "Wake session",
  "session.stop": "Stop session",
  "home.delete": "Delete home",
  "snapshot.create": "Take a snapshot",
  "snapshot.delete": "Delete a snapshot",
  "orphan.remove": "Remove orphan",
  "docker.pull": "Pull image",
  "docker.run": "Run container",
  "docker.stop": "Stop container",
  "docker.remove": "Remove container",
  "docker.logs": "Read container’s log",
  "docker.prune": "Clear away leftovers",
};
export const taskKinds = Object.keys(taskWords);
export const isTaskKind = (text: string): text is TaskKind => Object.hasOwn(taskWords, text);
/** Those that admins give by hand, and cancel and try again. */
export const isByHand = (kind: TaskKind): kind is DockerKind => kind.startsWith("docker.");
/** Those whose image may need a name and password for its registry. */
export const mayNeedRegistry = (kind: TaskKind): boolean => kind === "docker.pull" || kind === "docker.run";

export const taskLook: Readonly<Record<TaskState, { tone: StateTone; word: string; icon: LucideIcon }>> = {
  queued: { tone: "moving", word: "Queued", icon: CircleDashed },
  sent: { tone: "moving", word: "Sent", icon: LoaderCircle },
  acknowledged: { tone: "moving", word: "At work", icon: LoaderCircle },
  completed: { tone: "running", word: "Completed", icon: CircleCheck },
  failed: { tone: "failed", word: "Failed", icon: CircleX },
  cancelled: { tone: "ended", word: "Cancelled", icon: CircleSlash },
};

export const isOver = (state: TaskState): boolean => state === "completed" || state === "failed" || state === "cancelled";

export const wayWords: Readonly<Record<TaskWay, string>> = {
  channel: "by its channel",
  stream: "by its task stream",
  heartbeat: "in the reply to its heartbeat",
  poll: "when it asked for tasks",
};

/** What somebody can do about a failure, where its message doesn't say so already. */
export const taskAdvice: Partial<Record<ErrorCode, string>> = {
  IMAGE_NOT_FOUND: "Check the image’s name and tag, then run it again with changes.",
  IMAGE_PULL_DENIED: "The registry wants a name and password, or refuses these. Give them when you try again.",
  IMAGE_PULL_FAILED: "The registry could not be reached from the agent’s host. Try again once it can be.",
  DISK_FULL: "Free space on the host, for instance with the task “Clear away leftovers”, and try again.",
  ENGINE_UNAVAILABLE: "The container engine on the host does not answer. Look after it there, then try again.",
  CONTAINER_NOT_FOUND: "Only containers that tasks made on this agent can be named. Check the name and the agent.",
  CONTAINER_NAME_TAKEN: "Remove the container of that name first, or run this one again under another name.",
  TASK_TIMED_OUT: "What was done of it by then stays on the host. Try again, with a longer time limit if it needs one.",
  TASK_CREDENTIALS_GONE: "The agent lost the registry’s credentials before it was done. Try again and give them anew.",
  COMMAND_UNSUPPORTED: "This agent’s program carries out no such tasks. Update it, or choose another agent.",
  SPEC_REFUSED: "The agent’s own rules refuse this. Run it again with changes.",
};
