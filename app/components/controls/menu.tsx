"use client";
import {
  cloneElement,
  createContext,
  type KeyboardEvent,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { type MenuAlign, type MenuSide, placeMenu } from "./place-menu";
import { PressButton } from "./press-button";

interface TriggerProps {
  id?: string;
  disabled?: boolean;
  "aria-haspopup"?: "menu";
  "aria-expanded"?: boolean;
  "aria-controls"?: string;
  onClick?: (event: MouseEvent<HTMLElement>) => void;
  onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
}

interface MenuProps {
  /** One button; it gets the menu's handlers and aria attributes. */
  trigger: ReactElement<TriggerProps>;
  children: ReactNode;
  align?: MenuAlign;
  side?: MenuSide;
}

const CloseContext = createContext<() => void>(() => {});

/**
 * A menu button. The browser's own popover gives the top layer, Escape and the click outside; this adds the place beside the button and
 * the keys of a menu: arrows, Home, End, and the first letter of an item.
 */
export function Menu({ trigger, children, align = "end", side = "bottom" }: MenuProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = () => document.getElementById(`${id}-button`);

  useEffect(() => {
    const element = menu.current;
    const opener = document.getElementById(`${id}-button`);
    if (!open || !element || !opener) return;
    element.showPopover();
    placeMenu(element, opener.getBoundingClientRect(), side, align);
    itemsOf(element)[0]?.focus({ preventScroll: true });
    const away = (event: Event) => {
      if (!(event.target instanceof Node) || !element.contains(event.target)) setOpen(false);
    };
    window.addEventListener("scroll", away, { capture: true, passive: true });
    window.addEventListener("resize", away);
    return () => {
      window.removeEventListener("scroll", away, { capture: true });
      window.removeEventListener("resize", away);
    };
  }, [open, id, side, align]);

  const close = () => {
    setOpen(false);
    button()?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const items = itemsOf(event.currentTarget);
    const focused = document.activeElement;
    const at = focused instanceof HTMLElement ? items.indexOf(focused) : -1;
    const next = nextIndex(event.key, at, items);
    if (event.key === "Tab") setOpen(false);
    if (next === null) return;
    event.preventDefault();
    items[next]?.focus({ preventScroll: true });
  };
  return (
    <>
      {cloneElement(trigger, {
        id: `${id}-button`,
        "aria-haspopup": "menu",
        "aria-expanded": open,
        "aria-controls": open ? `${id}-menu` : undefined,
        onClick: () => setOpen(!open),
        onKeyDown: (event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          setOpen(true);
        },
      })}
      {open ? (
        <div
          ref={menu}
          id={`${id}-menu`}
          role="menu"
          tabIndex={-1}
          aria-labelledby={`${id}-button`}
          popover="auto"
          onToggle={(event) => {
            if (event.newState === "closed") setOpen(false);
          }}
          onKeyDown={onKeyDown}
          className="fixed inset-auto m-0 max-h-[calc(100dvh-1rem)] min-w-44 max-w-[calc(100vw-1rem)] animate-appear overflow-y-auto rounded-lg border border-line bg-raised p-1 text-ink shadow-lg shadow-black/10"
        >
          <CloseContext value={close}>{children}</CloseContext>
        </div>
      ) : null}
    </>
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
