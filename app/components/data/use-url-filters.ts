"use client";
import { usePathname, useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";

/**
 * Filters that live in the URL. Changing them replaces the history entry and asks the server for no new page: the queries of the page
 * follow by themselves.
 */
export function useUrlFilters<Filters>(read: (query: URLSearchParams) => Filters, write: (filters: Filters) => string) {
  const query = useSearchParams();
  const pathname = usePathname();
  const filters = useMemo(() => read(new URLSearchParams(query.toString())), [query, read]);
  const setFilters = useCallback(
    (next: Filters) => {
      const text = write(next);
      window.history.replaceState(null, "", text ? `${pathname}?${text}` : pathname);
    },
    [pathname, write],
  );
  return [filters, setFilters] as const;
}
