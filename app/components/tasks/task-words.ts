import { CircleCheck, CircleDashed, CircleSlash, CircleX, LoaderCircle, type LucideIcon } from "lucide-react";
import type { TaskKind, TaskState } from "../../../server/modules/tasks/tasks-schema";
import type { StateTone } from "../data/status-mark";

export const taskWords: Readonly<Record<TaskKind, string>> = {
  "session.start": "Start session",
  "session.hibernate": "Hibernate session",
  "session.resize": "Change a session’s limits",
  "session.wake": "Wake session",
  "session.stop": "Stop session",
  "home.delete": "Delete home",
  "orphan.remove": "Remove orphan",
  "docker.pull": "Pull image",
  "docker.run": "Run container",
  "docker.stop": "Stop container",
  "docker.remove": "Remove container",
  "docker.logs": "Read container’s log",
  "docker.prune": "Clear away leftovers",
};

export const taskLook: Readonly<Record<TaskState, { tone: StateTone; word: string; icon: LucideIcon }>> = {
  queued: { tone: "moving", word: "Queued", icon: CircleDashed },
  sent: { tone: "moving", word: "Sent", icon: LoaderCircle },
  acknowledged: { tone: "moving", word: "At work", icon: LoaderCircle },
  completed: { tone: "running", word: "Completed", icon: CircleCheck },
  failed: { tone: "failed", word: "Failed", icon: CircleX },
  cancelled: { tone: "ended", word: "Cancelled", icon: CircleSlash },
};
