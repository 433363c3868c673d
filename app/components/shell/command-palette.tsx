"use client";
import dynamic from "next/dynamic";
import { useEffect, useSyncExternalStore } from "react";
import { closePalette, isPaletteOpen, openPalette, subscribeToPalette } from "./palette-store";

const PaletteDialog = dynamic(() => import("./palette-dialog").then((module) => module.PaletteDialog), { ssr: false });

/** Listens for ⌘K and Ctrl K; what it opens is loaded when it is first opened. */
export function CommandPalette() {
  const open = useSyncExternalStore(subscribeToPalette, isPaletteOpen, () => false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
      // Inside a desktop the keys are the desktop's.
      if (event.target instanceof HTMLElement && event.target.closest("[data-remote-keys]")) return;
      event.preventDefault();
      if (isPaletteOpen()) closePalette();
      else openPalette();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return open ? <PaletteDialog onClose={closePalette} /> : null;
}
