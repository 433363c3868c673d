"use client";
import { useRouter } from "next/navigation";
import { useEffect, useSyncExternalStore } from "react";
import { lazyInBrowser } from "../lazy-part";
import type { OpenStore } from "./open-store";
import { palette } from "./palette-store";
import { type ShortcutAction, ShortcutReader, shortcutsFor } from "./shortcuts";
import { shortcutsPage } from "./shortcuts-store";
import { useCurrentUser } from "./user-context";

const PaletteDialog = lazyInBrowser(() => import("./palette-dialog").then((module) => module.PaletteDialog));
const ShortcutsDialog = lazyInBrowser(() => import("./shortcuts-dialog").then((module) => module.ShortcutsDialog));

/** Listens for the shortcuts of the whole app; what they open is loaded when it is first opened. */
export function ShortcutKeys() {
  const user = useCurrentUser();
  const router = useRouter();
  const paletteOpen = useOpen(palette);
  const shortcutsOpen = useOpen(shortcutsPage);
  useEffect(() => {
    const reader = new ShortcutReader(shortcutsFor(user.role));
    const act = (action: ShortcutAction) => {
      if (action.kind === "palette") palette.isOpen() ? palette.close() : palette.open();
      else if (action.kind === "shortcuts") shortcutsPage.open();
      else if (action.kind === "go") router.push(action.href);
      else if (action.kind === "search") document.querySelector<HTMLInputElement>("main input[type=search]")?.focus();
    };
    const onKey = (event: KeyboardEvent) => {
      const mod = event.metaKey || event.ctrlKey;
      if (event.defaultPrevented || event.altKey || (mod && event.shiftKey) || event.repeat) return;
      if (isTaken(event.target, mod)) return;
      const shortcut = reader.hear({ key: event.key, mod, at: event.timeStamp });
      if (!shortcut) return;
      event.preventDefault();
      act(shortcut.action);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [user.role, router]);
  return (
    <>
      {paletteOpen ? <PaletteDialog onClose={palette.close} /> : null}
      {shortcutsOpen ? <ShortcutsDialog onClose={shortcutsPage.close} /> : null}
    </>
  );
}

const useOpen = ({ subscribe, isOpen }: OpenStore): boolean => useSyncExternalStore(subscribe, isOpen, () => false);

/** Keys that belong to something else: all of them inside a desktop, plain ones where people type or choose. */
function isTaken(target: EventTarget | null, mod: boolean): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("[data-remote-keys]")) return true;
  return (
    !mod &&
    target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], [role=dialog], [role=menu]") !==
      null
  );
}
