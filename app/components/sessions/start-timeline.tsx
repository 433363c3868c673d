"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { formatSpan } from "../../format/time";
import { useTRPC } from "../../trpc/client";
import { Elapsed } from "../data/relative-time";
import { Timeline } from "./timeline";
import { lastStart } from "./timeline-steps";

interface StartTimelineProps {
  sessionId: string;
  /** In words what is waited for, where the agent says. */
  progress: string | null;
  underWay: boolean;
}

/** The last start as it happens: each step with its duration, and what is waited for now. */
export function StartTimeline({ sessionId, progress, underWay }: StartTimelineProps) {
  const trpc = useTRPC();
  const events = useQuery(trpc.sessions.events.queryOptions({ id: sessionId }));
  const { steps, start } = lastStart(events.data?.events ?? []);
  const first = steps[0];
  const scroller = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new step is to be seen
  useEffect(() => {
    if (underWay && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [underWay, steps.length]);
  if (!first) return null;
  return (
    <div className="flex flex-col gap-3">
      <div ref={scroller} className="max-h-[55dvh] overflow-y-auto pr-1">
        <Timeline steps={steps} label="Start" pending={underWay ? (progress ?? "Waiting for the next step") : null} />
      </div>
      <p className="flex justify-between border-t border-line pt-2 text-sm text-ink-faint">
        <span>{start.endedBy === "failed" ? "Failed after" : underWay ? "So far" : "In all"}</span>
        {start.totalMs === null ? <Elapsed since={first.at} /> : <span className="tabular">{formatSpan(start.totalMs)}</span>}
      </p>
    </div>
  );
}
