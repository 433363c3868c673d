/** Which page of a list the URL asks for; the first where it says something else. */
export function readPageNumber(query: URLSearchParams): number {
  const page = Number(query.get("page"));
  return Number.isInteger(page) && page > 0 && page <= 100_000 ? page : 1;
}

/** A query for the URL: what is empty or the default is left out by giving `undefined` or `""`. */
export function writeQuery(values: Readonly<Record<string, string | undefined>>, page: number): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value) query.set(name, value);
  if (page > 1) query.set("page", String(page));
  return query.toString();
}
