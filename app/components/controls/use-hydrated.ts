"use client";
import { useSyncExternalStore } from "react";

const never = () => () => {};

/** False until the page's scripts answer; true at once for what appears later. */
export const useHydrated = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
