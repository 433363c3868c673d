"use client";
import { useSyncExternalStore } from "react";
import { type Quality, qualities } from "./quality";

export const scalings = ["fit", "actual", "resize"] as const;
export type Scaling = (typeof scalings)[number];

/** How one likes to see desktops; kept in this browser. */
export interface ViewerSettings {
  readonly quality: Quality;
  readonly scaling: Scaling;
  /** Where the desktop is resized to the window: to the pixels of the screen rather than the browser's. */
  readonly sharp: boolean;
  /** What is copied here is there in the desktop, and the other way round, without a dialog. */
  readonly sharedClipboard: boolean;
}

const KEY = "berth.viewer";
const unset: ViewerSettings = { quality: "automatic", scaling: "fit", sharp: false, sharedClipboard: false };
const listeners = new Set<() => void>();
let current: ViewerSettings | null = null;

/** What was kept, as far as it makes sense. */
export function readSettings(text: string | null): ViewerSettings {
  let kept: unknown = null;
  try {
    kept = JSON.parse(text ?? "null");
  } catch {}
  const field = (name: string): unknown => (typeof kept === "object" && kept !== null ? Reflect.get(kept, name) : undefined);
  return {
    quality: qualities.find((one) => one === field("quality")) ?? unset.quality,
    scaling: scalings.find((one) => one === field("scaling")) ?? unset.scaling,
    sharp: field("sharp") === true,
    sharedClipboard: field("sharedClipboard") === true,
  };
}

function stored(): string | null {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function change(changed: Partial<ViewerSettings>): void {
  current = { ...snapshot(), ...changed };
  try {
    window.localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Kept for as long as the page is open.
  }
  for (const listener of listeners) listener();
}

function snapshot(): ViewerSettings {
  current ??= readSettings(stored());
  return current;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useViewerSettings(): [ViewerSettings, (changed: Partial<ViewerSettings>) => void] {
  return [useSyncExternalStore(subscribe, snapshot, () => unset), change];
}
