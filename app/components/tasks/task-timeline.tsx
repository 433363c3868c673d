"use client";
import { BusyMark } from "../controls/button";
import { useNow } from "../data/now";
import { useTimes } from "../data/use-times";
import { type TaskDetail, type TaskStep, taskPending, taskSteps } from "./task-steps";

const dots: Record<TaskStep["tone"], string> = {
  plain: "bg-line-strong",
  good: "bg-running",
  warning: "bg-warning",
  failed: "bg-failed",
};

/** When it was made, sent, acknowledged and over, and what is waited for now. */
export function TaskTimeline({ task }: { task: TaskDetail }) {
  const times = useTimes();
  const steps = taskSteps(task);
  const pending = taskPending(task, useNow());
  return (
    <ol aria-label="Timeline" className="flex flex-col">
      {steps.map((step, index) => (
        <li key={step.word} className="relative flex gap-3 pb-3 last:pb-0">
          {index < steps.length - 1 || pending ? (
            <span aria-hidden className="absolute top-[17px] -bottom-[4px] left-[3px] w-px bg-line" />
          ) : null}
          <span aria-hidden className={`mt-[7px] size-[7px] shrink-0 rounded-full ${dots[step.tone]}`} />
          <div className="min-w-0 flex-1">
            <div className="flex items-baseline justify-between gap-3">
              <span className={`font-medium ${step.tone === "failed" ? "text-failed" : ""}`}>{step.word}</span>
              <time dateTime={step.at} title={times?.exact(Date.parse(step.at))} className="tabular shrink-0 text-sm text-ink-faint">
                {times?.clock(Date.parse(step.at)) ?? ""}
              </time>
            </div>
            {step.note ? <p className="text-sm text-ink-soft wrap-anywhere">{step.note}</p> : null}
          </div>
        </li>
      ))}
      {pending ? (
        <li className="flex items-center gap-3 text-ink-soft">
          <span className="-ml-[3px] flex text-moving">
            <BusyMark />
          </span>
          <span className="min-w-0 wrap-anywhere">{pending}</span>
        </li>
      ) : null}
    </ol>
  );
}
