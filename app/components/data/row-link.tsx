import Link from "next/link";

/** Of a link that is as large as the row around it, marked with `data-row-link`. */
export const rowLinkClass =
  "rounded font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent";

interface RowLinkProps {
  href: string;
  children: string;
  title?: string;
  /** Of the area that is pressed. */
  className?: string;
}

/** The name of what a row or card of a list stands for. The link is as large as that, whose `relative` it is laid out by. */
export function RowLink({ href, children, title = children, className = "" }: RowLinkProps) {
  return (
    <Link href={href} title={title} data-row-link className={`block truncate ${rowLinkClass} ${className}`}>
      {children}
    </Link>
  );
}
