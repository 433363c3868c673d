/** Which columns a person wants of a list: kept in a cookie of this browser, so that the server draws them and nothing on the page moves. */

/** What the cookie says, without what it says wrongly; null where nobody chose. */
export function readColumns<Column extends string>(cookie: string | undefined, known: readonly Column[]): readonly Column[] | null {
  if (cookie === undefined) return null;
  const words = cookie.split(".");
  return known.filter((column) => words.includes(column));
}

const listeners = new Set<() => void>();

/** Tells of each choice that is made here. Returns how to stop. */
export function onColumnsKept(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What this browser's cookie says now; undefined where nobody chose. */
export const columnsKept = (name: string): string | undefined =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Null forgets the choice. */
export function keepColumns(name: string, columns: readonly string[] | null): void {
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  const age = columns ? 31_536_000 : 0;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and on http
  document.cookie = `${name}=${(columns ?? []).join(".")}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
  for (const listener of listeners) listener();
}
