"use client";
import { type ComponentProps, useCallback, useLayoutEffect, useRef } from "react";

/**
 * The `<button>` under all of ours. The last thing that was pressed before the page's scripts answered is pressed again when it does, which
 * React leaves out; whoever went on to something else is not surprised. In a layout effect, as a press that comes before a later one would
 * count twice.
 */
export function PressButton({ ref, ...rest }: ComponentProps<"button">) {
  const own = useRef<HTMLButtonElement>(null);
  const both = useCallback(
    (button: HTMLButtonElement | null) => {
      own.current = button;
      if (typeof ref === "function") return ref(button);
      if (ref) ref.current = button;
    },
    [ref],
  );
  useLayoutEffect(() => {
    const button = own.current;
    if (!button || window.berthLastPress !== button) return;
    window.berthLastPress = null;
    // When the effects of all that answers together have run.
    queueMicrotask(() => button.click());
  }, []);
  return <button type="button" {...rest} ref={both} />;
}
