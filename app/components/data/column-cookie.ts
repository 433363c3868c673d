/** Which columns a person wants of a list: kept in a cookie of this browser, so that the server draws them and nothing on the page moves. */

/** What the cookie says, without what it says wrongly; null where nobody chose. */
export function readColumns<Column extends string>(cookie: string | undefined, known: readonly Column[]): readonly Column[] | null {
  if (cookie === undefined) return null;
  const words = cookie.split(".");
  return known.filter((column) => words.includes(column));
}

/** Null forgets the choice. */
export function keepColumns(name: string, columns: readonly string[] | null): void {
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  const age = columns ? 31_536_000 : 0;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and on http
  document.cookie = `${name}=${(columns ?? []).join(".")}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
}
