"use client";
import { type FormEvent, useEffect, useRef } from "react";
import type { Key } from "./key-combinations";
import { keysOfEdit } from "./typed-text";

/** Something to delete: in an empty field a phone's backspace says nothing. */
const FILLER = "_".repeat(40);
const TOO_SHORT = 10;
const TOO_LONG = 400;

/** A field that nobody sees, so that the phone shows its keyboard; what is written there is typed in the desktop. */
export function OnScreenKeyboard({ onKeys, onClose }: { onKeys: (keys: readonly Key[]) => void; onClose: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const written = useRef(FILLER);
  useEffect(() => field.current?.focus(), []);
  const changed = (event: FormEvent<HTMLTextAreaElement>) => {
    const { value } = event.currentTarget;
    onKeys(keysOfEdit(written.current, value));
    written.current = value;
    const composing = event.nativeEvent instanceof InputEvent && event.nativeEvent.isComposing;
    if (composing || (value.length >= TOO_SHORT && value.length <= TOO_LONG)) return;
    event.currentTarget.value = FILLER;
    written.current = FILLER;
  };
  return (
    <textarea
      ref={field}
      aria-label="Type into the desktop"
      defaultValue={FILLER}
      rows={1}
      autoCapitalize="off"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      onInput={changed}
      onBlur={onClose}
      // A smaller one would make phones zoom in.
      className="fixed bottom-0 left-0 size-px resize-none border-0 bg-transparent p-0 text-[16px] text-transparent caret-transparent opacity-0 outline-none"
    />
  );
}
