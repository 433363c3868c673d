"use client";
import { formatSpan } from "../../format/time";
import { BusyMark } from "../controls/button";
import { useTimes } from "../data/use-times";
import { eventWords, type TimelineStep } from "./timeline-steps";

const dots: Record<TimelineStep["tone"], string> = {
  plain: "bg-line-strong",
  good: "bg-running",
  warning: "bg-warning",
  failed: "bg-failed",
};

interface TimelineProps {
  steps: readonly TimelineStep[];
  label: string;
  /** What is waited for now; closes the list with a turning mark. */
  pending?: string | null;
}

/** What happened, when, and how long each step of a start took. */
export function Timeline({ steps, label, pending = null }: TimelineProps) {
  const times = useTimes();
  return (
    <ol aria-label={label} className="flex flex-col">
      {steps.map((step, index) => (
        <li key={step.id} className="relative flex gap-3 pb-3 last:pb-0">
          {index < steps.length - 1 || pending ? (
            <span aria-hidden className="absolute top-[17px] -bottom-[4px] left-[3px] w-px bg-line" />
          ) : null}
          <span aria-hidden className={`mt-[7px] size-[7px] shrink-0 rounded-full ${dots[step.tone]}`} />
          <div className="min-w-0 flex-1">
            <div className="flex items-baseline justify-between gap-3">
              <span className={`font-medium ${step.tone === "failed" ? "text-failed" : ""}`}>{eventWords[step.kind]}</span>
              <span className="tabular shrink-0 text-sm text-ink-faint">
                {step.took === null ? (
                  <time dateTime={step.at} title={times?.exact(Date.parse(step.at))}>
                    {times?.clock(Date.parse(step.at)) ?? ""}
                  </time>
                ) : (
                  <span title={times?.exact(Date.parse(step.at))}>+{formatSpan(step.took)}</span>
                )}
              </span>
            </div>
            {step.message && step.message !== eventWords[step.kind] ? (
              <p className="text-sm text-ink-soft wrap-anywhere">{step.message}</p>
            ) : null}
            {step.actor && !step.message.includes(step.actor) ? (
              <p className="text-sm text-ink-faint wrap-anywhere">by {step.actor}</p>
            ) : null}
          </div>
        </li>
      ))}
      {pending ? (
        <li className="flex items-center gap-3 text-ink-soft">
          <span className="-ml-[3px] flex text-moving">
            <BusyMark />
          </span>
          {pending}
        </li>
      ) : null}
    </ol>
  );
}
