"use client";
import { useMemo } from "react";
import { clockTime, exactTime } from "../../format/time";
import { useCurrentUser } from "../shell/user-context";
import { useInBrowser } from "./now";

/** Moments in words, in the time zone that the person prefers. Null until the page runs: only then the browser's zone and language are known. */
export function useTimes() {
  const { timeZone } = useCurrentUser();
  const inBrowser = useInBrowser();
  return useMemo(() => {
    const zone = timeZone ?? undefined;
    return inBrowser ? { exact: (at: number) => exactTime(at, zone), clock: (at: number) => clockTime(at, zone) } : null;
  }, [timeZone, inBrowser]);
}
