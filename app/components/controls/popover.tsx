"use client";
import { cloneElement, type MouseEvent, type ReactElement, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { placeMenu } from "./place-menu";

interface TriggerProps {
  id?: string;
  "aria-haspopup"?: "dialog";
  "aria-expanded"?: boolean;
  "aria-controls"?: string;
  onClick?: (event: MouseEvent<HTMLElement>) => void;
}

interface PopoverProps {
  /** One button; it gets the popover's handlers and aria attributes. */
  trigger: ReactElement<TriggerProps>;
  label: string;
  children: ReactNode;
}

/** A small panel beside its button, of the browser's own popovers: Escape and a click outside close it. */
export function Popover({ trigger, label, children }: PopoverProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const panel = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = panel.current;
    const opener = document.getElementById(`${id}-button`);
    if (!open || !element || !opener) return;
    element.showPopover();
    placeMenu(element, opener.getBoundingClientRect(), "bottom", "end");
    element.focus({ preventScroll: true });
    const close = () => setOpen(false);
    window.addEventListener("resize", close);
    return () => window.removeEventListener("resize", close);
  }, [open, id]);

  return (
    <>
      {cloneElement(trigger, {
        id: `${id}-button`,
        "aria-haspopup": "dialog",
        "aria-expanded": open,
        "aria-controls": open ? `${id}-panel` : undefined,
        onClick: () => setOpen(!open),
      })}
      {open ? (
        <div
          ref={panel}
          id={`${id}-panel`}
          role="dialog"
          tabIndex={-1}
          aria-label={label}
          popover="auto"
          onToggle={(event) => {
            if (event.newState === "closed") setOpen(false);
          }}
          className="fixed inset-auto m-0 max-h-[calc(100dvh-1rem)] w-72 max-w-[calc(100vw-1rem)] animate-appear overflow-y-auto rounded-lg border border-line bg-raised p-4 text-base text-ink shadow-lg shadow-black/10 outline-none"
        >
          {children}
        </div>
      ) : null}
    </>
  );
}
