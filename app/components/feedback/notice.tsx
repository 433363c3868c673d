import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

type Tone = "info" | "warning" | "failed";

const tones: Record<Tone, string> = {
  info: "border-line bg-surface text-ink",
  warning: "border-warning/40 bg-warning-soft text-ink",
  failed: "border-failed/40 bg-failed-soft text-ink",
};
const marks: Record<Tone, ReactNode> = {
  info: <Info aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-soft" />,
  warning: <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warning" />,
  failed: <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-failed" />,
};

export function Notice({ tone = "info", children, action }: { tone?: Tone; children: ReactNode; action?: ReactNode }) {
  return (
    <div className={`flex flex-wrap items-start gap-3 rounded-lg border px-4 py-3 ${tones[tone]}`}>
      {marks[tone]}
      <div className="min-w-0 flex-1 basis-48 wrap-anywhere">{children}</div>
      {action}
    </div>
  );
}
