import { formatSpan } from "../../format/time";
import type { Outputs } from "../../trpc/client";
import { isOver, taskLook, wayWords } from "./task-words";

export type TaskDetail = Outputs["tasks"]["get"];

export interface TaskStep {
  readonly word: string;
  readonly at: string;
  readonly note: string | null;
  readonly tone: "plain" | "good" | "warning" | "failed";
}

/** What became of a task, in the order of time; of earlier runs its log has more. */
export function taskSteps(task: TaskDetail): TaskStep[] {
  const steps: TaskStep[] = [{ word: "Created", at: task.createdAt, note: null, tone: "plain" }];
  const span = (from: string, to: string) => formatSpan(Date.parse(to) - Date.parse(from));
  const whom = task.agentId ?? "an agent";
  if (task.sentAt) {
    const way = task.deliveredBy ? ` ${wayWords[task.deliveredBy]}` : "";
    steps.push({ word: task.offered ? "Offered" : "Sent", at: task.sentAt, note: `to ${whom}${way}`, tone: "plain" });
  }
  if (task.acknowledgedAt) {
    const after = task.sentAt ? `after ${span(task.sentAt, task.acknowledgedAt)}` : null;
    steps.push({ word: "Acknowledged", at: task.acknowledgedAt, note: after, tone: "plain" });
  }
  if (task.cancelAskedAt) steps.push({ word: "Cancel asked for", at: task.cancelAskedAt, note: null, tone: "warning" });
  if (task.finishedAt && isOver(task.state)) {
    const tone = task.state === "completed" ? "good" : task.state === "failed" ? "failed" : "plain";
    const began = task.acknowledgedAt ?? task.sentAt;
    const note = began && began <= task.finishedAt ? `took ${span(began, task.finishedAt)}` : null;
    steps.push({ word: taskLook[task.state].word, at: task.finishedAt, note, tone });
  }
  return steps.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** What is waited for; null once it is over. */
export function taskPending(task: TaskDetail, now: number): string | null {
  if (isOver(task.state)) return null;
  const whom = task.agentId ?? "the agent";
  if (task.cancelAskedAt) return `Waiting for ${whom} to stop`;
  if (task.state === "acknowledged") return `${whom} is at work`;
  if (task.state === "sent") return `Waiting for ${whom} to acknowledge it`;
  if (task.notBefore && Date.parse(task.notBefore) > now) return task.retried > 0 ? "Waiting for the next try" : "Waiting for its time";
  return task.agentId ? `Waiting until ${task.agentId} can take it` : "Waiting for an agent that has all it needs";
}

export interface LogLine {
  readonly number: number;
  readonly at: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
}

/** These lines and those that are new among the others, in their order; the same list where none is. */
export function withNewLines(lines: readonly LogLine[], more: readonly LogLine[]): readonly LogLine[] {
  const last = lines.at(-1)?.number ?? 0;
  const fresh = more.filter(({ number }) => number > last);
  return fresh.length === 0 ? lines : [...lines, ...fresh];
}
