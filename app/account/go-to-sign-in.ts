import { signInPath } from "./next-path";

/** Leaves the page for a fresh one, so that nothing of the former user stays in memory. Comes back here after signing in. */
export function goToSignIn(): void {
  const { pathname, search } = window.location;
  if (pathname !== "/sign-in") window.location.assign(signInPath(`${pathname}${search}`));
}
