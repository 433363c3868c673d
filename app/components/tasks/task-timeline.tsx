"use client";
import { useNow } from "../data/now";
import { StepList } from "../data/step-list";
import { type TaskDetail, taskPending, taskSteps } from "./task-steps";

/** When it was made, sent, acknowledged and over, and what is waited for now. */
export function TaskTimeline({ task }: { task: TaskDetail }) {
  const steps = taskSteps(task).map((step) => ({ ...step, key: step.word }));
  return <StepList label="Timeline" steps={steps} pending={taskPending(task, useNow())} />;
}
