"use client";
import { type KeyboardEvent, type ReactNode, useEffect, useEffectEvent, useRef } from "react";
import { CloseContext } from "./menu-items";
import { type MenuAlign, type MenuSide, placeMenu } from "./place-menu";

interface MenuSurfaceProps {
  /** The button has it with `-button`. */
  id: string;
  side: MenuSide;
  align: MenuAlign;
  children: ReactNode;
  onClosed: () => void;
}

/**
 * An open menu. The browser's own popover gives the top layer, Escape and the click outside; this adds the place beside the button and
 * the keys of a menu: arrows, Home, End, and the first letter of an item.
 */
export function MenuSurface({ id, side, align, children, onClosed }: MenuSurfaceProps) {
  const menu = useRef<HTMLDivElement>(null);
  const closed = useEffectEvent(onClosed);

  useEffect(() => {
    const element = menu.current;
    const opener = document.getElementById(`${id}-button`);
    if (!element || !opener) return;
    element.showPopover();
    placeMenu(element, opener.getBoundingClientRect(), side, align);
    itemsOf(element)[0]?.focus({ preventScroll: true });
    const away = (event: Event) => {
      if (!(event.target instanceof Node) || !element.contains(event.target)) closed();
    };
    window.addEventListener("scroll", away, { capture: true, passive: true });
    window.addEventListener("resize", away);
    return () => {
      window.removeEventListener("scroll", away, { capture: true });
      window.removeEventListener("resize", away);
    };
  }, [id, side, align]);

  const close = () => {
    onClosed();
    document.getElementById(`${id}-button`)?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const items = itemsOf(event.currentTarget);
    const focused = document.activeElement;
    const at = focused instanceof HTMLElement ? items.indexOf(focused) : -1;
    const next = nextIndex(event.key, at, items);
    if (event.key === "Tab") onClosed();
    if (next === null) return;
    event.preventDefault();
    items[next]?.focus({ preventScroll: true });
  };
  return (
    <div
      ref={menu}
      id={`${id}-menu`}
      role="menu"
      tabIndex={-1}
      aria-labelledby={`${id}-button`}
      popover="auto"
      onToggle={(event) => {
        if (event.newState === "closed") onClosed();
      }}
      onKeyDown={onKeyDown}
      className="fixed inset-auto m-0 max-h-[calc(100dvh-1rem)] min-w-44 max-w-[calc(100vw-1rem)] animate-appear overflow-y-auto rounded-lg border border-line bg-raised p-1 text-ink shadow-lg shadow-black/10"
    >
      <CloseContext value={close}>{children}</CloseContext>
    </div>
  );
}

function itemsOf(menu: HTMLElement): HTMLElement[] {
  const items = [...menu.querySelectorAll<HTMLElement>("[role=menuitem]:not([aria-disabled=true])")];
  // Some are there on a phone alone.
  return items.filter((item) => item.checkVisibility());
}

/** Which item a key leads to; null for a key that is none of the menu's. */
function nextIndex(key: string, at: number, items: readonly HTMLElement[]): number | null {
  switch (key) {
    case "ArrowDown":
      return (at + 1) % items.length;
    case "ArrowUp":
      return (at - 1 + items.length) % items.length;
    case "Home":
      return 0;
    case "End":
      return items.length - 1;
    default: {
      if (key.length !== 1 || key === " ") return null;
      const starts = (index: number) => items[index % items.length]?.textContent?.trim().toLowerCase().startsWith(key.toLowerCase());
      for (let step = 1; step <= items.length; step += 1) if (starts(at + step)) return (at + step) % items.length;
      return null;
    }
  }
}
