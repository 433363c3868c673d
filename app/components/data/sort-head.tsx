import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";

interface SortHeadProps {
  children: ReactNode;
  /** How the list is sorted by this column; null: by another. */
  order: "asc" | "desc" | null;
  onSort: () => void;
  wide?: boolean;
  className?: string;
}

/** The head of a column that the list can be sorted by. */
export function SortHead({ children, order, onSort, wide = false, className = "" }: SortHeadProps) {
  const Arrow = order === "asc" ? ArrowUp : ArrowDown;
  return (
    <th
      scope="col"
      aria-sort={order === null ? undefined : order === "asc" ? "ascending" : "descending"}
      className={`h-9 px-4 font-normal ${wide ? "hidden md:table-cell" : ""} ${className}`}
    >
      <button
        type="button"
        onClick={onSort}
        className={`-mx-1.5 inline-flex h-7 items-center gap-1 rounded px-1.5 transition-colors duration-150 hover:bg-hover hover:text-ink ${order ? "text-ink" : ""}`}
      >
        {children}
        {order ? <Arrow aria-hidden className="size-3.5" /> : null}
      </button>
    </th>
  );
}
