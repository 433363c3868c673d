"use client";
import { usePathname, useSearchParams } from "next/navigation";

interface TabLinksProps<Tab extends string> {
  readonly label: string;
  readonly tabs: readonly { readonly tab: Tab; readonly label: string }[];
  readonly current: Tab;
}

/** Parts of one page as links: `?tab=…`, without asking the server for the page anew. The first is the page's own address. */
export function TabLinks<Tab extends string>({ label, tabs, current }: TabLinksProps<Tab>) {
  const pathname = usePathname();
  return (
    <nav aria-label={label} className="-mb-2 border-b border-line">
      <ul className="flex gap-5">
        {tabs.map(({ tab, label: words }, at) => {
          const href = at === 0 ? pathname : `${pathname}?tab=${tab}`;
          return (
            <li key={tab}>
              <a
                href={href}
                aria-current={tab === current ? "page" : undefined}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
                  event.preventDefault();
                  window.history.pushState(null, "", href);
                }}
                className="-mb-px flex h-9 items-center border-b-2 border-transparent text-ink-soft transition-colors duration-150 hover:text-ink aria-[current]:border-ink aria-[current]:font-medium aria-[current]:text-ink"
              >
                {words}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** The tab that the address names; the first where it names none of them. */
export function useTab<Tab extends string>(tabs: readonly { readonly tab: Tab }[]): Tab {
  const wanted = useSearchParams().get("tab");
  const found = tabs.find(({ tab }) => tab === wanted) ?? tabs[0];
  if (!found) throw new Error("a page with tabs has one");
  return found.tab;
}
