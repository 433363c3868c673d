"use client";
import { type ComponentType, lazy, type ReactNode, Suspense } from "react";
import { useHydrated } from "./controls/use-hydrated";

/** A component whose code comes when it is first drawn, with `loading` in its place till then. */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>, loading: ReactNode = null): ComponentType<Props> {
  const Part = lazy(async () => ({ default: await load() }));
  return function LazyPart(props: Props) {
    return (
      <Suspense fallback={loading}>
        <Part {...props} />
      </Suspense>
    );
  };
}

/** The same for what only a browser can draw, or nobody needs before the page answers: the server draws `loading`. */
export function lazyInBrowser<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  loading: ReactNode = null,
): ComponentType<Props> {
  const Part = lazyPart(load, loading);
  return function InBrowser(props: Props) {
    return useHydrated() ? <Part {...props} /> : loading;
  };
}

/** What a menu shows: till its code is there the menu is not, so that its first item gets the focus. `load` begins before it is drawn. */
export function lazyContent<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> & { load: () => void } {
  const begin = () => load().then((part) => ({ default: part }));
  return Object.assign(lazy(begin), { load: () => void begin().catch(() => {}) });
}
