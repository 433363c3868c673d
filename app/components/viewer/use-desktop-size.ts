"use client";
import { useEffect } from "react";
import type { DesktopConnection } from "./desktop-connection";
import type { ViewerSettings } from "./viewer-settings";

const SETTLE_MS = 200;
const ASK_AGAIN_MS = 1_000;

interface DesktopSizeOptions {
  readonly connection: DesktopConnection | null;
  readonly screen: HTMLElement | null;
  readonly settings: Pick<ViewerSettings, "scaling" | "sharp">;
  /** Only who controls the desktop says how large it is. */
  readonly leads: boolean;
}

/**
 * Shows the whole desktop, its pixels one to one, or makes the desktop as large as the window. The agent lets one viewer do that, the
 * one that was used last: so whoever presses a key or a button in a window of another size asks again.
 */
export function useDesktopSize({ connection, screen, settings: { scaling, sharp }, leads }: DesktopSizeOptions): void {
  useEffect(() => {
    if (!connection || !screen) return;
    const { rfb, socket } = connection;
    rfb.scaleViewport = scaling !== "actual";
    rfb.clipViewport = scaling === "actual";
    if (scaling !== "resize" || !leads) {
      rfb.resizeSession = false;
      return;
    }
    const inWindow = () => {
      socket.size.ratio = sharp ? window.devicePixelRatio : 1;
      const { width, height } = screen.getBoundingClientRect();
      return { width, height };
    };
    const fits = () => {
      const { width, height } = inWindow();
      const wanted = socket.size.wanted(width, height);
      const canvas = screen.querySelector("canvas");
      return canvas?.width === wanted.width && canvas.height === wanted.height;
    };
    const ask = () => {
      const { width, height } = inWindow();
      if (width > 0 && height > 0) socket.askSize(width, height);
    };
    let askedAt = 0;
    const used = () => {
      if (Date.now() - askedAt < ASK_AGAIN_MS || fits()) return;
      askedAt = Date.now();
      ask();
    };
    let settled: ReturnType<typeof setTimeout> | undefined;
    const changed = () => {
      clearTimeout(settled);
      settled = setTimeout(() => fits() || ask(), SETTLE_MS);
    };
    inWindow();
    rfb.resizeSession = true;
    if (!fits()) ask();
    const observer = new ResizeObserver(changed);
    observer.observe(screen);
    // Another screen, or another zoom.
    window.addEventListener("resize", changed);
    screen.addEventListener("pointerdown", used, { capture: true });
    screen.addEventListener("keydown", used, { capture: true });
    return () => {
      clearTimeout(settled);
      observer.disconnect();
      window.removeEventListener("resize", changed);
      screen.removeEventListener("pointerdown", used, { capture: true });
      screen.removeEventListener("keydown", used, { capture: true });
    };
  }, [connection, screen, scaling, sharp, leads]);
}
