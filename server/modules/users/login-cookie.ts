/** The value of one cookie of a `Cookie` header. The first one of that name wins, as in browsers the most specific comes first. */
export function cookieValue(header: string, name: string): string | null {
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name)
      return (
        part
          .slice(at + 1)
          .trim()
          .replace(/^"(.*)"$/, "$1") || null
      );
  }
  return null;
}
