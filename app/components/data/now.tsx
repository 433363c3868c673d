"use client";
import { createContext, type ReactNode, useContext, useMemo, useSyncExternalStore } from "react";

/**
 * The control plane's time, ticking. Every moment that is shown was stamped there, so ages are counted on its clock and not on the
 * browser's, which may be minutes off. One timer serves the whole page.
 */
const NowContext = createContext<{ skew: number; rendered: number }>({ skew: 0, rendered: 0 });

let tick = 0;
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  tick ||= Date.now();
  timer ??= setInterval(() => {
    tick = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function snapshot(): number {
  tick ||= Date.now();
  return tick;
}

/** `serverNow`: the moment when the server rendered this page. */
export function NowProvider({ serverNow, children }: { serverNow: number; children: ReactNode }) {
  const value = useMemo(() => ({ rendered: serverNow, skew: serverNow - answeredAt(serverNow) }), [serverNow]);
  return <NowContext value={value}>{children}</NowContext>;
}

/** When this browser got the page, on its own clock; where it can't say, no skew is assumed. */
function answeredAt(otherwise: number): number {
  if (typeof window === "undefined") return otherwise;
  const [entry] = performance.getEntriesByType("navigation");
  return entry instanceof PerformanceNavigationTiming && entry.responseStart > 0 ? performance.timeOrigin + entry.responseStart : otherwise;
}

const nothing = () => () => {};

/** Milliseconds. `live: false` stays at the moment of rendering. */
export function useNow(live = true): number {
  const { skew, rendered } = useContext(NowContext);
  const ticked = useSyncExternalStore(live ? subscribe : nothing, snapshot, () => null);
  return ticked === null ? rendered : ticked + skew;
}

/** False on the server and while hydrating: what depends on the browser's time zone waits for it. */
export function useInBrowser(): boolean {
  return useSyncExternalStore(
    nothing,
    () => true,
    () => false,
  );
}
