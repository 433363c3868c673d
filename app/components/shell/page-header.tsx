import { ChevronRight } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";

interface Crumb {
  readonly href: string;
  readonly label: string;
}

interface PageHeaderProps {
  title: string;
  /** The pages between the overview and this one; null on the overview itself. */
  crumbs?: readonly Crumb[] | null;
  /** Beside the title: a state. */
  mark?: ReactNode;
  /** One line about what this page is. */
  lead?: ReactNode;
  action?: ReactNode;
}

export function PageHeader({ title, crumbs = [], mark, lead, action }: PageHeaderProps) {
  return (
    <header className="flex flex-col gap-2">
      {crumbs ? <Breadcrumb crumbs={crumbs} title={title} /> : null}
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="min-w-0 text-xl font-semibold tracking-tight wrap-anywhere">{title}</h1>
          {mark}
        </div>
        {action ? <div className="flex flex-wrap items-center gap-2">{action}</div> : null}
      </div>
      {lead ? <p className="max-w-prose text-ink-soft">{lead}</p> : null}
    </header>
  );
}

const overview: Crumb = { href: "/", label: "Overview" };

/** From the overview down to the page that is shown. */
export function Breadcrumb({ crumbs, title }: { crumbs: readonly Crumb[]; title: string }) {
  return (
    <nav aria-label="Breadcrumb">
      <ol className="flex min-w-0 items-center gap-1 text-sm text-ink-faint">
        {[overview, ...crumbs].map((crumb, at) => (
          // Pages of the bar have short names; a thing's own name may be any length.
          // On a phone the overview gives its room to what is nearer.
          <li
            key={crumb.href}
            className={`flex items-center gap-1 ${at <= 1 ? "shrink-0" : "min-w-0"} ${at === 0 && crumbs.length > 0 ? "max-sm:hidden" : ""}`}
          >
            <Link href={crumb.href} className="truncate rounded hover:text-ink hover:underline">
              {crumb.label}
            </Link>
            <ChevronRight aria-hidden className="size-3.5 shrink-0" />
          </li>
        ))}
        <li aria-current="page" className="min-w-0 truncate text-ink-soft">
          {title}
        </li>
      </ol>
    </nav>
  );
}
