import type { ReactNode } from "react";

interface EmptyStateProps {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** What would be here, and the one thing to do about it. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-lg border border-dashed border-line-strong/60 px-6 py-12 text-center">
      <span className="flex size-10 items-center justify-center rounded-lg bg-sunken text-ink-soft [&>svg]:size-5">{icon}</span>
      <h2 className="text-lg font-medium">{title}</h2>
      <div className="max-w-md text-ink-soft">{children}</div>
      {action ? <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}
