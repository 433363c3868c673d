import type { ReactNode } from "react";

interface PanelProps {
  title: string;
  action?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** A titled part of a page. */
export function Panel({ title, action, children, className = "" }: PanelProps) {
  return (
    <section aria-label={title} className={`flex min-w-0 flex-col gap-3 ${className}`}>
      <div className="flex min-h-7 items-center justify-between gap-3">
        <h2 className="text-base font-medium">{title}</h2>
        {action}
      </div>
      {children}
    </section>
  );
}

export function Card({ children, className = "" }: { children: ReactNode; className?: string }) {
  return <div className={`rounded-lg border border-line bg-surface ${className}`}>{children}</div>;
}
