import type { ReactNode } from "react";

/** Names and values. */
export function Facts({ children, columns = false }: { children: ReactNode; columns?: boolean }) {
  return <dl className={`grid gap-x-8 gap-y-3 ${columns ? "grid-cols-2 lg:grid-cols-3" : "grid-cols-1"}`}>{children}</dl>;
}

/** `wide`: a row of its own, for what is long. */
export function Fact({ name, wide = false, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={`flex min-w-0 flex-col gap-0.5 ${wide ? "col-span-full" : ""}`}>
      <dt className="text-sm text-ink-faint">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
