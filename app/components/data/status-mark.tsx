import type { LucideIcon } from "lucide-react";

export type StateTone = "running" | "moving" | "hibernated" | "warning" | "failed" | "ended";

const text: Record<StateTone, string> = {
  running: "text-running",
  moving: "text-moving",
  hibernated: "text-hibernated",
  warning: "text-warning",
  failed: "text-failed",
  ended: "text-ink-faint",
};
const dot: Record<StateTone, string> = {
  running: "bg-running",
  moving: "bg-moving animate-breathe",
  hibernated: "bg-hibernated",
  warning: "bg-warning",
  failed: "bg-failed",
  ended: "bg-line-strong",
};

interface StatusMarkProps {
  tone: StateTone;
  word: string;
  icon: LucideIcon;
  title?: string;
}

/** A state: dot, icon and word, so that colour never says it alone. */
export function StatusMark({ tone, word, icon: Icon, title }: StatusMarkProps) {
  return (
    <span title={title} className={`inline-flex items-center gap-1.5 text-sm font-medium whitespace-nowrap ${text[tone]}`}>
      <span aria-hidden className={`size-1.5 shrink-0 rounded-full ${dot[tone]}`} />
      <Icon aria-hidden className="size-3.5 shrink-0" />
      {word}
    </span>
  );
}
