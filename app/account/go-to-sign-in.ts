import { signInPath } from "./next-path";

let renewals = 0;
let renewedAt = Number.NEGATIVE_INFINITY;

/**
 * Leaves the page for a fresh one, so that nothing of the former user stays in memory. Comes back here after signing in. `begunAt`
 * (`performance.now()`): when what was refused began. Under a login that this page has renewed since, its refusal says nothing of the new one.
 */
export function goToSignIn(begunAt = performance.now()): void {
  if (renewals > 0 || begunAt < renewedAt) return;
  const { pathname, search } = window.location;
  if (pathname !== "/sign-in") window.location.assign(signInPath(`${pathname}${search}`));
}

/** While `work` ends this page's login and begins another one, the end of the first sends nobody away. */
export async function renewingLogin<T>(work: () => Promise<T>): Promise<T> {
  renewals++;
  try {
    return await work();
  } finally {
    renewals--;
    renewedAt = performance.now();
  }
}
