"use client";
import { useSyncExternalStore } from "react";

/** `desktop`: the browser gives it Esc, Alt+Tab and the like too. `browser`: it keeps those for itself. */
export type KeysGoTo = "desktop" | "browser";

interface FullScreen {
  readonly active: boolean;
  readonly keys: KeysGoTo;
  readonly toggle: () => void;
}

const listeners = new Set<() => void>();
let keys: KeysGoTo = "browser";

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  document.addEventListener("fullscreenchange", changed);
  return () => {
    listeners.delete(changed);
    document.removeEventListener("fullscreenchange", changed);
  };
}

function keysAre(now: KeysGoTo): void {
  keys = now;
  for (const changed of listeners) changed();
}

/** Chromium's `navigator.keyboard`; no other browser has it, and none on a page without https. */
function keyboardLock(): { lock: () => Promise<void>; unlock: () => void } | null {
  const keyboard: unknown = Reflect.get(navigator, "keyboard");
  if (typeof keyboard !== "object" || keyboard === null) return null;
  const [lock, unlock]: unknown[] = [Reflect.get(keyboard, "lock"), Reflect.get(keyboard, "unlock")];
  if (typeof lock !== "function" || typeof unlock !== "function") return null;
  return { lock: async () => void (await Reflect.apply(lock, keyboard, [])), unlock: () => void Reflect.apply(unlock, keyboard, []) };
}

async function enter(): Promise<void> {
  await document.documentElement.requestFullscreen?.();
  const keyboard = keyboardLock();
  if (!keyboard || !document.fullscreenElement) return keysAre("browser");
  await keyboard.lock();
  keysAre("desktop");
}

/** The whole page goes full screen, not the desktop alone: dialogs and menus have to be seen above it. */
export function useFullScreen(): FullScreen {
  const active = useSyncExternalStore(
    subscribe,
    () => document.fullscreenElement !== null,
    () => false,
  );
  const now = useSyncExternalStore(
    subscribe,
    () => keys,
    () => "browser" as const,
  );
  const toggle = () => {
    if (!document.fullscreenElement) return void enter().catch(() => keysAre("browser"));
    keyboardLock()?.unlock();
    keysAre("browser");
    void document.exitFullscreen();
  };
  return { active, keys: now, toggle };
}
