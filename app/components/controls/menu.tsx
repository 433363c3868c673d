"use client";
import { cloneElement, type KeyboardEvent, type MouseEvent, type ReactElement, type ReactNode, useId, useState } from "react";
import { lazyInBrowser } from "../lazy-part";
import type { MenuAlign, MenuSide } from "./place-menu";

const loadSurface = () => import("./menu-surface").then((module) => module.MenuSurface);
const MenuSurface = lazyInBrowser(loadSurface);

interface TriggerProps {
  id?: string;
  disabled?: boolean;
  "aria-haspopup"?: "menu";
  "aria-expanded"?: boolean;
  "aria-controls"?: string;
  onClick?: (event: MouseEvent<HTMLElement>) => void;
  onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
  onPointerEnter?: () => void;
}

interface MenuProps {
  /** One button; it gets the menu's handlers and aria attributes. */
  trigger: ReactElement<TriggerProps>;
  /** Items; one that is `lazyContent` comes with the menu and not with the page. */
  children: ReactNode;
  align?: MenuAlign;
  side?: MenuSide;
  /** The pointer is over the button: what the menu will show may be fetched. */
  onNear?: () => void;
}

/** A menu button. What opens is `MenuSurface`, whose code comes when a pointer or a key is near. */
export function Menu({ trigger, children, align = "end", side = "bottom", onNear }: MenuProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <>
      {cloneElement(trigger, {
        id: `${id}-button`,
        "aria-haspopup": "menu",
        "aria-expanded": open,
        "aria-controls": open ? `${id}-menu` : undefined,
        onClick: () => setOpen(!open),
        onPointerEnter: () => {
          // One that can't be had is told of when the menu is to open.
          loadSurface().catch(() => {});
          onNear?.();
        },
        onKeyDown: (event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          setOpen(true);
        },
      })}
      {open ? (
        <MenuSurface id={id} side={side} align={align} onClosed={() => setOpen(false)}>
          {children}
        </MenuSurface>
      ) : null}
    </>
  );
}
