import { signInPath } from "./next-path";

let renewals = 0;

/** Leaves the page for a fresh one, so that nothing of the former user stays in memory. Comes back here after signing in. */
export function goToSignIn(): void {
  if (renewals > 0) return;
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
  }
}
