import { X } from "lucide-react";
import type { ReactNode } from "react";
import { PressButton } from "../controls/press-button";

/** A filter that holds; pressing it takes it away. */
export function FilterChip({ name, children, onRemove }: { name: string; children: ReactNode; onRemove: () => void }) {
  return (
    <PressButton
      onClick={onRemove}
      className="inline-flex h-7 max-w-full items-center gap-1.5 rounded-full border border-line-strong/50 bg-surface px-2.5 text-sm transition-colors duration-150 hover:bg-hover"
    >
      <span className="text-ink-faint">{name}</span>
      <span className="truncate">{children}</span>
      <span className="sr-only">: remove this filter</span>
      <X aria-hidden className="size-3.5 shrink-0 text-ink-soft" />
    </PressButton>
  );
}
