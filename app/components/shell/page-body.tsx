import type { ReactNode } from "react";

/** The column of an ordinary page. A session's page goes without it: there the desktop fills everything. */
export function PageBody({ children, narrow = false }: { children: ReactNode; narrow?: boolean }) {
  return (
    <div className={`mx-auto flex w-full flex-col gap-6 px-4 py-6 pb-24 md:px-8 md:py-8 ${narrow ? "max-w-3xl" : "max-w-6xl"}`}>
      {children}
    </div>
  );
}
