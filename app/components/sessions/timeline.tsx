"use client";
import { StepList } from "../data/step-list";
import { eventWords, type TimelineStep } from "./timeline-steps";

interface TimelineProps {
  steps: readonly TimelineStep[];
  label: string;
  pending?: string | null;
}

/** What happened to a session, when, and how long each step of a start took. */
export function Timeline({ steps, ...list }: TimelineProps) {
  return (
    <StepList
      {...list}
      steps={steps.map(({ id, kind, message, actor, ...step }) => ({
        ...step,
        key: id,
        word: eventWords[kind],
        note: message === eventWords[kind] ? null : message,
        by: actor && !message.includes(actor) ? actor : null,
      }))}
    />
  );
}
