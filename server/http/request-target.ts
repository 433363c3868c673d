/** A request target in origin form, taken apart but not decoded; null for anything else (absolute form, `//host`, backslashes). */
export function parseTarget(url: string | undefined): { pathname: string; query: URLSearchParams } | null {
  if (!url || !/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(url)) return null;
  const mark = url.indexOf("?");
  const pathname = mark < 0 ? url : url.slice(0, mark);
  return { pathname, query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)) };
}
