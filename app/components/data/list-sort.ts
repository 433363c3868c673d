export type Order = "asc" | "desc";

/** By which column a list is sorted, as its address has it. */
export interface ListSort<Key extends string> {
  readonly sort: Key;
  readonly order: Order;
}

const fromTop: ReadonlySet<string> = new Set(["createdAt", "updatedAt", "lastLogin", "lastUsed", "size", "lastHeartbeat", "priority"]);
/** In which a column is first sorted: the newest or largest first, words from A. */
export const firstOrder = (sort: string): Order => (fromTop.has(sort) ? "desc" : "asc");

/** What the address says, or the first of `keys`. */
export function readSort<Key extends string>(query: URLSearchParams, keys: readonly [Key, ...Key[]]): ListSort<Key> {
  const sort = keys.find((key) => key === query.get("sort")) ?? keys[0];
  const order = query.get("order");
  return { sort, order: order === "asc" || order === "desc" ? order : firstOrder(sort) };
}

/** For the address: nothing where it is what `readSort` takes without it. */
export const sortTexts = <Key extends string>({ sort, order }: ListSort<Key>, [first]: readonly [Key, ...Key[]]) => ({
  sort: sort === first ? "" : sort,
  order: order === firstOrder(sort) ? "" : order,
});

/** After the head of a column was pressed: the other way round where it was that column's already. */
export const sortBy = <Key extends string>(now: ListSort<Key>, by: Key): ListSort<Key> => ({
  sort: by,
  order: by === now.sort ? (now.order === "asc" ? "desc" : "asc") : firstOrder(by),
});
