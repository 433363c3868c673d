"use client";
import { type ReactNode, useEffect, useRef, useState } from "react";

/** What is first made, and its code first loaded, when it comes near the screen; until then `bones` hold its place. */
export function InSight({ bones, children }: { bones: ReactNode; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element || seen) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setSeen(true), { rootMargin: "64px" });
    observer.observe(element);
    return () => observer.disconnect();
  }, [seen]);
  return (
    <div ref={place} className="min-w-0">
      {seen ? children : bones}
    </div>
  );
}
