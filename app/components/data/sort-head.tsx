import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { PressButton } from "../controls/press-button";
import type { ListSort } from "./list-sort";
import { Head } from "./table";

/** How a list is sorted, and what follows a press. */
export interface Sorting<Key extends string> extends ListSort<Key> {
  readonly onSort: (by: Key) => void;
}

interface SortHeadProps<Key extends string> {
  by: Key;
  children: ReactNode;
  /** Not given where a list of this kind has one order only. */
  sorting: Sorting<Key> | undefined;
  wide?: boolean;
  className?: string;
}

/** The head of a column that the list can be sorted by. */
export function SortHead<Key extends string>({ by, children, sorting, wide = false, className = "" }: SortHeadProps<Key>) {
  if (!sorting)
    return (
      <Head wide={wide} className={className}>
        {children}
      </Head>
    );
  const order = sorting.sort === by ? sorting.order : null;
  const Arrow = order === "asc" ? ArrowUp : ArrowDown;
  return (
    <th
      scope="col"
      aria-sort={order === null ? undefined : order === "asc" ? "ascending" : "descending"}
      className={`h-9 px-4 font-normal ${wide ? "hidden md:table-cell" : ""} ${className}`}
    >
      <PressButton
        onClick={() => sorting.onSort(by)}
        className={`-mx-1.5 inline-flex h-7 items-center gap-1 rounded px-1.5 transition-colors duration-150 hover:bg-hover hover:text-ink ${order ? "text-ink" : ""}`}
      >
        {children}
        {order ? <Arrow aria-hidden className="size-3.5" /> : null}
      </PressButton>
    </th>
  );
}
