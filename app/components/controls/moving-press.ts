import type { PointerEvent } from "react";

/** CSS pixels. Who goes further than this before letting go has thought better of it. */
const WANDERED_PX = 8;

/**
 * A press that its own beginning moved away from under the pointer: pressing a button takes the focus from a field, whose problem is told then, and
 * what stands below it makes room. The browser sees the end of that press elsewhere and counts it for nothing; it is a press all the same.
 */
export function followPress({ currentTarget: button, isPrimary, button: which, clientX, clientY }: PointerEvent<HTMLButtonElement>): void {
  if (!isPrimary || which !== 0) return;
  const { left, top } = button.getBoundingClientRect();
  const over = new AbortController();
  const options = { capture: true, signal: over.signal };
  const give = () => over.abort();
  document.addEventListener("pointercancel", give, options);
  document.addEventListener(
    "pointerup",
    (up) => {
      give();
      const now = button.getBoundingClientRect();
      const moved = now.left !== left || now.top !== top;
      const stayed = Math.hypot(up.clientX - clientX, up.clientY - clientY) <= WANDERED_PX;
      if (moved && stayed && up.target instanceof Node && !button.contains(up.target)) button.click();
    },
    options,
  );
}
