import type { ReactNode } from "react";

interface ScreenBarProps {
  /** Over the desktop, out of sight until the pointer is at the upper edge or the focus is in it: in full screen. */
  floats: boolean;
  hidden: boolean;
  children: ReactNode;
}

/** The bar above a desktop. */
export function ScreenBar({ floats, hidden, children }: ScreenBarProps) {
  if (!floats) return <div className={`shrink-0 border-b border-line bg-surface ${hidden ? "hidden" : ""}`}>{children}</div>;
  return (
    <div className="group pointer-events-none absolute inset-x-0 top-0 z-20" data-screen-bar="floats">
      <div className="pointer-events-auto absolute inset-x-1/4 top-0 h-1" />
      <div className="pointer-events-auto -translate-y-full border-b border-line bg-surface transition-transform duration-150 group-focus-within:translate-y-0 group-hover:translate-y-0 motion-reduce:transition-none">
        {children}
      </div>
    </div>
  );
}
