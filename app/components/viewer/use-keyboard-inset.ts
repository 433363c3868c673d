"use client";
import { useSyncExternalStore } from "react";

function subscribe(changed: () => void): () => void {
  const { visualViewport } = window;
  visualViewport?.addEventListener("resize", changed);
  return () => visualViewport?.removeEventListener("resize", changed);
}

/** Pixels at the bottom of the page that an on-screen keyboard covers, where the browser does not make room for it by itself. */
export function useKeyboardInset(): number {
  return useSyncExternalStore(
    subscribe,
    () => {
      const { visualViewport } = window;
      // Zoomed in, the visible part is smaller for another reason.
      if (!visualViewport || visualViewport.scale > 1.01) return 0;
      return Math.max(0, Math.round(window.innerHeight - visualViewport.height));
    },
    () => 0,
  );
}
