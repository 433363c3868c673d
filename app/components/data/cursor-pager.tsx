"use client";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useRef } from "react";
import { IconButton } from "../controls/button";

interface Place {
  readonly after: string;
  readonly page: number;
}

interface CursorPagerProps {
  /** What the list answered. */
  pagination: { page: number; limit: number; total: number; totalCapped: boolean; nextCursor: string | null };
  /** Where the list begins now; empty: at its beginning. */
  after: string;
  /** How many rows are shown. */
  shown: number;
  onGo: (place: Place) => void;
}

/** Pages that go on after the last row, whatever came or went meanwhile. Nothing where everything fits on one. */
export function CursorPager({ pagination, after, shown, onGo }: CursorPagerProps) {
  const { page, limit, total, totalCapped, nextCursor } = pagination;
  /** The pages that were passed on the way here, by their beginnings. */
  const trail = useRef<Place[]>([]);
  if (!after && nextCursor === null) return null;
  const first = (page - 1) * limit + 1;
  const back = () => {
    const known = trail.current.pop();
    onGo(known && known.page === page - 1 ? known : { after: "", page: 1 });
  };
  const on = () => {
    if (nextCursor === null) return;
    trail.current.push({ after, page });
    onGo({ after: nextCursor, page: page + 1 });
  };
  return (
    <nav aria-label="Pages" className="flex items-center justify-end gap-2 text-sm text-ink-soft">
      <span className="tabular">
        {shown === 0 ? "0" : `${first}–${first + shown - 1}`} of {total.toLocaleString("en-GB")}
        {totalCapped ? "+" : ""}
      </span>
      <IconButton label="Previous page" disabled={!after} onClick={back}>
        <ChevronLeft aria-hidden className="size-4" />
      </IconButton>
      <IconButton label="Next page" disabled={nextCursor === null} onClick={on}>
        <ChevronRight aria-hidden className="size-4" />
      </IconButton>
    </nav>
  );
}
