"use client";
import { useMemo, useSyncExternalStore } from "react";
import { columnsKept, onColumnsKept, readColumns } from "./column-cookie";

/**
 * The columns that this browser has chosen; null where nobody did. `drawn` is the cookie as the server had it: what the first paint shows,
 * and nothing after it, since a page that is shown again from memory has an old one.
 */
export function useColumns<Column extends string>(
  name: string,
  known: readonly Column[],
  drawn: string | undefined,
): readonly Column[] | null {
  const cookie = useSyncExternalStore(
    onColumnsKept,
    () => columnsKept(name),
    () => drawn,
  );
  return useMemo(() => readColumns(cookie, known), [cookie, known]);
}
