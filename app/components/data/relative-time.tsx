"use client";
import { formatSpan, relativeTime } from "../../format/time";
import { useNow } from "./now";
import { useTimes } from "./use-times";

/** How long ago, with the exact moment on hover. */
export function RelativeTime({ at, className = "" }: { at: string | null; className?: string }) {
  const now = useNow();
  const times = useTimes();
  if (at === null) return <span className={`text-ink-faint ${className}`}>never</span>;
  const moment = Date.parse(at);
  return (
    <time dateTime={at} title={times?.exact(moment)} className={`tabular whitespace-nowrap ${className}`}>
      {relativeTime(moment, now)}
    </time>
  );
}

/** How long since; keeps counting. */
export function Elapsed({ since, className = "" }: { since: string; className?: string }) {
  const seconds = Math.max(0, Math.floor((useNow() - Date.parse(since)) / 1000));
  return <span className={`tabular whitespace-nowrap ${className}`}>{seconds < 60 ? `${seconds} s` : formatSpan(seconds * 1000)}</span>;
}
