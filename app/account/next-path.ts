/**
 * Where to go after signing in: a path of this origin, whatever was asked for. Anything that a browser could read as another origin
 * (`//host`, `/\host`, a scheme, control characters) becomes `/`.
 */
export function safeNextPath(asked: string | undefined): string {
  if (!asked?.startsWith("/") || /[\\\p{Cc}]/u.test(asked)) return "/";
  const base = "http://berth.invalid";
  const url = URL.canParse(asked, base) ? new URL(asked, base) : null;
  if (!url || url.origin !== base || url.pathname.startsWith("//") || url.pathname.startsWith("/sign-in")) return "/";
  return `${url.pathname}${url.search}${url.hash}`;
}

export const signInPath = (next: string): string => (next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`);
