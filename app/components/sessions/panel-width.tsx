"use client";
import { type KeyboardEvent, type PointerEvent, useSyncExternalStore } from "react";

/** `narrow`: text to read beside the desktop. `wide`: something to work in. Each keeps its own width. */
export type PanelKind = "narrow" | "wide";

const KEY = "berth.panel";
const first: Record<PanelKind, number> = { narrow: 336, wide: 640 };
const MIN = 280;
/** What is left of the window for the desktop. */
const BESIDE = 320;
const STEP = 32;

let widths: Record<PanelKind, number> | null = null;
const listeners = new Set<() => void>();

function snapshot(): Record<PanelKind, number> {
  if (widths) return widths;
  let kept: unknown = null;
  try {
    kept = JSON.parse(window.localStorage.getItem(KEY) ?? "null");
  } catch {}
  const field = (kind: PanelKind): number => {
    const value: unknown = typeof kept === "object" && kept !== null ? Reflect.get(kept, kind) : undefined;
    return typeof value === "number" && value >= MIN && value <= 4000 ? value : first[kind];
  };
  widths = { narrow: field("narrow"), wide: field("wide") };
  return widths;
}

function change(kind: PanelKind, width: number): void {
  const widest = Math.max(MIN, window.innerWidth - BESIDE);
  widths = { ...snapshot(), [kind]: Math.round(Math.min(Math.max(width, MIN), widest)) };
  try {
    window.localStorage.setItem(KEY, JSON.stringify(widths));
  } catch {
    // Kept for as long as the page is open.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** In pixels, as this browser was left; a narrower window shows less of it. */
export const usePanelWidth = (kind: PanelKind): number => useSyncExternalStore(subscribe, snapshot, () => first)[kind];

/** The edge by which the panel is made wider: with the pointer, or with the arrow keys. Double click: as it was at first. */
export function PanelEdge({ kind }: { kind: PanelKind }) {
  const width = usePanelWidth(kind);
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const panel = event.currentTarget.parentElement;
    if (panel) change(kind, panel.getBoundingClientRect().right - event.clientX);
  };
  const step = (event: KeyboardEvent) => {
    const by = event.key === "ArrowLeft" ? STEP : event.key === "ArrowRight" ? -STEP : 0;
    if (by === 0) return;
    event.preventDefault();
    change(kind, width + by);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule that is moved is no <hr>
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the panel"
      aria-valuenow={width}
      aria-valuemin={MIN}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={step}
      onDoubleClick={() => change(kind, first[kind])}
      className="absolute inset-y-0 -left-1 z-10 hidden w-2 cursor-col-resize touch-none hover:bg-accent/30 focus-visible:bg-accent/40 focus-visible:outline-none md:block"
    />
  );
}
