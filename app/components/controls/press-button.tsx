"use client";
import { type ComponentProps, useCallback, useLayoutEffect, useRef } from "react";
import { followPress } from "./moving-press";

/**
 * The `<button>` under all of ours. If it was the last thing pressed when it begins to answer, it is pressed again, which React leaves out;
 * whoever went on to something else is not surprised. In a layout effect, as a press that comes before a later one would count twice.
 * A press that moves it counts, too (`followPress`).
 */
export function PressButton({ ref, onPointerDown, ...rest }: ComponentProps<"button">) {
  const own = useRef<HTMLButtonElement>(null);
  const answers = useRef(false);
  const both = useCallback(
    (button: HTMLButtonElement | null) => {
      own.current = button;
      if (typeof ref === "function") return ref(button);
      if (ref) ref.current = button;
    },
    [ref],
  );
  useLayoutEffect(() => {
    // What was hidden and is shown again runs this once more, and was pressed in earnest.
    if (answers.current) return;
    answers.current = true;
    const button = own.current;
    // When the effects of all that answers together have run.
    if (button && isOver(window.berthLastClick, button)) queueMicrotask(() => button.click());
  }, []);
  return (
    <button
      type="button"
      {...rest}
      ref={both}
      onPointerDown={(event) => {
        onPointerDown?.(event);
        followPress(event);
      }}
    />
  );
}

/** A click on it that nobody will answer any more: React makes a part answer for a click that is still under way, and passes it on itself. */
const isOver = (click: Event | undefined, button: HTMLButtonElement): boolean =>
  click?.eventPhase === Event.NONE && click.target instanceof Element && click.target.closest("button") === button;
