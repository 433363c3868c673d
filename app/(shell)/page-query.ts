/** What Next hands to a page as `searchParams`. */
export type PageQuery = Promise<Record<string, string | string[] | undefined>>;

/** The page's query with the first value of each name. */
export async function readQuery(query: PageQuery): Promise<URLSearchParams> {
  const read = new URLSearchParams();
  for (const [name, value] of Object.entries(await query)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) read.set(name, first);
  }
  return read;
}
