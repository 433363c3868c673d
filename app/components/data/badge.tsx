import type { ReactNode } from "react";

/** A small word beside a name. */
export function Badge({ children, tone = "plain", title }: { children: ReactNode; tone?: "plain" | "warning"; title?: string }) {
  const look = tone === "warning" ? "border-warning/40 text-warning" : "border-line text-ink-soft";
  return (
    <span title={title} className={`inline-flex max-w-full items-center gap-1 rounded border px-1.5 text-xs whitespace-nowrap ${look}`}>
      <span className="truncate">{children}</span>
    </span>
  );
}
