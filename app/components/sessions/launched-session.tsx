"use client";
import { usePathname } from "next/navigation";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { lazyInBrowser } from "../lazy-part";
import { SessionPageBones } from "./session-page-bones";

const SessionPage = lazyInBrowser(() => import("./session-page").then((module) => module.SessionPage), <SessionPageBones />);

const Show = createContext<(sessionId: string) => void>(() => {});

/**
 * Shows a session that was created in this page, at its own address. The browser has all that its page needs: asking the server for the
 * page as well, as a navigation does, would keep a person waiting who waits for a desktop.
 */
export const useShowLaunched = (): ((sessionId: string) => void) => useContext(Show);

const pathOf = (sessionId: string) => `/sessions/${sessionId}`;

/** Around the place of the pages. The address decides: back leads to where it was launched, reloading to the session's page as ever. */
export function LaunchedSession({ children }: { children: ReactNode }) {
  const [launched, setLaunched] = useState<ReadonlySet<string>>(new Set());
  const pathname = usePathname();
  const show = useMemo(
    () => (sessionId: string) => {
      setLaunched((before) => new Set(before).add(sessionId));
      window.history.pushState(null, "", pathOf(sessionId));
      window.scrollTo(0, 0);
      document.getElementById("content")?.focus({ preventScroll: true });
    },
    [],
  );
  const shown = [...launched].find((sessionId) => pathname === pathOf(sessionId));
  return (
    <Show value={show}>
      {shown ? (
        <>
          <Titled title="Session · Berth" />
          <SessionPage key={shown} id={shown} />
        </>
      ) : (
        children
      )}
    </Show>
  );
}

function Titled({ title }: { title: string }) {
  useEffect(() => {
    const before = document.title;
    document.title = title;
    return () => {
      if (document.title === title) document.title = before;
    };
  }, [title]);
  return null;
}
