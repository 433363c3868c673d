"use client";
import { useEffect, useState, useSyncExternalStore } from "react";
import { TemplateIcon } from "../templates/template-icon";

const REFRESH_MS = 25_000;
let round = 0;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function next(): void {
  if (document.visibilityState !== "visible") return;
  round += 1;
  for (const listener of listeners) listener();
}

/** One timer for all pictures of a page; it stands still while nobody sees the page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(next, REFRESH_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

interface SessionThumbnailProps {
  session: { readonly id: string; readonly icon: string | null; readonly thumbnail: boolean };
  className: string;
}

/** What the screen shows, small and half a minute old at most; the template's icon where it can't or mustn't be seen. */
export function SessionThumbnail({ session, className }: SessionThumbnailProps) {
  const now = useSyncExternalStore(
    subscribe,
    () => round,
    () => 0,
  );
  const [failedIn, setFailedIn] = useState<number | null>(null);
  const { id, thumbnail } = session;
  useEffect(() => {
    if (!thumbnail) setFailedIn(null);
  }, [thumbnail]);
  const shown = thumbnail && failedIn !== now;
  return (
    <span
      aria-hidden
      className={`relative flex shrink-0 items-center justify-center overflow-hidden rounded-md border border-line bg-sunken ${className}`}
    >
      <TemplateIcon icon={session.icon} small />
      {shown ? (
        // biome-ignore lint/performance/noImgElement: it is a few kilobytes of our own, never kept, and already as small as it is shown
        <img
          src={`/session-thumbnails/${id}?round=${now}`}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onError={() => setFailedIn(now)}
          className="absolute inset-0 size-full object-cover object-top"
          data-thumbnail={id}
        />
      ) : null}
    </span>
  );
}
