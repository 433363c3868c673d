"use client";
import { createContext, type ReactNode, useContext } from "react";
import { PressButton } from "./press-button";

/** How an item closes its menu. */
export const CloseContext = createContext<() => void>(() => {});

interface MenuItemProps {
  icon?: ReactNode;
  children: ReactNode;
  onSelect?: () => void;
  danger?: boolean;
  disabled?: boolean;
}

const itemClass =
  "flex h-8 w-full cursor-pointer items-center gap-2 rounded-[5px] px-2 text-left text-base outline-none select-none hover:bg-hover focus:bg-hover aria-disabled:pointer-events-none aria-disabled:opacity-50";

/** The menu closes and the focus goes back to its button before `onSelect` runs, so that a dialog it opens gives the focus back there. */
export function MenuItem({ icon, children, onSelect, danger = false, disabled = false }: MenuItemProps) {
  const close = useContext(CloseContext);
  return (
    <PressButton
      role="menuitem"
      tabIndex={-1}
      aria-disabled={disabled || undefined}
      onClick={() => {
        if (disabled) return;
        close();
        onSelect?.();
      }}
      onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
      className={`${itemClass} ${danger ? "text-failed" : "text-ink"}`}
    >
      {icon}
      {children}
    </PressButton>
  );
}

export function MenuSeparator() {
  return <hr className="my-1 border-line" />;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <p className="px-2 py-1.5 text-xs text-ink-faint wrap-anywhere">{children}</p>;
}
