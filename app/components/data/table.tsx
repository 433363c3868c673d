import type { ReactNode } from "react";

interface TableProps {
  label: string;
  head: ReactNode;
  children: ReactNode;
  /** Of the table itself: one that is wider than its frame scrolls in it. */
  className?: string | undefined;
}

/** A table in a frame. On a phone, columns marked with `hidden md:table-cell` go away and their facts stand under the name. */
export function Table({ label, head, children, className = "" }: TableProps) {
  return (
    <div className={`rounded-lg border border-line bg-surface ${className ? "overflow-x-auto" : "overflow-hidden"}`}>
      <table aria-label={label} className={`w-full table-fixed border-collapse text-left text-base ${className}`}>
        <thead className="border-b border-line text-sm text-ink-faint">
          <tr>{head}</tr>
        </thead>
        <tbody className="divide-y divide-line">{children}</tbody>
      </table>
    </div>
  );
}

interface HeadProps {
  children?: ReactNode;
  /** Leaves the column out below `md`. */
  wide?: boolean;
  className?: string;
}

export function Head({ children, wide = false, className = "" }: HeadProps) {
  return (
    <th scope="col" className={`h-9 px-4 font-normal ${wide ? "hidden md:table-cell" : ""} ${className}`}>
      {children}
    </th>
  );
}

export function Cell({ children, wide = false, className = "" }: HeadProps) {
  return <td className={`px-4 py-2.5 align-middle ${wide ? "hidden md:table-cell" : ""} ${className}`}>{children}</td>;
}
