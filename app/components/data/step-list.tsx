"use client";
import { formatSpan } from "../../format/time";
import { BusyMark } from "../controls/button";
import { useTimes } from "./use-times";

export interface ListedStep {
  readonly key: string;
  readonly tone: "plain" | "good" | "warning" | "failed";
  readonly word: string;
  /** When it was. */
  readonly at: string;
  /** Milliseconds since the step before, where that says more than the hour. */
  readonly took?: number | null;
  readonly note?: string | null | undefined;
  /** Smaller than the note. */
  readonly by?: string | null | undefined;
}

const dots: Record<ListedStep["tone"], string> = {
  plain: "bg-line-strong",
  good: "bg-running",
  warning: "bg-warning",
  failed: "bg-failed",
};

interface StepListProps {
  steps: readonly ListedStep[];
  label: string;
  /** What is waited for now; closes the list with a turning mark. */
  pending?: string | null;
}

/** What happened, one under the other on a line, the oldest first. */
export function StepList({ steps, label, pending = null }: StepListProps) {
  return (
    <ol aria-label={label} className="flex flex-col">
      {steps.map(({ key, tone, word, at, took = null, note, by }, index) => (
        <li key={key} className="relative flex gap-3 pb-3 last:pb-0">
          {index < steps.length - 1 || pending ? (
            <span aria-hidden className="absolute top-[17px] -bottom-[4px] left-[3px] w-px bg-line" />
          ) : null}
          <span aria-hidden className={`mt-[7px] size-[7px] shrink-0 rounded-full ${dots[tone]}`} />
          <div className="min-w-0 flex-1">
            <div className="flex items-baseline justify-between gap-3">
              <span className={`font-medium ${tone === "failed" ? "text-failed" : ""}`}>{word}</span>
              <When at={at} took={took} />
            </div>
            {note ? <p className="text-sm text-ink-soft wrap-anywhere">{note}</p> : null}
            {by ? <p className="text-sm text-ink-faint wrap-anywhere">by {by}</p> : null}
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

function When({ at, took }: { at: string; took: number | null }) {
  const times = useTimes();
  const exact = times?.exact(Date.parse(at));
  return (
    <span className="tabular shrink-0 text-sm text-ink-faint">
      {took === null ? (
        <time dateTime={at} title={exact}>
          {times?.clock(Date.parse(at)) ?? ""}
        </time>
      ) : (
        <span title={exact}>+{formatSpan(took)}</span>
      )}
    </span>
  );
}
