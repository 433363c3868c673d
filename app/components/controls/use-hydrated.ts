"use client";
import { useSyncExternalStore } from "react";

const never = () => () => {};

/** False until the page's scripts answer. A form that is sent before would go the browser's own way, with its fields in the address. */
export const useHydrated = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
