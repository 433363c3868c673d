"use client";
import { CircleCheck, Droplets } from "lucide-react";
import type { Outputs } from "../../trpc/client";
import { Elapsed } from "../data/relative-time";
import { drainProgress } from "./drain-words";

/** How far the drain of an agent is. */
export function DrainPanel({ agent }: { agent: Outputs["agents"]["get"] }) {
  const progress = drainProgress(agent);
  if (!agent.drain || !progress) return null;
  const { left, of, words } = progress;
  const done = left === 0;
  const Mark = done ? CircleCheck : Droplets;
  return (
    <section aria-label="Drain" className="flex flex-col gap-3 rounded-lg border border-line bg-surface px-4 py-3">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <p role="status" className={`flex items-center gap-2 font-medium ${done ? "text-running" : "text-moving"}`}>
          <Mark aria-hidden className="size-4" />
          {done ? "Drained" : "Draining"}: {words}
        </p>
        <p className="text-sm text-ink-soft">
          for <Elapsed since={agent.drain.startedAt} />
        </p>
      </div>
      {of > 0 ? (
        <div
          role="progressbar"
          aria-label="Sessions that have left"
          aria-valuemin={0}
          aria-valuemax={of}
          aria-valuenow={of - left}
          aria-valuetext={words}
          className="h-1.5 overflow-hidden rounded-full bg-sunken"
        >
          <div
            className={`h-full rounded-full transition-[width] duration-150 ${done ? "bg-running" : "bg-moving"}`}
            style={{ width: `${((of - left) / of) * 100}%` }}
          />
        </div>
      ) : null}
      <p className="text-sm text-ink-soft">
        {done
          ? "Nothing runs here: the host can be worked on. Hibernated sessions stay, and their people can still wake them."
          : "No new sessions are placed here. Those that run go on until their people end or hibernate them."}
      </p>
    </section>
  );
}
