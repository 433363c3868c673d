"use client";
import { type RefObject, useEffect } from "react";

/** Of a list in which rows are chosen. */
interface Choosing {
  readonly toggle: (id: string, range: boolean) => void;
  readonly clear: () => void;
}

/** Where keys belong to what has the focus, or to what lies above the list. */
function isElsewhere(event: KeyboardEvent): boolean {
  const { target } = event;
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return true;
  // What was just closed may still be in the document, no longer shown.
  if ([...document.querySelectorAll("[role=dialog], [role=menu]")].some((above) => above.checkVisibility())) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== "checkbox" && target.type !== "radio";
  return target.isContentEditable || target.closest("textarea, select") !== null;
}

/**
 * j and k go down and up, Enter opens; where rows are chosen, x chooses (with Shift up to here) and Escape chooses none. The focus itself
 * is what moves, so that it is seen and heard. Rows have `data-row={id}`, and in each a `RowLink` that opens it.
 */
export function useListKeys(list: RefObject<HTMLElement | null>, { toggle, clear }: Partial<Choosing> = {}): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const element = list.current;
      if (!element || isElsewhere(event)) return;
      const rows = [...element.querySelectorAll<HTMLElement>("[data-row]")];
      const at = rows.findIndex((row) => row.contains(document.activeElement));
      const go = (index: number) => {
        const link = rows[Math.max(0, Math.min(rows.length - 1, index))]?.querySelector<HTMLElement>("[data-row-link]");
        link?.focus({ preventScroll: true });
        link?.closest("[data-row]")?.scrollIntoView({ block: "nearest" });
      };
      switch (event.key.toLowerCase()) {
        case "j":
          go(at + 1);
          break;
        case "k":
          go(at < 0 ? 0 : at - 1);
          break;
        case "x": {
          const id = rows[at]?.dataset.row;
          if (!id || !toggle) return;
          toggle(id, event.shiftKey);
          break;
        }
        case "escape":
          clear?.();
          return;
        default:
          return;
      }
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [list, toggle, clear]);
}
