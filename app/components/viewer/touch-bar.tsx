"use client";
import type RFB from "@novnc/novnc";
import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, Hand, Keyboard, Lock } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { PressButton } from "../controls/press-button";
import { type Key, plainKeys, pressKeys } from "./key-combinations";
import { OnScreenKeyboard } from "./on-screen-keyboard";
import { afterKey, heldKeys, type ModifierName, noModifiers, pressModifier, type Stickiness, type Sticky } from "./sticky-keys";
import { useKeyboardInset } from "./use-keyboard-inset";

interface TouchBarProps {
  rfb: RFB;
  /** The desktop is larger than the window and can be moved in it. */
  pans: boolean;
}

const modifiers: readonly { readonly name: ModifierName; readonly label: string }[] = [
  { name: "ctrl", label: "Ctrl" },
  { name: "alt", label: "Alt" },
  { name: "shift", label: "Shift" },
  { name: "super", label: "Super" },
];
const stickyWords: Readonly<Record<Stickiness, string>> = { off: "", once: ", for the next key", locked: ", locked" };
/** noVNC waits this long for a second tap before it tells the desktop of a first one. */
const TAP_TOLD_MS = 400;

/** What a phone lacks: the keys, modifiers that stay pressed, and a way to move a desktop that is larger than it. */
export function TouchBar({ rfb, pans }: TouchBarProps) {
  const [typing, setTyping] = useState(false);
  const [panning, setPanning] = useState(false);
  const [sticky, setSticky] = useState(noModifiers);
  const held = useRef<Sticky>(noModifiers);
  const inset = useKeyboardInset();

  const hold = (next: Sticky) => {
    const [before, after] = [heldKeys(held.current), heldKeys(next)];
    for (const key of after) if (!before.includes(key)) rfb.sendKey(key.keysym, key.code, true);
    for (const key of before.toReversed()) if (!after.includes(key)) rfb.sendKey(key.keysym, key.code, false);
    held.current = next;
    setSticky(next);
  };
  const press = (keys: readonly Key[]) => {
    for (const key of keys) pressKeys(rfb, [key]);
    if (keys.length > 0) hold(afterKey(held.current));
  };

  const holdNow = useRef(hold);
  holdNow.current = hold;
  useEffect(() => {
    let told: ReturnType<typeof setTimeout> | undefined;
    // A modifier that is held for the next key is held for the next tap as well.
    const tapped = (event: PointerEvent) => {
      if (!(event.target instanceof Element) || !event.target.closest("[data-remote-keys]")) return;
      // One that is pressed after the tap waits for the next one.
      if (heldKeys(held.current).length === 0) return;
      clearTimeout(told);
      told = setTimeout(() => holdNow.current(afterKey(held.current)), TAP_TOLD_MS);
    };
    document.addEventListener("pointerup", tapped);
    return () => {
      clearTimeout(told);
      document.removeEventListener("pointerup", tapped);
      holdNow.current(noModifiers);
    };
  }, []);

  useEffect(() => {
    rfb.dragViewport = pans && panning;
    return () => {
      rfb.dragViewport = false;
    };
  }, [rfb, pans, panning]);

  return (
    <div className="hidden shrink-0 border-t border-line bg-surface pointer-coarse:block" style={{ paddingBottom: inset }}>
      <div role="toolbar" aria-label="Keys" className="flex items-center gap-1 overflow-x-auto px-2 py-1">
        <KeyButton label={typing ? "Close the keyboard" : "Keyboard"} pressed={typing} onPress={() => setTyping(!typing)}>
          <Keyboard aria-hidden className="size-4" />
        </KeyButton>
        {pans ? (
          <KeyButton label="Move the view" pressed={panning} onPress={() => setPanning(!panning)}>
            <Hand aria-hidden className="size-4" />
          </KeyButton>
        ) : null}
        {modifiers.map(({ name, label }) => (
          <KeyButton
            key={name}
            label={`${label}${stickyWords[sticky[name]]}`}
            pressed={sticky[name] !== "off"}
            locked={sticky[name] === "locked"}
            onPress={() => hold(pressModifier(held.current, name))}
          >
            {label}
          </KeyButton>
        ))}
        <KeyButton label="Esc" onPress={() => press([plainKeys.escape])}>
          Esc
        </KeyButton>
        <KeyButton label="Tab" onPress={() => press([plainKeys.tab])}>
          Tab
        </KeyButton>
        <KeyButton label="Left" onPress={() => press([plainKeys.left])}>
          <ArrowLeft aria-hidden className="size-4" />
        </KeyButton>
        <KeyButton label="Up" onPress={() => press([plainKeys.up])}>
          <ArrowUp aria-hidden className="size-4" />
        </KeyButton>
        <KeyButton label="Down" onPress={() => press([plainKeys.down])}>
          <ArrowDown aria-hidden className="size-4" />
        </KeyButton>
        <KeyButton label="Right" onPress={() => press([plainKeys.right])}>
          <ArrowRight aria-hidden className="size-4" />
        </KeyButton>
      </div>
      {typing ? <OnScreenKeyboard onKeys={press} onClose={() => setTyping(false)} /> : null}
    </div>
  );
}

interface KeyButtonProps {
  label: string;
  pressed?: boolean;
  locked?: boolean;
  onPress: () => void;
  children: ReactNode;
}

/** Leaves the focus where it is: else the phone would put its keyboard away. */
function KeyButton({ label, pressed, locked = false, onPress, children }: KeyButtonProps) {
  return (
    <PressButton
      aria-label={label}
      aria-pressed={pressed}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onPress}
      className={`inline-flex h-10 min-w-11 shrink-0 items-center justify-center gap-1 rounded-md px-2.5 text-sm font-medium select-none ${locked ? "bg-solid text-on-solid" : "text-ink-soft hover:bg-hover hover:text-ink aria-pressed:bg-hover aria-pressed:text-ink"}`}
    >
      {children}
      {locked ? <Lock aria-hidden className="size-3" /> : null}
    </PressButton>
  );
}
