"use client";
import { useCallback, useMemo, useRef, useState } from "react";
import { toggled } from "./bulk";

const none: ReadonlySet<string> = new Set();

/** Which of the shown are chosen. What isn't shown any more isn't chosen either. */
export function useSelection(shown: readonly { readonly id: string }[]) {
  const [chosen, setChosen] = useState(none);
  const ids = useMemo(() => shown.map(({ id }) => id), [shown]);
  const current = useRef(ids);
  current.current = ids;
  const anchor = useRef<string | null>(null);
  const selected = useMemo(() => {
    const there = ids.filter((id) => chosen.has(id));
    return there.length > 0 ? new Set(there) : none;
  }, [ids, chosen]);

  const toggle = useCallback((id: string, range: boolean) => {
    const from = range ? anchor.current : null;
    anchor.current = id;
    setChosen((before) => toggled(before, current.current, id, from));
  }, []);
  const drop = useCallback((gone: readonly string[]) => setChosen((before) => new Set([...before].filter((id) => !gone.includes(id)))), []);
  const clear = useCallback(() => setChosen(none), []);
  const all = useCallback(() => setChosen(new Set(current.current)), []);
  return { selected, toggle, drop, clear, all };
}

export type Selection = ReturnType<typeof useSelection>;
